"""Connections to a mail server, opened when needed, with a folder open on each."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from pipeline.connectors.hubs.imap.connection import (
    CommandRefused,
    ImapConnection,
    Login,
    parsed,
)
from pipeline.connectors.hubs.imap.wire import folder_from_wire, folder_to_wire, quoted
from pipeline.connectors.limits import CredentialLimiter
from pipeline.ports.clock import Clock

_NO_FOLDER = b"\\NOSELECT"
_FRESH_S = 600.0
"""Servers hang up after half an hour of silence, some networks earlier."""


class ImapPool:
    """Hands out signed-in connections, as many at once as the limiter of the mailbox lets.

    A connection whose use failed is closed, because what the server says next belongs to that use.
    """

    def __init__(self, login: Login, limiter: CredentialLimiter, clock: Clock) -> None:
        self.login = login
        self._limiter = limiter
        self._clock = clock
        self._idle: list[tuple[float, ImapConnection]] = []
        self._delimiter: str | None = None

    @asynccontextmanager
    async def connection(self, folder: str | None = None) -> AsyncIterator[ImapConnection]:
        """A connection of one's own, with a folder open on it."""
        async with self._limiter:
            wire_name = folder_to_wire(folder) if folder is not None else None
            connection = await self._pick(wire_name) or await ImapConnection.open(self.login)
            try:
                if wire_name is not None:
                    await connection.select(wire_name)
                yield connection
            except CommandRefused:
                self._put_back(connection)
                raise
            except BaseException:
                await connection.close()
                raise
            self._put_back(connection)

    async def open_apart(self, folder: str) -> ImapConnection:
        """A connection that is not handed back, to listen on."""
        connection = await ImapConnection.open(self.login)
        try:
            await connection.select(folder_to_wire(folder))
        except BaseException:
            await connection.close()
            raise
        return connection

    async def below(self, folder: str) -> Sequence[str]:
        """Names of the folders in a folder, without the name of that."""
        prefix = folder + await self.delimiter()
        pattern = quoted(folder_to_wire(prefix) + b"%")
        async with self.connection() as connection:
            answers = await connection.command(b'LIST "" ' + pattern)
        names = []
        for line in parsed(answers, b"LIST", self.login.server):
            flags, name = line[1], line[3]
            is_folder = not isinstance(flags, list) or _NO_FOLDER not in map(_upper, flags)
            if is_folder and isinstance(name, bytes):
                names.append(folder_from_wire(name).removeprefix(prefix))
        return names

    async def delimiter(self) -> str:
        """What stands between the names of a folder and of one in it."""
        if self._delimiter is None:
            async with self.connection() as connection:
                answers = await connection.command(b'LIST "" ""')
            lines = parsed(answers, b"LIST", self.login.server)
            given = lines[0][2] if lines else b"/"
            self._delimiter = given.decode() if isinstance(given, bytes) else "/"
        return self._delimiter

    async def close(self) -> None:
        """Hang up on the connections that nobody uses; idempotent."""
        while self._idle:
            await self._idle.pop()[1].close()

    async def _pick(self, folder: bytes | None) -> ImapConnection | None:
        """An idle connection, rather one that has the folder open."""
        while self._idle and self._clock.monotonic() - self._idle[0][0] > _FRESH_S:
            await self._idle.pop(0)[1].close()
        if not self._idle:
            return None
        at = next((n for n, (_, each) in enumerate(self._idle) if each.folder == folder), -1)
        return self._idle.pop(at)[1]

    def _put_back(self, connection: ImapConnection) -> None:
        self._idle.append((self._clock.monotonic(), connection))


def _upper(value: object) -> bytes:
    return value.upper() if isinstance(value, bytes) else b""
