"""What becomes of a message that is done with: it is moved, or marked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pipeline.connectors.hubs.imap.connection import CommandRefused, ImapConnection
from pipeline.connectors.hubs.imap.wire import folder_to_wire, quoted
from pipeline.domain.errors import TenantBlocked

KEYWORD = b"Dossierpost"
"""Marks a message that was delivered."""


class TakeAway(Protocol):
    """Takes messages out of what waits."""

    @property
    def criteria(self) -> bytes:
        """What a message that waits is searched by."""
        ...

    async def __call__(self, connection: ImapConnection, uids: bytes) -> None:
        """Take a set of messages of the open folder away; those that are gone do no harm."""
        ...


@dataclass(frozen=True, slots=True)
class Move:
    """Moves messages to a folder, which is made when it is not there."""

    folder: str
    criteria: bytes = b"UNDELETED"

    async def __call__(self, connection: ImapConnection, uids: bytes) -> None:
        """See `TakeAway`."""
        target = quoted(folder_to_wire(self.folder))
        try:
            await self._move(connection, uids, target)
        except CommandRefused:
            await _quietly(connection, b"CREATE " + target)
            await self._move(connection, uids, target)

    async def _move(self, connection: ImapConnection, uids: bytes, target: bytes) -> None:
        if b"MOVE" in connection.capabilities:
            await connection.command(b"UID MOVE " + uids + b" " + target)
            return
        await connection.command(b"UID COPY " + uids + b" " + target)
        await connection.command(b"UID STORE " + uids + rb" +FLAGS.SILENT (\Deleted)")
        if b"UIDPLUS" in connection.capabilities:  # the other EXPUNGE would remove others' messages
            await connection.command(b"UID EXPUNGE " + uids)


@dataclass(frozen=True, slots=True)
class Mark:
    """Marks messages with `KEYWORD` and leaves them where they are."""

    criteria: bytes = b"UNDELETED UNKEYWORD " + KEYWORD

    async def __call__(self, connection: ImapConnection, uids: bytes) -> None:
        """See `TakeAway`."""
        if not connection.keeps_keywords:
            raise TenantBlocked(
                "The mail server keeps no marks of programs. Choose 'move' for what happens to "
                "delivered messages."
            )
        await connection.command(b"UID STORE " + uids + b" +FLAGS.SILENT (" + KEYWORD + b")")


TakeAwayFrom = Callable[[str, str], TakeAway]
"""How messages of a folder are taken away; the second is what stands between names of folders."""


async def _quietly(connection: ImapConnection, line: bytes) -> None:
    try:
        await connection.command(line)
    except CommandRefused:
        return  # it exists, or the next command says what is wrong
