"""Recommand: an inbox that comes whole and newest first, totals as text, errors in two shapes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.domain.documents import DocumentKind
from pipeline.testing.emulators.pushing import Push
from pipeline.testing.emulators.queue import Asked, Kept, QueueEmulator, Reply, Route, as_json
from pipeline.testing.script import Operation

ACCOUNT = ("key", "opens nothing")
JWT = "a.jwt.that-opens-nothing"
TEAM = "team_1"
_TYPES = {
    DocumentKind.PURCHASE_INVOICE: "invoice",
    DocumentKind.PURCHASE_CREDIT_NOTE: "creditNote",
    DocumentKind.SALES_INVOICE: "selfBillingInvoice",
    DocumentKind.SALES_CREDIT_NOTE: "selfBillingCreditNote",
}
_INVOICE = (
    "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2::Invoice##"
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0::2.1"
)
_LARGEST_PAGE = 200


class RecommandEmulator(QueueEmulator):
    """One team; companies are named by their id.

    ``webhooks`` are the addresses that events go to, by id.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.webhooks: dict[str, str] = {}

    def events(self, *documents: Kept, event_type: str = "document.received") -> Sequence[Push]:
        """The events about documents: not signed, and sent once."""
        said = [
            {
                "eventType": event_type,
                "documentId": kept.id,
                "teamId": TEAM,
                "companyId": kept.company,
            }
            for kept in documents
        ]
        return [
            Push(url, json.dumps(each).encode()) for each in said for url in self.webhooks.values()
        ]

    def routes(self) -> Sequence[Route]:
        """See `QueueEmulator.routes`."""
        return (
            Route("GET", "api/v1/companies", self._companies, Operation.HEALTH),
            Route("GET", "api/v1/inbox", self._inbox, Operation.LIST),
            Route("GET", "api/v1/documents", self._page, Operation.REDELIVER),
            Route("GET", "api/v1/documents/{id}", self._document, Operation.FETCH),
            Route("POST", "api/v1/documents/{id}/mark-as-read", self._mark, Operation.ACK),
            Route("GET", "api/v1/webhooks", self._webhooks),
            Route("POST", "api/v1/webhooks", self._register),
            Route("DELETE", "api/v1/webhooks/{id}", self._unregister),
        )

    def accepts(self, asked: Asked) -> bool:
        """See `QueueEmulator.accepts`."""
        return asked.basic() == ACCOUNT or asked.bearer() == JWT

    def unauthorized(self) -> Reply:
        """See `QueueEmulator.unauthorized`."""
        return _fault("Unauthorized", 401)

    def unknown(self) -> Reply:
        """See `QueueEmulator.unknown`."""
        return _fault("Document not found", 404)

    def _companies(self, _asked: Asked) -> Reply:
        listed = [
            {
                "id": company,
                "teamId": TEAM,
                "name": company.title(),
                "address": "Main street 1",
                "postalCode": "1000",
                "city": "Brussels",
                "country": "BE",
                "enterpriseNumberScheme": "0208",
                "enterpriseNumber": f"{number:010}",
                "vatNumber": f"BE{number:010}",
                "email": None,
                "phone": None,
                "isSmpRecipient": True,
                "isVerified": True,
                "createdAt": "2026-01-01T00:00:00.000Z",
                "updatedAt": "2026-01-01T00:00:00.000Z",
            }
            for number, company in enumerate(self.companies, start=400_000_001)
        ]
        return as_json({"success": True, "companies": listed})

    def _inbox(self, asked: Asked) -> Reply:
        company = asked.query.get("companyId")
        waiting = [kept for kept in self.untaken(company) if kept.is_incoming]
        return as_json({"success": True, "documents": [_line(kept) for kept in waiting]})

    def _page(self, asked: Asked) -> Reply:
        """Newest first, filtered by what may change from page to page."""
        page, limit = int(asked.query.get("page", 1)), int(asked.query.get("limit", 10))
        if limit > _LARGEST_PAGE:
            text = f"Number must be less than or equal to {_LARGEST_PAGE}"
            return as_json(
                {
                    "errors": {"limit": [f"limit: {text}"]},
                    "invalidInputDetails": [{"path": "limit", "message": text}],
                },
                400,
            )
        found = self._found(asked)
        start = (page - 1) * limit
        return as_json(
            {
                "success": True,
                "documents": [
                    {**_line(kept), "parsed": None} for kept in found[start : start + limit]
                ],
                "pagination": {
                    "total": str(len(found)),
                    "page": page,
                    "limit": limit,
                    "totalPages": -(-len(found) // limit),
                },
            }
        )

    def _found(self, asked: Asked) -> Sequence[Kept]:
        query = asked.query
        found = sorted(self.documents.values(), key=lambda kept: -kept.position)
        return [
            kept
            for kept in found
            if query.get("companyId") in (None, kept.company)
            and query.get("direction") in (None, _direction(kept))
            and query.get("isUnread") in (None, "false" if kept.taken else "true")
            and kept.received_at.isoformat() >= query.get("from", "")
        ]

    def _document(self, asked: Asked) -> Reply:
        kept = self.documents.get(asked.at["id"])
        if kept is None:
            return self.unknown()
        xml = None if kept.body is None else kept.body.decode("utf-8")
        return as_json({"success": True, "document": {**_line(kept), "xml": xml, "parsed": None}})

    def _mark(self, asked: Asked) -> Reply:
        kept = self.documents.get(asked.at["id"])
        if kept is None:
            return self.unknown()
        body = asked.json
        is_read = not isinstance(body, dict) or body.get("read", True)
        kept.taken = kept.taken + 1 if is_read else 0
        return as_json({"success": True})

    def _webhooks(self, _asked: Asked) -> Reply:
        listed = [_webhook(name, url) for name, url in self.webhooks.items()]
        return as_json({"success": True, "webhooks": listed})

    def _register(self, asked: Asked) -> Reply:
        match asked.json:
            case {"url": str(url)}:
                name = f"wh_{len(self.webhooks) + 1}"
                self.webhooks[name] = url
                return as_json({"success": True, "webhook": _webhook(name, url)})
            case _:
                return as_json({"success": False, "errors": {"url": ["Required"]}}, 400)

    def _unregister(self, asked: Asked) -> Reply:
        if self.webhooks.pop(asked.at["id"], None) is None:
            return _fault("Webhook not found", 404)
        return as_json({"success": True})


def _webhook(webhook_id: str, url: str) -> Mapping[str, object]:
    moments = dict.fromkeys(("createdAt", "updatedAt"), "2026-01-01T00:00:00.000Z")
    return {"id": webhook_id, "teamId": TEAM, "companyId": None, "url": url, **moments}


def _fault(text: str, status: int) -> Reply:
    return as_json({"success": False, "errors": {"root": [text]}}, status)


def _direction(kept: Kept) -> str:
    return "incoming" if kept.is_incoming else "outgoing"


def _line(kept: Kept) -> dict[str, object]:
    received = kept.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": kept.id,
        "teamId": TEAM,
        "companyId": kept.company,
        "direction": _direction(kept),
        "senderId": "0208:0400000002",
        "receiverId": "0208:0400000001",
        "docTypeId": _INVOICE,
        "processId": "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
        "countryC1": "BE",
        "readAt": received if kept.taken else None,
        "createdAt": received,
        "updatedAt": received,
        "type": _TYPES.get(kept.kind, "xml"),
        "sentOverPeppol": True,
        "sentOverEmail": False,
        "emailRecipients": [],
        "validation": {"errors": [], "result": "valid"},
        "peppolMessageId": f"{kept.position}@hub",
        "peppolConversationId": None,
        "receivedPeppolSignalMessage": None,
        "envelopeId": f"envelope-{kept.position}",
        "labels": [],
    }
