"""What emulated queue hubs share: documents, faults on order, and a server on loopback.

An emulator answers an `Asked` with a `Reply` by itself, in one step and without a network, so that
a test with virtual time can ask it directly; `QueueEmulator.serving` puts it behind HTTP.
"""

import base64
import enum
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import unquote

from aiohttp import web
from yarl import URL

from pipeline.domain.documents import DocumentKind
from pipeline.ports.clock import Clock
from pipeline.testing.http_server import serving
from pipeline.testing.script import Operation

MAINTENANCE = b"<!doctype html><title>Maintenance</title><p>We will be back soon."
_APART = timedelta(milliseconds=1)


class Fault(enum.StrEnum):
    """What goes wrong with a request."""

    SERVER_ERROR = "server_error"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNAUTHORIZED = "unauthorized"
    LOST_REPLY = "lost_reply"
    RESET = "reset"
    TRUNCATED = "truncated"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; ``path`` are its decoded segments, header names are in lower case.

    ``at`` are the segments that its `Route` gives a name.
    """

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    at: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, method: str, url: URL, headers: Mapping[str, str], body: bytes | None) -> "Asked":
        """A request to a URL."""
        parts = tuple(unquote(part) for part in url.raw_path.split("/") if part)
        lower = {name.lower(): value for name, value in headers.items()}
        return cls(method, parts, dict(url.query), lower, body or b"")

    @property
    def json(self) -> object:
        """The body, decoded."""
        return json.loads(self.body) if self.body else None

    def basic(self) -> tuple[str, str]:
        """User and password of HTTP Basic, empty when there are none."""
        scheme, _, code = self.headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return "", ""
        user, _, password = base64.b64decode(code).decode().partition(":")
        return user, password

    def bearer(self) -> str:
        """The token, empty when there is none."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; ``is_cut`` breaks the connection in the middle of the body, ``is_lost`` before."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    reason: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False
    is_lost: bool = False


def as_json(value: object, status: int = 200) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(value).encode())


@dataclass(slots=True)
class Kept:
    """A document at the hub; ``position`` counts arrivals."""

    company: str
    id: str
    body: bytes | None
    received_at: datetime
    position: int
    kind: DocumentKind = DocumentKind.PURCHASE_INVOICE
    is_incoming: bool = True
    taken: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """Which requests are answered how; ``{name}`` stands for any segment of the path."""

    method: str
    path: str
    answer: Callable[[Asked], Reply]
    operation: Operation | None = None
    needs_key: bool = True

    def match(self, asked: Asked) -> Asked | None:
        """The request with its names, None when it is another's."""
        parts = self.path.split("/")
        if asked.method != self.method or len(parts) != len(asked.path):
            return None
        pairs = list(zip(parts, asked.path, strict=True))
        if any(part != given and not part.startswith("{") for part, given in pairs):
            return None
        return replace(asked, at={p[1:-1]: given for p, given in pairs if p.startswith("{")})


class QueueEmulator(ABC):
    """A hub that lists documents until they are taken.

    ``faults`` of an operation happen to its next requests, in order. ``asked`` are the requests
    so far, with their moments. ``wait`` is how long it asks to be left alone.
    """

    def __init__(self, clock: Clock, *companies: str) -> None:
        self.clock = clock
        self.companies = list(companies)
        self.documents: dict[str, Kept] = {}
        self.asked: list[tuple[float, Asked]] = []
        self.faults: dict[Operation, deque[Fault]] = {operation: deque() for operation in Operation}
        self.wait = timedelta(seconds=2)
        self._arrivals = 0

    # -- the hand of the test -----------------------------------------------------------------
    def receive(
        self,
        company: str,
        document_id: str,
        body: bytes,
        *,
        kind: DocumentKind = DocumentKind.PURCHASE_INVOICE,
        is_incoming: bool = True,
    ) -> Kept:
        """A document arrives; no two in the same moment."""
        self._arrivals += 1
        kept = Kept(
            company=company,
            id=document_id,
            body=body,
            received_at=self.clock.now() + self._arrivals * _APART,
            position=self._arrivals,
            kind=kind,
            is_incoming=is_incoming,
        )
        self.documents[document_id] = kept
        return kept

    def untaken(self, company: str | None = None) -> Sequence[Kept]:
        """Documents that nobody took, newest first."""
        found = [
            kept
            for kept in self.documents.values()
            if not kept.taken and (company is None or kept.company == company)
        ]
        return sorted(found, key=lambda kept: -kept.position)

    # -- the vendor ---------------------------------------------------------------------------
    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """What can be asked; the first that fits answers."""

    @abstractmethod
    def accepts(self, asked: Asked) -> bool:
        """Whether a request carries a valid key."""

    @abstractmethod
    def unauthorized(self) -> Reply:
        """How the vendor says that a key is not valid."""

    @abstractmethod
    def unknown(self) -> Reply:
        """How the vendor says that there is no such thing."""

    def too_many(self) -> Reply:
        """How the vendor asks to wait."""
        seconds = str(int(self.wait.total_seconds()))
        return replace(as_json({"error": "slow down"}, 429), headers={"Retry-After": seconds})

    # -- answering ----------------------------------------------------------------------------
    def answer(self, asked: Asked) -> Reply:
        """Answer one request, in one step."""
        self.asked.append((self.clock.monotonic(), asked))
        for route in self.routes():
            if (named := route.match(asked)) is not None:
                return self._answered(route, named)
        return self.unknown()

    def _answered(self, route: Route, asked: Asked) -> Reply:
        waiting = self.faults[route.operation] if route.operation else None
        fault = waiting.popleft() if waiting else None
        if fault is not None and fault in _INSTEAD:
            return _INSTEAD[fault](self)
        if route.needs_key and not self.accepts(asked):
            return self.unauthorized()
        reply = route.answer(asked)
        return replace(reply, is_lost=fault is Fault.LOST_REPLY, is_cut=fault is Fault.TRUNCATED)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[URL]:
        """The emulator behind HTTP on the loopback interface."""

        async def handle(request: web.Request) -> web.StreamResponse:
            asked = Asked.of(request.method, request.url, request.headers, await request.read())
            return await sent(request, self.answer(asked))

        async with serving(handle) as served:
            yield served.url


_INSTEAD: Mapping[Fault, Callable[[QueueEmulator], Reply]] = {
    Fault.SERVER_ERROR: lambda _hub: Reply(503, b"try later", "text/plain"),
    Fault.TOO_MANY_REQUESTS: lambda hub: hub.too_many(),
    Fault.UNAUTHORIZED: lambda hub: hub.unauthorized(),
    Fault.RESET: lambda _hub: Reply(is_lost=True),
    Fault.HTML: lambda _hub: Reply(200, MAINTENANCE, "text/html"),
}
"""Faults in which nothing is done."""


async def sent(request: web.Request, reply: Reply) -> web.StreamResponse:
    """A reply on its way, broken off where it is meant to."""
    headers = {**reply.headers, "Content-Type": reply.content_type}
    if not reply.is_lost and not reply.is_cut:
        return web.Response(
            status=reply.status, reason=reply.reason, body=reply.body, headers=headers
        )
    response = web.StreamResponse(headers=headers)
    response.content_length = len(reply.body) + 1  # begun: clients ask again by themselves if not
    await response.prepare(request)
    if reply.is_cut:
        await response.write(reply.body[: len(reply.body) // 2])
    if request.transport is not None:
        request.transport.close() if reply.is_cut else request.transport.abort()
    return response
