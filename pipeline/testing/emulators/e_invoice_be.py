"""e-invoice.be: an inbox that is told nothing, newest first, and bodies at another host.

Addresses of bodies are signed for an hour; the storage refuses a request that carries the hub's
own Authorization, as storages of large vendors do.
"""

import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from yarl import URL

from pipeline.domain.documents import DocumentKind
from pipeline.testing.emulators.pushing import Push
from pipeline.testing.emulators.queue import Asked, Kept, QueueEmulator, Reply, Route, as_json, sent
from pipeline.testing.http_server import Served, serving
from pipeline.testing.script import Operation

LIFETIME = timedelta(hours=1)
_LARGEST_PAGE = 100
_EVENTS = frozenset({"document.received", "document.sent", "document.sent.failed"})
_TYPES = {
    DocumentKind.PURCHASE_INVOICE: "INVOICE",
    DocumentKind.PURCHASE_CREDIT_NOTE: "CREDIT_NOTE",
    DocumentKind.SALES_INVOICE: "SELFBILLING_INVOICE",
    DocumentKind.SALES_CREDIT_NOTE: "SELFBILLING_CREDIT_NOTE",
}


@dataclass(frozen=True, slots=True)
class Webhook:
    """What a company registered."""

    id: str
    company: str
    url: str
    events: Sequence[str]
    secret: str

    @property
    def shown(self) -> Mapping[str, object]:
        """As the vendor shows it."""
        return {
            "id": self.id,
            "url": self.url,
            "events": list(self.events),
            "enabled": True,
            "secret": self.secret,
        }

    def signature_of(self, event: object) -> Mapping[str, str]:
        """The vendor signs an event with its keys sorted, however it is sent."""
        signed = json.dumps(event, sort_keys=True).encode()
        digest = hmac.new(self.secret.encode(), signed, "sha256").hexdigest()
        return {"X-Signature": f"sha256={digest}"}


class EInvoiceBeEmulator(QueueEmulator):
    """Companies, each with the key ``key-<company>``.

    ``overrides`` replace fields of a document in the listing, ``storage`` is the other host and
    what it was asked; ``unsigned`` documents have no address yet, and the next ``expired``
    addresses are too old when they are used.
    """

    storage: Served

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.overrides: dict[str, Mapping[str, object]] = {}
        self.unsigned: set[str] = set()
        self.clock_ahead = timedelta(0)
        self.expired = 0
        self.webhooks: dict[str, Webhook] = {}
        self._events = 0

    # -- the hand of the test -----------------------------------------------------------------
    def arrive(
        self,
        company: str,
        name: str,
        body: bytes,
        *,
        kind: DocumentKind = DocumentKind.PURCHASE_INVOICE,
        **fields: object,
    ) -> Kept:
        """A document arrives now, by the clock of the hub; ``fields`` are told of it."""
        kept = self.receive(company, f"{company}/{name}", body, kind=kind)
        kept.received_at += self.clock_ahead
        self.overrides[kept.id] = fields
        return kept

    def events(self, *documents: Kept, event_type: str = "document.received") -> Sequence[Push]:
        """The events about documents, signed, for whoever registered for them."""
        return [
            self._event(webhook, kept, event_type)
            for kept in documents
            for webhook in self.webhooks.values()
            if webhook.company == kept.company and event_type in webhook.events
        ]

    # -- the vendor ---------------------------------------------------------------------------
    def routes(self) -> Sequence[Route]:
        """See `QueueEmulator.routes`."""
        return (
            Route("GET", "api/me", self._me, Operation.HEALTH),
            Route("GET", "api/inbox", self._inbox, Operation.LIST),
            Route("GET", "api/documents/{id}/ubl", self._ubl),
            Route("GET", "api/webhooks", self._webhooks),
            Route("POST", "api/webhooks", self._register),
            Route("DELETE", "api/webhooks/{id}", self._unregister),
        )

    def accepts(self, asked: Asked) -> bool:
        """See `QueueEmulator.accepts`."""
        return _company(asked) in self.companies

    def unauthorized(self) -> Reply:
        """See `QueueEmulator.unauthorized`."""
        return as_json({"detail": "Invalid or inactive API key"}, 401)

    def unknown(self) -> Reply:
        """See `QueueEmulator.unknown`."""
        return as_json({"detail": "Document not found"}, 404)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[URL]:
        """The API, with its storage beside it."""
        async with serving(self._stored) as storage, super().serving() as url:
            self.storage = storage
            yield url

    # -- inside -------------------------------------------------------------------------------
    def _me(self, asked: Asked) -> Reply:
        company = _company(asked)
        place = self.companies.index(company)
        return as_json(
            {
                "name": company,
                "plan": "pro",
                "credit_balance": 100,
                "company_name": company.title(),
                "company_number": f"04000000{place:02}",
                "company_tax_id": f"BE04000000{place:02}",
                "peppol_ids": [f"0208:04000000{place:02}"],
                "smp_registration": True,
            }
        )

    def _inbox(self, asked: Asked) -> Reply:
        page, size = (int(asked.query.get(n, d)) for n, d in (("page", "1"), ("page_size", "20")))
        if not 1 <= size <= _LARGEST_PAGE or page < 1:
            return as_json({"detail": [{"loc": ["query", "page_size"], "msg": "too large"}]}, 422)
        mine = [kept for kept in self.documents.values() if kept.company == _company(asked)]
        found = sorted(mine, key=self._created_at, reverse=asked.query.get("sort_order") != "asc")
        shown, pages = found[(page - 1) * size : page * size], -(-len(found) // size)
        return as_json(
            {
                "items": [self._item(kept) for kept in shown],
                "total": len(found),
                "page": page,
                "page_size": size,
                "pages": pages,
                "has_next_page": page < pages,
            }
        )

    def _created_at(self, kept: Kept) -> datetime:
        told = self.overrides[kept.id].get("created_at")
        return datetime.fromisoformat(str(told)) if told else kept.received_at

    def _item(self, kept: Kept) -> dict[str, object]:
        return {
            "id": kept.id,
            "created_at": self._created_at(kept).isoformat(),
            "direction": "INBOUND",
            "state": "RECEIVED",
            "document_type": _TYPES.get(kept.kind, "INVOICE"),
            "invoice_id": f"F-{kept.position}",
            "invoice_date": kept.received_at.date().isoformat(),
            "currency": "EUR",
            "subtotal": "100.00",
            "total_tax": "21.00",
            "invoice_total": "121.00",
            "amount_due": "121.00",
            "vendor_name": "A supplier",
            "vendor_tax_id": "BE0400000099",
            "attachments": None,
            "items": [],
            **self.overrides[kept.id],
        }

    def _ubl(self, asked: Asked) -> Reply:
        kept = self.documents.get(asked.at["id"])
        if kept is None or kept.company != _company(asked):
            return self.unknown()
        ends = (self.clock.now() + LIFETIME).timestamp()
        url = self.storage.url.with_path("/bucket/ubl").with_query(id=kept.id, ends=str(ends))
        return as_json(
            {
                "id": kept.id,
                "file_name": f"{kept.position}.xml",
                "file_size": len(kept.body or b""),
                "file_hash": "an algorithm that nobody tells",
                "signed_url": None if kept.id in self.unsigned else f"{url}&signature=a%2Fb%3D",
                "sender_peppol_id": "0400000099",
                "receiver_peppol_id": "0400000000",
                "validated_at": kept.received_at.isoformat(),
            }
        )

    def _webhooks(self, asked: Asked) -> Reply:
        mine = [each for each in self.webhooks.values() if each.company == _company(asked)]
        return as_json([each.shown for each in mine])

    def _register(self, asked: Asked) -> Reply:
        match asked.json:
            case {"url": str(url), "events": [*events]} if all(map(_EVENTS.__contains__, events)):
                number = len(self.webhooks) + 1
                made = Webhook(f"wh_{number}", _company(asked), url, events, f"whsec_{number:032}")
                self.webhooks[made.id] = made
                return as_json(made.shown, 201)
        return as_json({"detail": "Invalid webhook data"}, 422)

    def _unregister(self, asked: Asked) -> Reply:
        webhook = self.webhooks.get(asked.at["id"])
        if webhook is None or webhook.company != _company(asked):
            return as_json({"detail": "Webhook not found"}, 404)
        del self.webhooks[webhook.id]
        return as_json({"is_deleted": True})

    def _event(self, webhook: Webhook, kept: Kept, event_type: str) -> Push:
        self._events += 1
        event = {
            "type": event_type,
            "timestamp": self.clock.now().isoformat(),
            "id": f"evt_{self._events}",
            "data": {"document_id": kept.id},
        }
        return Push(webhook.url, json.dumps(event).encode(), webhook.signature_of(event))

    def _is_expired(self, asked: Asked) -> bool:
        if self.expired:
            self.expired -= 1
            return True
        return float(asked.query["ends"]) <= self.clock.now().timestamp()

    async def _stored(self, request: web.Request) -> web.StreamResponse:
        asked = Asked.of(request.method, request.url, request.headers, None)
        route = Route("GET", "bucket/ubl", self._content, Operation.FETCH, needs_key=False)
        return await sent(request, self._answered(route, asked))

    def _content(self, asked: Asked) -> Reply:
        if "authorization" in asked.headers:
            return Reply(400, b"<Error>Only one way to sign in</Error>", "application/xml")
        if self._is_expired(asked):
            return Reply(403, b"<Error>Request has expired</Error>", "application/xml")
        kept = self.documents[asked.query["id"]]
        return Reply(body=kept.body or b"", content_type="application/xml")


def _company(asked: Asked) -> str:
    return asked.bearer().removeprefix("key-")
