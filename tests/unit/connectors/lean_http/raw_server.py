"""A server that speaks bytes: it answers each request with what a test scripts, byte for byte."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.abc import SocketAttribute, SocketStream
from yarl import URL

A_WHILE_S = 5.0
"""What takes longer than this never happens."""

Script = Callable[["Visit"], Awaitable[None]]


@dataclass(slots=True)
class Visit:
    """One connection of a client; ``number`` counts them from 1."""

    stream: SocketStream
    number: int
    requests: list[bytes]
    _rest: bytes = b""

    async def request(self) -> bytes:
        """The next request, which has no body; the end of the connection is an error."""
        while b"\r\n\r\n" not in self._rest:
            self._rest += await self.stream.receive()
        request, _, self._rest = self._rest.partition(b"\r\n\r\n")
        self.requests.append(request)
        return request

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            await self.stream.send(part)

    async def until_closed(self) -> None:
        """Return when the client has closed its side."""
        with within_a_while():
            async for _ in self.stream:
                pass


@dataclass(slots=True)
class RawServer:
    """Where it is, what it was asked over all connections, and how many of these there were."""

    url: URL
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    closed_by_client: int = 0


@asynccontextmanager
async def raw_serving(script: Script) -> AsyncIterator[RawServer]:
    """Run ``script`` for every connection."""

    async def visit(stream: SocketStream) -> None:
        server.connections += 1
        async with stream:
            try:
                await script(Visit(stream, server.connections, server.requests))
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                server.closed_by_client += 1

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(SocketAttribute.local_port)  # noqa: S610 - no database
        server = RawServer(URL(f"http://127.0.0.1:{port}/"))
        async with anyio.create_task_group() as group:
            group.start_soon(listener.serve, visit)
            yield server
            group.cancel_scope.cancel()


def within_a_while() -> AbstractContextManager[anyio.CancelScope]:
    """Raise `TimeoutError` for what does not happen."""
    return anyio.fail_after(A_WHILE_S)


def answering(*parts: bytes, then_close: bool = False) -> Script:
    """A script that answers every request alike."""

    async def script(visit: Visit) -> None:
        while True:
            await visit.request()
            await visit.say(*parts)
            if then_close:
                return

    return script


def split_everywhere(message: bytes) -> list[bytes]:
    """One byte at a time."""
    return re.findall(rb"(?s).", message)
