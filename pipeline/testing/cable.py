"""A cable between a client and a server on the loopback interface, which can be cut."""

import enum
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from anyio.abc import SocketAttribute, SocketStream

_AT_ONCE = 2**16


class Cut(enum.StrEnum):
    """When the cable is cut: at a request, at the answer to it, or in the middle of that."""

    REQUEST = "request"
    ANSWER = "answer"
    HALF_ANSWER = "half_answer"


@dataclass(slots=True)
class Cable:
    """Passes on what is said at ``port``; ``cut`` arms it for the next request with some bytes."""

    server_port: int
    port: int = 0
    _cut: Cut | None = None
    _about: bytes = b""

    def cut(self, cut: Cut, about: bytes = b"") -> None:
        """Cut the connection of the next request that has ``about`` in it; others stay."""
        self._cut, self._about = cut, about

    async def join(self, client: SocketStream) -> None:
        """Pass on both directions of one connection."""
        server = await anyio.connect_tcp("127.0.0.1", self.server_port)
        async with client, server, anyio.create_task_group() as group:
            wire = _Wire(self, client, server, group.cancel_scope)
            group.start_soon(wire.pass_requests)
            group.start_soon(wire.pass_answers)

    def take_cut(self, request: bytes) -> Cut | None:
        """How this request is cut; each cut happens once."""
        if self._cut is None or self._about not in request:
            return None
        cut, self._cut = self._cut, None
        return cut


@dataclass(slots=True)
class _Wire:
    cable: Cable
    client: SocketStream
    server: SocketStream
    scope: anyio.CancelScope
    cut: Cut | None = None

    async def pass_requests(self) -> None:
        await self._pass(self.client, self.server, is_request=True)

    async def pass_answers(self) -> None:
        await self._pass(self.server, self.client, is_request=False)

    async def _pass(self, source: SocketStream, sink: SocketStream, *, is_request: bool) -> None:
        try:
            while True:
                data = await source.receive(_AT_ONCE)
                if is_request and self.cut is None:
                    self.cut = self.cable.take_cut(data)
                if self.cut is Cut.REQUEST or (self.cut is Cut.ANSWER and not is_request):
                    break
                if self.cut is Cut.HALF_ANSWER and not is_request:
                    await sink.send(data[: len(data) // 2])
                    break
                await sink.send(data)
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass
        self.scope.cancel()


@asynccontextmanager
async def cable_to(server_port: int) -> AsyncIterator[Cable]:
    """A cable to a server on this machine."""
    cable = Cable(server_port)
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as group,
    ):
        cable.port = listener.extra(SocketAttribute.local_port)  # noqa: S610 -- anyio's
        group.start_soon(listener.serve, cable.join)
        yield cable
        group.cancel_scope.cancel()
