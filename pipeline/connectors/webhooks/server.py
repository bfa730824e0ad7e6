"""The HTTP server that hubs push to: small, short connections, and never a word too much."""

import logging
from asyncio import TimerHandle, Transport
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import anyio
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from pipeline.connectors.webhooks.receiver import Outcome, Receiver
from pipeline.domain.errors import ConfigurationError

PATH: Final = "webhooks"
LARGEST = 64 * 1024
"""Bytes of an event; those that hubs send have a few hundred."""

CONNECTIONS = 256
PATIENCE_S = 10.0
"""A connection carries one event and ends after that time, finished or not."""

_BODY_SHARE = 0.5
_HEADERS = 8 * 1024
_CLOSE_SECONDS = 1.0
_LINGER_S = 1.0
"""How long the rest of a body that is refused is read away, so that its sender hears why."""
_ANSWERS: Mapping[Outcome, int] = MappingProxyType({
    Outcome.WOKEN: 200,
    Outcome.IGNORED: 200,
    Outcome.UNKNOWN: 404,
    Outcome.FORGED: 401,
    Outcome.REPLAYED: 409,
    Outcome.LIMITED: 429,
    Outcome.TOO_LARGE: 413,
    Outcome.TOO_SLOW: 408,
    Outcome.UNREADABLE: 415,
})  # fmt: skip

_silent = logging.Logger("webhooks")  # noqa: LOG001 -- outside the tree: nothing of a request is logged
_silent.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Reception:
    """How much a sender may take; ``patience_s`` is for a connection as a whole."""

    largest: int = LARGEST
    connections: int = CONNECTIONS
    patience_s: float = PATIENCE_S


@asynccontextmanager
async def webhooks_served(
    receiver: Receiver, *, host: str, port: int, reception: Reception | None = None
) -> AsyncIterator[int]:
    """Listen for webhooks while the context lasts; yields the port, any free one for 0.

    Raises:
        ConfigurationError: the address is not of this machine or the port is taken.
    """
    terms = reception or Reception()
    server = _Server(_Desk(receiver, terms), terms)
    runner = web.ServerRunner(server, shutdown_timeout=_CLOSE_SECONDS)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


class _Server(web.Server):
    """Ends connections that take too long: a sender that trickles holds none for longer."""

    def __init__(self, desk: "_Desk", terms: Reception) -> None:
        super().__init__(
            desk,
            access_log=None,  # paths are secret
            logger=_silent,
            auto_decompress=False,
            max_line_size=_HEADERS,
            max_field_size=_HEADERS,
            lingering_time=_LINGER_S,
        )
        self._terms = terms
        self._ends: dict[RequestHandler, TimerHandle] = {}

    def connection_made(self, handler: RequestHandler, transport: Transport) -> None:
        if len(self._ends) >= self._terms.connections:
            self._loop.call_soon(transport.abort)  # not now: its handler is not under way yet
            return
        super().connection_made(handler, transport)
        self._ends[handler] = self._loop.call_later(self._terms.patience_s, transport.abort)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        if (end := self._ends.pop(handler, None)) is not None:
            end.cancel()
        super().connection_lost(handler, exc)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Answers one request after the other."""

    receiver: Receiver
    terms: Reception

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        hub, outcome = await self._outcome(request)
        self.receiver.note(hub, outcome)
        answer = web.Response(status=_ANSWERS[outcome])
        answer.force_close()
        return answer

    async def _outcome(self, request: web.BaseRequest) -> tuple[str, Outcome]:
        """The path comes first: whoever does not know an address cannot make anything be read."""
        parts = request.rel_url.raw_path.split("/")
        if request.method != "POST" or len(parts) != len(("", PATH, "hub", "token")):
            return "", Outcome.UNKNOWN
        _, path, hub, token = parts
        door = self.receiver.door(hub, token) if path == PATH else Outcome.UNKNOWN
        if isinstance(door, Outcome):
            return hub, door
        body = await self._body(request)
        if isinstance(body, Outcome):
            return hub, body
        headers = {name.lower(): value for name, value in request.headers.items()}
        return hub, self.receiver.receive(door, headers, body)

    async def _body(self, request: web.BaseRequest) -> bytes | Outcome:
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            return Outcome.UNREADABLE
        if (request.content_length or 0) > self.terms.largest:
            return Outcome.TOO_LARGE
        with anyio.move_on_after(self.terms.patience_s * _BODY_SHARE):
            return await self._read(request)
        return Outcome.TOO_SLOW

    async def _read(self, request: web.BaseRequest) -> bytes | Outcome:
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > self.terms.largest:
                return Outcome.TOO_LARGE
        return bytes(body)


async def _listen(runner: web.ServerRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise ConfigurationError(
            f"Webhooks cannot be received at {host} port {port}: {error.strerror or error}. Choose"
            " another DOSSIERPOST_WEBHOOK_PORT, or 0 for none."
        ) from error
