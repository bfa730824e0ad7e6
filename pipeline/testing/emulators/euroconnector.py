"""Euroconnector: tokens that end at a moment, refresh tokens as Bearer, a list without owners."""

import base64
from collections.abc import Sequence
from datetime import timedelta

from pipeline.domain.documents import DocumentKind
from pipeline.ports.clock import Clock
from pipeline.testing.emulators.queue import Asked, Kept, QueueEmulator, Reply, Route, as_json
from pipeline.testing.script import Operation

ACCOUNT = {"userName": "user", "secretKey": "opens nothing"}
ACCESS = timedelta(minutes=10)
REFRESH = timedelta(hours=1)
_ROOT = "api/public/v1"


class EuroconnectorEmulator(QueueEmulator):
    """One user with several companies; ``sign_ins`` and ``refreshes`` count what tokens cost."""

    def __init__(self, clock: Clock, *companies: str) -> None:
        super().__init__(clock, *companies)
        self._ends: dict[str, float] = {}
        self._refresh: str | None = None
        self.sign_ins = 0
        self.refreshes = 0

    def routes(self) -> Sequence[Route]:
        """See `QueueEmulator.routes`."""
        tokens, documents = f"{_ROOT}/authorization", f"{_ROOT}/documents"
        status = f"{documents}/{{id}}/status/{{status}}"
        return (
            Route("POST", f"{tokens}/token-create", self._sign_in, needs_key=False),
            Route("GET", f"{tokens}/token-refresh", self._renew, needs_key=False),
            Route("GET", f"{documents}/received-list", self._received, Operation.LIST),
            Route("GET", f"{documents}/{{id}}", self._details, Operation.TENANTS),
            Route("GET", f"{documents}/{{id}}/content", self._content, Operation.FETCH),
            Route("PUT", status, self._set_status, Operation.ACK),
        )

    def accepts(self, asked: Asked) -> bool:
        """See `QueueEmulator.accepts`; a refresh token opens nothing but new tokens."""
        is_valid = self._ends.get(asked.bearer(), 0.0) > self.clock.monotonic()
        return is_valid and asked.bearer().startswith("access-")

    def unauthorized(self) -> Reply:
        """See `QueueEmulator.unauthorized`; the error is a bare string."""
        return as_json("Unauthorized", 401)

    def unknown(self) -> Reply:
        """See `QueueEmulator.unknown`."""
        return _fault(404, "There is no such document.")

    def forget_tokens(self) -> None:
        """No token is valid any more, as after a restart of the hub."""
        self._ends.clear()

    def _sign_in(self, asked: Asked) -> Reply:
        if asked.json != ACCOUNT:
            return self.unauthorized()
        self.sign_ins += 1
        return self._tokens()

    def _renew(self, asked: Asked) -> Reply:
        refresh = asked.bearer()
        if refresh != self._refresh or self._ends.get(refresh, 0.0) <= self.clock.monotonic():
            return self.unauthorized()
        self.refreshes += 1
        return self._tokens()

    def _tokens(self) -> Reply:
        """Fresh tokens; the refresh token before them is used up."""
        number = self.sign_ins + self.refreshes
        access, self._refresh = f"access-{number}", f"refresh-{number}"
        now = self.clock.monotonic()
        self._ends |= {
            access: now + ACCESS.total_seconds(),
            self._refresh: now + REFRESH.total_seconds(),
        }
        return as_json(
            {
                "accessToken": access,
                "accessTokenExpiresUtc": self._moment(ACCESS),
                "refreshToken": self._refresh,
                "refreshTokenExpiresUtc": self._moment(REFRESH),
            }
        )

    def _moment(self, after: timedelta) -> str:
        """A moment in UTC that does not say so."""
        return (self.clock.now() + after).replace(tzinfo=None).isoformat()

    def _received(self, _asked: Asked) -> Reply:
        listed = [
            {
                "documentId": kept.id,
                "documentStandard": "BIS3",
                "documentType": _type(kept),
                "status": "New",
                "folderName": "inbox",
            }
            for kept in self.untaken()
            if kept.is_incoming
        ]
        return as_json({"documents": listed})

    def _details(self, asked: Asked) -> Reply:
        kept = self.documents.get(asked.at["id"])
        if kept is None:
            return self.unknown()
        return as_json(
            {
                "documentId": kept.id,
                "documentNo": None,
                "documentType": _type(kept),
                "recipientEndpointId": kept.company,
                "recipientVatNumber": None,
                "createdAt": kept.received_at.replace(tzinfo=None).isoformat(),
                "status": "Received" if kept.taken else "New",
                "folderName": "inbox",
            }
        )

    def _content(self, asked: Asked) -> Reply:
        kept = self.documents.get(asked.at["id"])
        if kept is None or kept.body is None:
            return self.unknown()
        return as_json({"documentContent": base64.b64encode(kept.body).decode()})

    def _set_status(self, asked: Asked) -> Reply:
        status = asked.at["status"]
        if status != "Received":
            return _fault(400, f"The value '{status}' is not valid.")
        kept = self.documents.get(asked.at["id"])
        if kept is None:
            return self.unknown()
        kept.taken += 1
        return as_json({"documentId": kept.id, "status": status})


def _type(kept: Kept) -> str:
    return "CreditNote" if kept.kind is DocumentKind.PURCHASE_CREDIT_NOTE else "Invoice"


def _fault(status: int, text: str) -> Reply:
    return as_json({"traceId": "0", "statusCode": status, "message": text}, status)
