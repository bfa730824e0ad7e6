"""The kept connections of one client, to all its origins: never more than it may have."""

import asyncio
import ssl
from dataclasses import dataclass

import anyio

from pipeline.connectors.lean_http.connection import Connection
from pipeline.connectors.lean_http.sockets import MakeSocket, Names, connected_socket
from pipeline.connectors.patience import Patience


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom a connection is to; ``tls`` None is plain HTTP, ``authority`` is for the Host header."""

    host: str
    port: int
    authority: str
    tls: ssl.SSLContext | None


class Pool:
    """Connections without work, the last used at the end, and those in the hands of a caller.

    Callers see to it that they never have more than ``connections`` at the same time.
    """

    def __init__(self, make_socket: MakeSocket, *, connections: int, patience: Patience) -> None:
        self._make_socket = make_socket
        self._most = connections
        self._patience = patience
        self._names = Names()
        self._idle: list[tuple[Origin, Connection]] = []
        self._busy: set[Connection] = set()
        self._opening = 0

    async def take(self, origin: Origin, *, fresh: bool = False) -> Connection:
        """A connection to ``origin``, one that was kept unless it must be ``fresh``.

        Raises:
            OSError: there is none to be had; `TimeoutError` and `ssl.SSLError` among them.
        """
        connection = None if fresh else self._kept(origin)
        if connection is None:
            connection = await self._opened(origin)
        self._busy.add(connection)
        return connection

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection for the next request, if it can be used again."""
        self._busy.discard(connection)
        if connection.is_open:
            self._idle.append((origin, connection))

    async def close(self) -> None:
        """Close all, also those at work; returns when their sockets are closed."""
        connections = [*self._busy, *(connection for _, connection in self._idle)]
        self._idle.clear()
        for connection in connections:
            connection.close()
        for connection in connections:
            await connection.wait_closed()

    def _kept(self, origin: Origin) -> Connection | None:
        """The one that was used last: the others may grow old and close."""
        for index in range(len(self._idle) - 1, -1, -1):
            if self._idle[index][0] is origin:
                _, connection = self._idle.pop(index)
                if connection.is_open:
                    return connection
        return None

    async def _opened(self, origin: Origin) -> Connection:
        self._opening += 1
        try:
            self._make_room()
            with anyio.fail_after(self._patience.connect_s):
                return await self._connected(origin)
        finally:
            self._opening -= 1

    def _make_room(self) -> None:
        """Close what was not used for the longest time where there would be too many."""
        self._idle = [entry for entry in self._idle if entry[1].is_open]
        while self._idle and len(self._idle) + len(self._busy) + self._opening > self._most:
            self._idle.pop(0)[1].close()

    async def _connected(self, origin: Origin) -> Connection:
        infos = await self._names.addresses(origin.host, origin.port)
        sock = await connected_socket(infos, self._make_socket)
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(self._patience),
            sock=sock,
            ssl=origin.tls,
            server_hostname=origin.host if origin.tls else None,
        )
        return connection
