"""From a name to a connected socket, over whichever of its addresses answers first (RFC 8305)."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest

import anyio

from pipeline.connectors.addresses import AddressInfo

HEAD_START_S = 0.25
"""How long an address is tried before the next one is tried beside it."""

MakeSocket = Callable[[AddressInfo], socket.socket]


async def connected_socket(host: str, port: int, make_socket: MakeSocket) -> socket.socket:
    """A connected socket; ``make_socket`` is asked with the very address of each attempt.

    Raises:
        OSError: the name is not known, or no address of it answers.
    """
    loop = asyncio.get_running_loop()
    infos = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
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
