"""From a name to a connected socket, over whichever of its addresses answers first (RFC 8305)."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest

import anyio

from pipeline.connectors.addresses import AddressInfo

HEAD_START_S = 0.25
"""How long an address is tried before the next one is tried beside it."""

BELIEVED_S = 10.0
_MOST_NAMES = 100

MakeSocket = Callable[[AddressInfo], socket.socket]


class Names:
    """Addresses of names: asked for by one at a time, and believed for ten seconds.

    So connections that are opened together cost one question.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[float, Sequence[AddressInfo]]] = {}
        self._turn = anyio.Lock(fast_acquire=True)

    async def addresses(self, host: str, port: int) -> Sequence[AddressInfo]:
        """All addresses, in the order of the system; raises `OSError` when there are none."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            until, infos = self._known.get((host, port), (0.0, ()))
            if loop.time() >= until:
                infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                self._forget_if_many()
                self._known[host, port] = (loop.time() + BELIEVED_S, infos)
            return infos

    def _forget_if_many(self) -> None:
        if len(self._known) >= _MOST_NAMES:
            self._known.clear()


async def connected_socket(infos: Sequence[AddressInfo], make_socket: MakeSocket) -> socket.socket:
    """A connected socket; ``make_socket`` is asked with the very address of each attempt.

    Raises:
        OSError: no address answers.
    """
    if len(infos) == 1:
        return await _attempt(infos[0], make_socket)
    return await _Race(make_socket).run(_alternating(infos))


def _alternating(infos: Sequence[AddressInfo]) -> Sequence[AddressInfo]:
    """The families in turn, beginning with the one that the system prefers."""
    preferred = [info for info in infos if info[0] == infos[0][0]]
    others = [info for info in infos if info[0] != infos[0][0]]
    pairs = chain.from_iterable(zip_longest(preferred, others))
    return [info for info in pairs if info is not None]


async def _attempt(info: AddressInfo, make_socket: MakeSocket) -> socket.socket:
    sock = make_socket(info)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, info[4])
    except BaseException:
        sock.close()
        raise
    return sock


class _Race:
    """Attempts that start one after the other; the first to connect ends it."""

    def __init__(self, make_socket: MakeSocket) -> None:
        self._make_socket = make_socket
        self._winner: socket.socket | None = None
        self._errors: list[OSError] = []

    async def run(self, infos: Sequence[AddressInfo]) -> socket.socket:
        try:
            async with anyio.create_task_group() as group:
                for info in infos:
                    is_over = anyio.Event()
                    group.start_soon(self._enter, info, is_over, group.cancel_scope)
                    with anyio.move_on_after(HEAD_START_S):
                        await is_over.wait()
        except BaseException:
            if self._winner is not None:
                self._winner.close()
            raise
        if self._winner is None:
            raise self._errors[0]
        return self._winner

    async def _enter(
        self, info: AddressInfo, is_over: anyio.Event, scope: anyio.CancelScope
    ) -> None:
        try:
            sock = await _attempt(info, self._make_socket)
        except OSError as error:
            self._errors.append(error)
        else:
            if self._winner is not None:
                sock.close()
            else:
                self._winner = sock
                scope.cancel()
        finally:
            is_over.set()
