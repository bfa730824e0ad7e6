"""Statements for cursors, what is due, passes, and the marks of delivery logs."""

from collections.abc import Mapping, Sequence

from pipeline.connectors.state.sqlite.moments import microseconds, moment
from pipeline.connectors.state.sqlite.session import Session
from pipeline.ports.state import LogMark, PassRecord


def save_cursor(
    session: Session, place: tuple[str, str], cursor: str, due_dossiers: Sequence[str]
) -> None:
    """Store the cursor of (hub, scope) and what it made due."""
    session.run("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)", [*place, cursor])
    mark_due(session, place[0], due_dossiers)


def load_cursor(session: Session, hub: str, scope: str) -> str | None:
    """The cursor last saved."""
    record = session.one("SELECT cursor FROM cursor WHERE hub = ? AND scope = ?", [hub, scope])
    return None if record is None else record[0]


def mark_due(session: Session, hub: str, dossier_ids: Sequence[str]) -> None:
    """Remember that dossiers must be listed; a later marking replaces an earlier one."""
    if not dossier_ids:
        return
    session.run("UPDATE due_mark SET last = last + 1", [])
    session.many(
        "INSERT OR REPLACE INTO due SELECT ?, ?, last FROM due_mark",
        [(hub, each) for each in dossier_ids],
    )


def load_due(session: Session, hub: str) -> dict[str, int]:
    """The dossiers that are due, with their markings."""
    return dict(session.ask("SELECT dossier, mark FROM due WHERE hub = ? ORDER BY dossier", [hub]))


def end_passes(
    session: Session, records: Sequence[PassRecord], settled: Mapping[str, Mapping[str, int]]
) -> None:
    """Replace what is known of last passes; forget markings, unless a later one replaced them."""
    session.many(
        "INSERT OR REPLACE INTO pass VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                *(record.tenant, microseconds(record.finished_at), record.seconds),
                *(record.listed, record.forwarded, record.errors, record.problem),
            )
            for record in records
        ],
    )
    session.many(
        "DELETE FROM due WHERE hub = ? AND dossier = ? AND mark = ?",
        [(hub, dossier, mark) for hub, marks in settled.items() for dossier, mark in marks.items()],
    )


def last_passes(session: Session) -> dict[str, PassRecord]:
    """The last passes by tenant."""
    return {
        tenant: PassRecord(tenant, moment(finished_at), *rest)
        for tenant, finished_at, *rest in session.ask("SELECT * FROM pass")
    }


def save_marks(session: Session, marks: Mapping[str, LogMark]) -> None:
    """Store how far the delivery logs are reflected here."""
    session.many(
        "INSERT OR REPLACE INTO mark VALUES (?, ?, ?)",
        [(destination, mark.position, mark.digest) for destination, mark in marks.items()],
    )


def marked_destinations(session: Session) -> list[str]:
    """The destinations that have a mark."""
    return [name for (name,) in session.ask("SELECT destination FROM mark ORDER BY destination")]


def load_mark(session: Session, destination: str) -> LogMark | None:
    """The mark of a destination."""
    record = session.one("SELECT position, digest FROM mark WHERE destination = ?", [destination])
    return None if record is None else LogMark(*record)
