"""LetsPeppol: the first new documents of both directions, whole; 204 for whatever it is told."""

from collections.abc import Sequence

from pipeline.domain.documents import DocumentKind
from pipeline.ports.clock import Clock
from pipeline.testing.emulators.queue import Asked, Kept, QueueEmulator, Reply, Route, as_json
from pipeline.testing.script import Operation

ACCOUNT = ("office@example.org", "opens nothing")
_DEFAULT_SIZE = 100


class LetsPeppolEmulator(QueueEmulator):
    """One account linked to several companies; its sign-in service answers at the same address.

    ``is_oldest_first`` is how the token of a person lists; that of an application is the other way
    round. A document taken with ``noArchive`` loses its body.
    """

    def __init__(self, clock: Clock, *companies: str, is_oldest_first: bool = False) -> None:
        super().__init__(clock, *companies)
        self._is_oldest_first = is_oldest_first
        self._token = ""
        self.sign_ins = 0

    def routes(self) -> Sequence[Route]:
        """See `QueueEmulator.routes`."""
        return (
            Route("POST", "api/jwt/auth", self._sign_in, needs_key=False),
            Route("GET", "sapi/document", self._new, Operation.LIST),
            Route("GET", "sapi/document/{id}", self._document, Operation.FETCH),
            Route("PUT", "sapi/document/downloaded", self._downloaded, Operation.ACK),
            Route("PUT", "sapi/document/{id}/downloaded", self._downloaded, Operation.ACK),
        )

    def accepts(self, asked: Asked) -> bool:
        """See `QueueEmulator.accepts`."""
        return bool(self._token) and asked.bearer() == self._token

    def unauthorized(self) -> Reply:
        """See `QueueEmulator.unauthorized`."""
        return Reply(401)

    def unknown(self) -> Reply:
        """See `QueueEmulator.unknown`."""
        return as_json({"errorCode": "not_found"}, 404)

    def _sign_in(self, asked: Asked) -> Reply:
        if asked.basic() != ACCOUNT:
            return self.unauthorized()
        self.sign_ins += 1
        self._token = f"token-{self.sign_ins}"
        return Reply(body=self._token.encode(), content_type="text/plain")

    def _new(self, asked: Asked) -> Reply:
        size = int(asked.query.get("size", _DEFAULT_SIZE))
        new = self.untaken()
        ordered = new[::-1] if self._is_oldest_first else new
        return as_json([_line(kept) for kept in ordered[:size]])

    def _document(self, asked: Asked) -> Reply:
        kept = self.documents.get(asked.at["id"])
        return self.unknown() if kept is None else as_json(_line(kept))

    def _downloaded(self, asked: Asked) -> Reply:
        """Ids that are not known are passed over in silence."""
        one = asked.at.get("id")
        for document_id in [one] if one else _ids(asked.json):
            if (kept := self.documents.get(document_id)) is not None:
                kept.taken += 1
                if asked.query.get("noArchive") == "true":
                    kept.body = None
        return Reply(204)


def _ids(body: object) -> list[str]:
    return [str(each) for each in body] if isinstance(body, list) else []


def _line(kept: Kept) -> dict[str, object]:
    is_credit = kept.kind is DocumentKind.PURCHASE_CREDIT_NOTE
    return {
        "id": kept.id,
        "direction": "INCOMING" if kept.is_incoming else "OUTGOING",
        "type": "CREDIT_NOTE" if is_credit else "INVOICE",
        "ownerPeppolId": kept.company,
        "partnerPeppolId": "0208:0400000002",
        "createdOn": kept.received_at.isoformat().replace("+00:00", "Z"),
        "ubl": None if kept.body is None else kept.body.decode("utf-8"),
    }
