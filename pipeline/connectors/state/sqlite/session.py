"""A connection that speaks rows: every text passes through `stored` and `restored`."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline.connectors.state.sqlite.text import restored_row, stored_row

Record = tuple[Any, ...]


class Session:
    """One SQLite connection, used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @property
    def is_in_transaction(self) -> bool:
        """False after SQLite rolled back by itself, as it does on a full disk."""
        return self._connection.in_transaction

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Execute one statement; return how many rows it changed."""
        return self._connection.execute(sql, stored_row(values)).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Execute one statement for each row."""
        self._connection.executemany(sql, map(stored_row, rows))

    def ask(self, sql: str, values: Sequence[object] = ()) -> list[Record]:
        """All records of a query."""
        return list(self.each(sql, values))

    def each(self, sql: str, values: Sequence[object] = ()) -> Iterator[Record]:
        """The records of a query, of which one at a time is in memory."""
        return map(restored_row, self._connection.execute(sql, stored_row(values)))

    def one(self, sql: str, values: Sequence[object] = ()) -> Record | None:
        """The first record of a query."""
        return next(self.each(sql, values), None)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
