"""Which installations live, and how many documents are where."""

import sqlite3
from datetime import datetime

import msgspec

from pipeline.hub.moments import from_micros, to_micros
from pipeline.hub.wire import Heartbeat, Installation, Monitor, StatusCounts

MAX_INSTALLATIONS = 100


def note_heartbeat(connection: sqlite3.Connection, beat: Heartbeat, now: datetime) -> None:
    """Replace what is known of an installation; the longest unseen beyond 100 are forgotten."""
    connection.execute(
        "INSERT INTO installations VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE"
        " SET last_seen = excluded.last_seen, fields = excluded.fields",
        (beat.installation_id, to_micros(now), msgspec.json.encode(beat)),
    )
    connection.execute(
        "DELETE FROM installations WHERE id IN"
        " (SELECT id FROM installations ORDER BY last_seen DESC LIMIT -1 OFFSET ?)",
        (MAX_INSTALLATIONS,),
    )


def read_monitor(connection: sqlite3.Connection, now: datetime) -> Monitor:
    """Everything a monitor page shows."""
    dossiers, *counts = connection.execute(
        "SELECT count(*), coalesce(sum(to_fetch), 0), coalesce(sum(error), 0),"
        " coalesce(sum(forwarded), 0) FROM dossiers"
    ).fetchone()
    rows = connection.execute(
        "SELECT last_seen, fields FROM installations ORDER BY last_seen DESC, id"
    )
    return Monitor(now, dossiers, StatusCounts(*counts), [_installation(*row) for row in rows])


def _installation(last_seen: int, fields: bytes) -> Installation:
    beat = msgspec.json.decode(fields, type=Heartbeat)
    return Installation(**msgspec.structs.asdict(beat), last_seen=from_micros(last_seen))
