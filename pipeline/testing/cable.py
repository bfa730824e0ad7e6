"""A cable between a client and a server on the loopback interface, which can be cut, or long."""

import enum
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.memory import MemoryObjectReceiveStream

_AT_ONCE, _UNDER_WAY = 2**16, 1000
_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError)
_Chunk: TypeAlias = tuple[float, bytes]
"""When data arrives at the other end, and the data."""


class Cut(enum.StrEnum):
    """When the cable is cut: at a request, at the answer to it, or in the middle of that."""

    REQUEST = "request"
    ANSWER = "answer"
    HALF_ANSWER = "half_answer"


@dataclass(slots=True)
class Cable:
    """Passes on what is said at ``port``, each way after ``delay_s``."""

    server_port: int
    delay_s: float = 0.0
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
        under_way, arriving = anyio.create_memory_object_stream[_Chunk](_UNDER_WAY)
        async with under_way, arriving, anyio.create_task_group() as group:
            group.start_soon(self._arrive, arriving, sink)
            with suppress(anyio.EndOfStream, *_BROKEN):
                while (data := self._uncut(await source.receive(_AT_ONCE), is_request)) is not None:
                    await under_way.send((anyio.current_time() + self.cable.delay_s, data))
                    if self.cut is Cut.HALF_ANSWER and not is_request:
                        break
            under_way.close()
        self.scope.cancel()

    async def _arrive(
        self, arriving: MemoryObjectReceiveStream[_Chunk], sink: SocketStream
    ) -> None:
        with suppress(*_BROKEN):
            async for due, data in arriving:
                await anyio.sleep_until(due)
                await sink.send(data)

    def _uncut(self, data: bytes, is_request: bool) -> bytes | None:  # noqa: FBT001
        """What is passed on of some data, None for a cut before it."""
        if is_request and self.cut is None:
            self.cut = self.cable.take_cut(data)
        if self.cut is Cut.REQUEST or (self.cut is Cut.ANSWER and not is_request):
            return None
        if self.cut is Cut.HALF_ANSWER and not is_request:
            return data[: len(data) // 2]
        return data


@asynccontextmanager
async def cable_to(server_port: int, *, delay_s: float = 0.0) -> AsyncIterator[Cable]:
    """A cable to a server on this machine; a round trip takes twice ``delay_s``."""
    cable = Cable(server_port, delay_s)
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as group,
    ):
        cable.port = listener.extra(SocketAttribute.local_port)  # noqa: S610 -- anyio's
        group.start_soon(listener.serve, cable.join)
        yield cable
        group.cancel_scope.cancel()
