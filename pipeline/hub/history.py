"""The history of a document's statuses; its first line is the arrival, which is not stored."""

import sqlite3

from pipeline.hub.moments import to_micros
from pipeline.hub.wire import HistoryEntry


def note_status(connection: sqlite3.Connection, document_id: str, entry: HistoryEntry) -> None:
    """Add a line to the history of a document."""
    connection.execute(
        "INSERT INTO history (document, at, version, status, rule, text) VALUES (?, ?, ?, ?, ?, ?)",
        (
            document_id,
            to_micros(entry.at),
            int(entry.version),
            entry.status,
            entry.rule,
            entry.text,
        ),
    )
