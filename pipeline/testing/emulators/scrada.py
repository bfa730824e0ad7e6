"""Scrada: two windows of requests for each key, errors with codes, bodies as they came."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from pipeline.domain.documents import DocumentKind
from pipeline.ports.hub import Window
from pipeline.testing.emulators.queue import Asked, Kept, QueueEmulator, Reply, Route, as_json
from pipeline.testing.script import Operation

ACCOUNT = ("key", "opens nothing")
WINDOWS = (Window(10, timedelta(seconds=10)), Window(60, timedelta(minutes=1)))
"""What the vendor permits a key; written down here again, to judge the connector by."""
UNAVAILABLE = 100030
WRAPPED = 100008
_DOCUMENT = "v1/company/{company}/peppol/inbound/document"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd:{0}-2::{0}##urn:cen.eu:en16931:2017#compliant"


class ScradaEmulator(QueueEmulator):
    """Companies of one key; ``windows`` are enforced, exactly, for all of them together.

    ``refused`` counts the requests beyond a window.
    """

    windows: Sequence[Window] = ()
    refused = 0

    def answer(self, asked: Asked) -> Reply:
        """See `QueueEmulator.answer`."""
        now = self.clock.monotonic()
        for window in self.windows:
            if self._count_since(now - window.period.total_seconds()) >= window.requests:
                self.refused += 1
                return self.too_many()
        return super().answer(asked)

    def routes(self) -> Sequence[Route]:
        """See `QueueEmulator.routes`."""
        return (
            Route("GET", f"{_DOCUMENT}/unconfirmed", self._unconfirmed, Operation.LIST),
            Route("GET", f"{_DOCUMENT}/{{id}}", self._document, Operation.FETCH),
            Route("PUT", f"{_DOCUMENT}/{{id}}/confirm", self._confirm, Operation.ACK),
        )

    def accepts(self, asked: Asked) -> bool:
        """See `QueueEmulator.accepts`."""
        return (asked.headers.get("x-api-key"), asked.headers.get("x-password")) == ACCOUNT

    def unauthorized(self) -> Reply:
        """See `QueueEmulator.unauthorized`."""
        return _fault(401, 100001, "The API key is not valid.")

    def unknown(self) -> Reply:
        """See `QueueEmulator.unknown`."""
        return _fault(404, 100404, "Unknown document.")

    def too_many(self) -> Reply:
        """See `QueueEmulator.too_many`: when the window ends, in seconds since 1970."""
        end = str(int((self.clock.now() + self.wait).timestamp()))
        refusal = _fault(429, 100029, "Too many requests.")
        return replace(refusal, headers={"X-Ratelimit-Reset": end})

    def _count_since(self, moment: float) -> int:
        count = 0
        for at, _asked in reversed(self.asked):
            if at <= moment:
                break
            count += 1
        return count

    def _unconfirmed(self, asked: Asked) -> Reply:
        company = asked.at["company"]
        if company not in self.companies:
            return _fault(403, WRAPPED, "See within.", _error(100002, "Not your company."))
        results = [_line(kept) for kept in reversed(self.untaken(company)) if kept.is_incoming]
        return as_json({"results": results, "__count": str(len(results))})

    def _document(self, asked: Asked) -> Reply:
        kept = self._of(asked)
        if kept is None or kept.body is None:
            return self.unknown()
        return Reply(body=kept.body, content_type="application/xml")

    def _confirm(self, asked: Asked) -> Reply:
        kept = self._of(asked)
        if kept is None:
            return self.unknown()
        kept.taken += 1
        return Reply()

    def _of(self, asked: Asked) -> Kept | None:
        kept = self.documents.get(asked.at["id"])
        return kept if kept is not None and kept.company == asked.at["company"] else None


def _error(code: int, text: str, *inner: object) -> dict[str, object]:
    return {
        "errorCode": code,
        "errorType": 1,
        "defaultFormat": text,
        "parameters": [],
        "innerErrors": list(inner),
    }


def _fault(status: int, code: int, text: str, *inner: object) -> Reply:
    return as_json(_error(code, text, *inner), status)


def _line(kept: Kept) -> dict[str, object]:
    is_credit = kept.kind is DocumentKind.PURCHASE_CREDIT_NOTE
    return {
        "id": kept.id,
        "internalNumber": kept.position,
        "peppolSenderID": "0208:0400000002",
        "peppolReceiverID": "0208:0400000001",
        "peppolDocumentTypeValue": _UBL.format("CreditNote" if is_credit else "Invoice"),
        "peppolC3Timestamp": kept.received_at.strftime("%Y-%m-%dT%H:%M:%S.%f0+00:00"),
        "peppolSbdhInstanceID": f"envelope-{kept.position}",
    }
