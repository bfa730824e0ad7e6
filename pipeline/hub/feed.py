"""The change feed: which dossiers have something to fetch, and where the feed ends now."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import anyio

from pipeline.hub.cursors import Position, decode_position, encode_position
from pipeline.hub.wire import ChangePage


def current(connection: sqlite3.Connection) -> Position:
    """The end of the change feed."""
    (change,) = connection.execute("SELECT coalesce(max(change), 0) FROM dossiers").fetchone()
    row = connection.execute("SELECT value FROM settings WHERE name = 'config'").fetchone()
    return Position(change, int(row[0]) if row else 0)


def configured(connection: sqlite3.Connection) -> Position:
    """Note that dossiers or packages changed; the new end of the feed."""
    connection.execute(
        "INSERT INTO settings VALUES ('config', 1)"
        " ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1"
    )
    return current(connection)


@dataclass(frozen=True, slots=True)
class Touch:
    """A dossier with something new to fetch, and by how much its counts change."""

    dossier: int
    listed: int = 0
    to_fetch: int = 0
    error: int = 0


def touch_dossiers(connection: sqlite3.Connection, touches: Iterable[Touch]) -> None:
    """Move dossiers to the end of the feed, in this order."""
    end = current(connection).change
    connection.executemany(
        "UPDATE dossiers SET change = ?, listed = listed + ?, to_fetch = to_fetch + ?,"
        " error = error + ? WHERE seq = ?",
        (
            (change, touch.listed, touch.to_fetch, touch.error, touch.dossier)
            for change, touch in enumerate(touches, end + 1)
        ),
    )


def read_changes(
    connection: sqlite3.Connection, hub_id: str, cursor: str | None, limit: int
) -> ChangePage:
    """The dossiers behind a cursor that share documents and have some to fetch.

    A cursor from another hub, or from a future that a restored backup does not know, starts at
    the beginning. On the last page the cursor is the end of the feed, so that dossiers without
    anything to fetch are not looked at again.
    """
    end = current(connection)
    since = decode_position(hub_id, cursor)
    if since is None or since > end:
        since = Position(0, -1)
    rows = connection.execute(
        "SELECT id, change FROM dossiers WHERE change > ? AND listed > 0 AND shares_documents"
        " ORDER BY change LIMIT ?",
        (since.change, limit + 1),
    ).fetchall()
    more = len(rows) > limit
    reached = Position(rows[limit - 1][1] if more else end.change, end.config)
    return ChangePage(
        dossier_ids=[dossier_id for dossier_id, _ in rows[:limit]],
        cursor=encode_position(hub_id, reached),
        more=more,
        dossiers_changed=since.config < end.config,
    )


class Head:
    """The end of the feed in memory: idle clients are answered without a look into the store."""

    def __init__(self, hub_id: str, position: Position) -> None:
        self._hub_id = hub_id
        self._position = position
        self._moved = anyio.Event()
        self.is_closed = False

    @property
    def cursor(self) -> str:
        """The cursor of a client that knows everything."""
        return encode_position(self._hub_id, self._position)

    def publish(self, position: Position) -> None:
        """Wake those who wait; called after the commit that moved the feed."""
        reached = Position(
            max(position.change, self._position.change), max(position.config, self._position.config)
        )
        if reached != self._position:
            self._position = reached
            self._wake()

    def close(self) -> None:
        """End the wait of everybody, for good."""
        self.is_closed = True
        self._wake()

    async def moved_from(self, cursor: str) -> None:
        """Return when the feed has left ``cursor`` behind, or is closed."""
        while self.cursor == cursor and not self.is_closed:
            await self._moved.wait()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = anyio.Event()
