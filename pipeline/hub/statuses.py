"""What installations tell about documents, and asking for them again."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from pipeline.hub.feed import Touch, touch_dossiers
from pipeline.hub.history import note_status
from pipeline.hub.moments import to_micros
from pipeline.hub.wire import HistoryEntry, Outcome, StatusOutcome, StatusReport

_ASKED = (
    "WHERE NOT is_listed AND received_at >= :since AND dossier IN"
    " (SELECT seq FROM dossiers WHERE shares_documents AND coalesce(id = :dossier, 1))"
)


def report_statuses(
    connection: sqlite3.Connection, reports: Sequence[StatusReport], now: datetime
) -> list[StatusOutcome]:
    """Take in what became of documents; one outcome each, in order. Idempotent.

    Whatever the outcome, a document of that version leaves the listing: its fate was told.
    """
    return [StatusOutcome(report.id, _report(connection, report, now)) for report in reports]


def _report(connection: sqlite3.Connection, report: StatusReport, now: datetime) -> Outcome:
    row = connection.execute(
        "SELECT seq, dossier, version, status, is_listed FROM documents WHERE id = ?", (report.id,)
    ).fetchone()
    if row is None or str(row[2]) != report.version:
        return "gone"
    seq, dossier, _, status, is_listed = row
    if is_listed:
        _take_off(connection, seq, dossier)
    if status == report.status:
        return "already"
    if status == "forwarded":
        return "conflict"
    _move(connection, (seq, dossier), status, report.status)
    entry = HistoryEntry(now, report.version, report.status, report.rule, report.text)
    note_status(connection, report.id, entry)
    return "ok"


def _take_off(connection: sqlite3.Connection, seq: int, dossier: int) -> None:
    connection.execute("UPDATE documents SET is_listed = 0 WHERE seq = ?", (seq,))
    connection.execute("UPDATE dossiers SET listed = listed - 1 WHERE seq = ?", (dossier,))


def _move(connection: sqlite3.Connection, keys: tuple[int, int], old: str, new: str) -> None:
    seq, dossier = keys
    connection.execute("UPDATE documents SET status = ? WHERE seq = ?", (new, seq))
    connection.execute(
        f"UPDATE dossiers SET {old} = {old} - 1, {new} = {new} + 1 WHERE seq = ?",  # noqa: S608  # statuses
        (dossier,),
    )


def count_redelivered(
    connection: sqlite3.Connection, dossier_id: str | None, since: datetime
) -> int:
    """How many `redeliver` would list."""
    asked = {"since": to_micros(since), "dossier": dossier_id}
    [(count,)] = connection.execute(f"SELECT count(*) FROM documents {_ASKED}", asked)  # noqa: S608
    return int(count)


def redeliver(
    connection: sqlite3.Connection, dossier_id: str | None, since: datetime, now: datetime
) -> int:
    """List documents received since a moment again; gives how many were not listed before.

    Those with an error are to be fetched again; forwarded stays forwarded. Dossiers that do not
    share their documents are left out.
    """
    asked = {"since": to_micros(since), "dossier": dossier_id, "now": to_micros(now)}
    dossiers = connection.execute(
        f"SELECT dossier, count(*), sum(status = 'error') FROM documents {_ASKED} GROUP BY dossier",  # noqa: S608
        asked,
    ).fetchall()
    connection.execute(
        "INSERT INTO history (document, at, version, status)"  # noqa: S608  # constants
        f" SELECT id, :now, version, 'to_fetch' FROM documents {_ASKED} AND status = 'error'",
        asked,
    )
    connection.execute(
        "UPDATE documents SET is_listed = 1,"  # noqa: S608  # constants
        f" status = CASE status WHEN 'error' THEN 'to_fetch' ELSE status END {_ASKED}",
        asked,
    )
    touch_dossiers(
        connection, (Touch(one, listed, errors, -errors) for one, listed, errors in dossiers)
    )
    return sum(listed for _, listed, _ in dossiers)
