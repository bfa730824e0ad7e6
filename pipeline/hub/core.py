"""What every part of the running hub shares."""

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio

from pipeline.hub.content import Contents
from pipeline.hub.cursors import Position
from pipeline.hub.database import Database
from pipeline.hub.feed import Head, current
from pipeline.ports.clock import Clock

T = TypeVar("T")

CACHE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Core:
    """The open store with what is kept in memory beside it."""

    hub_id: str
    database: Database
    contents: Contents
    head: Head
    clock: Clock

    @classmethod
    async def open(cls, data: Path, clock: Clock) -> "Core":
        """Open or make the store in the folder ``data``."""
        database = await Database.open(data / "hub.sqlite")
        hub_id, position = await database.write(_identify)
        contents = Contents(database, cache_bytes=CACHE_BYTES)
        return cls(hub_id, database, contents, Head(hub_id, position), clock)

    async def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run a write that may move the change feed, and tell those who wait for it.

        A caller that is cancelled meanwhile still gets both done: a feed that moved untold would
        answer 304 to clients that have news.
        """
        with anyio.CancelScope(shield=True):
            result, position = await self.database.write(lambda c: (work(c), current(c)))
            self.head.publish(position)
        return result

    async def close(self) -> None:
        """End every wait and close the store."""
        self.head.close()
        await self.database.close()


def _identify(connection: sqlite3.Connection) -> tuple[str, Position]:
    connection.execute("INSERT OR IGNORE INTO settings VALUES ('id', ?)", (secrets.token_hex(4),))
    (hub_id,) = connection.execute("SELECT value FROM settings WHERE name = 'id'").fetchone()
    return hub_id, current(connection)
