"""CodaBox API v2: feeds that are not paged, names that say nothing, offsets that take all before.

An offset that was committed, or never was there, is refused; what was committed can be had from
the redelivery addresses only.
"""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from pipeline.domain.documents import DocumentKind
from pipeline.testing.emulators.queue import Asked, Kept, QueueEmulator, Reply, Route, as_json
from pipeline.testing.script import Operation

ACCOUNT = ("office", "opens nothing")
SOFTWARE = "0f3c2f44-7f0e-4c8a-9d65-6b1c0a6a8d10"
FIRST_FEED = 277
MODELS = {
    DocumentKind.BANK_STATEMENT: "coda",
    DocumentKind.SALES_INVOICE: "sales_invoice",
    DocumentKind.PURCHASE_INVOICE: "purchase_invoice",
    DocumentKind.OTHER: "soda",
}
_FORMATS = {
    "expense": ["pdf", "xml"],
    "soda": ["pdf", "xml"],
    "purchase_invoice": ["pdf", "xml"],
    "sales_invoice": ["pdf", "xml"],
    "coda": ["cod", "pdf", "xml"],
}
_TYPES = {"cod": "application/vnd.coda", "pdf": "application/pdf", "xml": "application/xml"}
_NAMES = uuid.UUID("7f1d9f3e-3f53-4d5a-9a54-1c5c9d1f3f11")


class CodaboxEmulator(QueueEmulator):
    """Clients with a feed each; ``fetch_delay`` is what it asks for, in seconds.

    ``models`` overrides the kind of a document, ``redelivered`` holds the feed of those that
    somebody asked CodaBox for again, by client, in order.
    """

    fetch_delay = 0

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.models: dict[str, str] = {}
        self.redelivered: dict[str, list[str]] = {}
        self.offsets: list[str] = []

    # -- the hand of the test -----------------------------------------------------------------
    def deliver(
        self,
        client_id: str,
        name: str,
        body: bytes,
        kind: DocumentKind = DocumentKind.BANK_STATEMENT,
    ) -> Kept:
        """A document arrives in the feed of a client, under a name that says nothing."""
        index = str(uuid.uuid5(_NAMES, f"{client_id}/{name}"))
        return self.receive(client_id, index, body, kind=kind)

    def waiting(self, client_id: str) -> Sequence[str]:
        """What no offset was committed for, in order."""
        return [kept.id for kept in reversed(self.untaken(client_id))]

    # -- the vendor ---------------------------------------------------------------------------
    def routes(self) -> Sequence[Route]:
        """See `QueueEmulator.routes`."""
        return (
            Route("GET", "v2/delivery/pod-client", self._pod_client, Operation.HEALTH),
            Route("GET", "v2/clients", self._clients, Operation.TENANTS),
            Route("GET", "v2/delivery/feed/{feed}", self._feed, Operation.LIST),
            Route("PUT", "v2/delivery/feed/{feed}", self._commit, Operation.ACK),
            Route("GET", "v2/delivery/download/{index}/{format}", self._download, Operation.FETCH),
            Route("GET", "v2/delivery/redownload-feed/{feed}", self._again, Operation.REDELIVER),
            Route("PUT", "v2/delivery/redownload-feed/{feed}", self._commit_again),
            Route("GET", "v2/delivery/redownload/{index}/{format}", self._redownload),
        )

    def accepts(self, asked: Asked) -> bool:
        """See `QueueEmulator.accepts`."""
        return asked.basic() == ACCOUNT and asked.headers.get("x-software-company") == SOFTWARE

    def unauthorized(self) -> Reply:
        """See `QueueEmulator.unauthorized`."""
        return as_json({"detail": "Invalid username/password."}, 401)

    def unknown(self) -> Reply:
        """See `QueueEmulator.unknown`."""
        return as_json({"detail": "Not found."}, 404)

    # -- inside -------------------------------------------------------------------------------
    def _pod_client(self, _asked: Asked) -> Reply:
        clients = [
            {
                "id": FIRST_FEED + place,
                "client_id": client_id,
                "client_name": client_id.title(),
                "client_code": f"D{place:03}",
                "fiduciary_id": "the office",
                "target_root_state": "default",
                "delivery_config": None,
            }
            for place, client_id in enumerate(self.companies)
        ]
        return as_json(
            {
                "id": 66,
                "fetch_delay": self.fetch_delay,
                "allowed_formats": _FORMATS,
                "feed_clients": clients,
            }
        )

    def _clients(self, _asked: Asked) -> Reply:
        return as_json([_client(place, each) for place, each in enumerate(self.companies)])

    def _feed(self, asked: Asked) -> Reply:
        return self._listing(asked, "download", self.waiting(self._client(asked)))

    def _again(self, asked: Asked) -> Reply:
        return self._listing(asked, "redownload", self.redelivered.get(self._client(asked), []))

    def _listing(self, asked: Asked, kind: str, indexes: Sequence[str]) -> Reply:
        entries = [self._entry(self.documents[index]) for index in indexes]
        return as_json({"id": int(asked.at["feed"]), "type": kind, "feed_entries": entries})

    def _entry(self, kept: Kept) -> dict[str, object]:
        model = self.models.get(kept.id, MODELS[kept.kind])
        metadata = _statement(kept) if model == "coda" else None
        return {"feed_index": kept.id, "document_model": model, "metadata": metadata}

    def _commit(self, asked: Asked) -> Reply:
        waiting = self.waiting(self._client(asked))
        index = _offset(asked)
        if index not in waiting:
            return _refused_offset()
        self.offsets.append(index)
        for taken in waiting[: waiting.index(index) + 1]:
            self.documents[taken].taken += 1
        return Reply()

    def _commit_again(self, asked: Asked) -> Reply:
        waiting = self.redelivered.get(self._client(asked), [])
        index = _offset(asked)
        if index not in waiting:
            return _refused_offset()
        del waiting[: waiting.index(index) + 1]
        return Reply()

    def _download(self, asked: Asked) -> Reply:
        kept = self.documents.get(asked.at["index"])
        return self.unknown() if kept is None or kept.taken else _bytes(kept, asked.at["format"])

    def _redownload(self, asked: Asked) -> Reply:
        kept = self.documents.get(asked.at["index"])
        return self.unknown() if kept is None else _bytes(kept, asked.at["format"])

    def _client(self, asked: Asked) -> str:
        return self.companies[int(asked.at["feed"]) - FIRST_FEED]


def _offset(asked: Asked) -> str:
    message = json.loads(asked.body)
    assert message.keys() == {"id", "feed_offset"}, message  # noqa: S101 -- for tests
    assert message["id"] == int(asked.at["feed"])  # noqa: S101
    return str(message["feed_offset"])


def _refused_offset() -> Reply:
    return as_json({"feed_offset": ["No such entry in this feed."]}, 400)


def _bytes(kept: Kept, format_: str) -> Reply:
    content_type = _TYPES.get(format_, "application/octet-stream")
    return Reply(body=kept.body or b"", content_type=content_type)


def _client(place: int, client_id: str) -> dict[str, object]:
    mandate = {"state": "active", "reason": None, "reason_code": "R-0", "bank_id": "CDBXBE33"}
    return {
        "id": client_id,
        "fiduciary_id": "the office",
        "legal_entity": {"name": client_id.title(), "enterprise_num": f"BE04000000{place:02}"},
        "client_code": f"D{place:03}",
        "coda_mandates": [mandate],
        "state": "active",
    }


def _statement(kept: Kept) -> dict[str, object]:
    return {
        "movement_count": 5,
        "first_statement_number": kept.position,
        "last_statement_number": kept.position,
        "extension_zone": None,
        "new_balance_date": kept.received_at.date().isoformat(),
        "bank_id": "CDBXBE33",
        "currency": "EUR",
        "iban": "BE40974080878037",
    }
