"""Statements that move rows from status to status."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from pipeline.connectors.state.sqlite.moments import microseconds
from pipeline.connectors.state.sqlite.queries import ask_digests, exact_rows
from pipeline.connectors.state.sqlite.rows import (
    KEY_DATA_COLUMNS,
    findings,
    key_data_values,
    may_be_placed,
    raw_digest,
)
from pipeline.connectors.state.sqlite.schedule import mark_due
from pipeline.connectors.state.sqlite.session import Record, Session
from pipeline.connectors.state.sqlite.text import packed
from pipeline.domain.delivery import TRANSITIONS, Delivery, Rejection, RowStatus
from pipeline.domain.documents import DocumentKey

_REPLACED = (
    *("status", "kind", "received_at", "updated_at", "rule", "reason"),
    *("verdict", "findings_json", "repeats"),
)
_KEPT_IF_UNKNOWN = ("sha256", "size_bytes", "quarantine", "file_name", "content_type", "offset")
_REJECTION_COLUMNS = (*_REPLACED, *KEY_DATA_COLUMNS, *_KEPT_IF_UNKNOWN)
_SAVE_REJECTION = " ".join(
    (
        "INSERT INTO document (tenant, digest, document_id, version,",
        ", ".join(f'"{name}"' for name in _REJECTION_COLUMNS),
        ") VALUES ((SELECT id FROM tenant WHERE hub = ? AND dossier = ?), ?, ?, ?,",
        ", ".join("?" for _ in _REJECTION_COLUMNS),
        ") ON CONFLICT (digest) DO UPDATE SET is_reported = 0, is_wanted = 0,",
        ", ".join(f'"{name}" = excluded."{name}"' for name in (*_REPLACED, *KEY_DATA_COLUMNS)),
        ",",
        ", ".join(f'"{name}" = COALESCE(excluded."{name}", "{name}")' for name in _KEPT_IF_UNKNOWN),
        "WHERE document.status IN (SELECT value FROM json_each(?))",
    )
)

_IS_REFUSED = "SELECT 1 FROM document WHERE digest = ? AND status IN ('error', 'held')"
_MAY_BE_PLACED = f"SELECT 1 FROM document d WHERE digest = ? AND {may_be_placed('d')}"  # noqa: S608
_FORGET_FILES = "DELETE FROM file WHERE document = (SELECT id FROM document WHERE digest = ?)"
_REPEATS = (
    "SELECT d.id, t.hub, t.dossier FROM document d JOIN tenant t ON t.id = d.tenant"
    " WHERE d.repeats = ? AND d.status = 'held' AND (? IS NULL OR d.digest = ?)"
    " ORDER BY t.hub, t.dossier, d.document_id, d.version"
)


def delivered(session: Session, deliveries: Sequence[Delivery], *, now: datetime) -> None:
    """Rows in INTENT become DELIVERED."""
    session.run("DELETE FROM placed")
    session.many(
        "INSERT INTO placed VALUES (?, ?, ?)",
        [(raw_digest(done.key), done.evidence, done.offset) for done in deliveries],
    )
    session.run(
        "UPDATE document SET status = 'delivered', evidence = p.evidence, updated_at = ?,"
        ' "offset" = COALESCE(p."offset", document."offset")'
        " FROM placed p WHERE document.digest = p.digest AND status = 'intent'",
        [microseconds(now)],
    )


def acked(session: Session, keys: Sequence[DocumentKey], *, now: datetime) -> None:
    """Rows in DELIVERED become ACKED.

    The unary plus keeps SQLite from going through all that are DELIVERED, a million of them where
    a hub was not told for long.
    """
    ask_digests(session, [raw_digest(key) for key in keys])
    session.run(
        "UPDATE document SET status = 'acked', updated_at = ?"
        " WHERE digest IN (SELECT digest FROM asked) AND +status = 'delivered'",
        [microseconds(now)],
    )


def reopen(session: Session, keys: Sequence[DocumentKey], *, boot_id: str, now: datetime) -> None:
    """Rows that name a token go back to INTENT."""
    session.many(
        "UPDATE document SET status = 'intent', boot_id = ?, updated_at = ?, evidence = NULL,"
        " rule = NULL, reason = NULL, repeats = NULL, is_reported = 0, is_wanted = 0"
        " WHERE digest = ? AND status IN (SELECT value FROM json_each(?))"
        " AND EXISTS (SELECT 1 FROM file WHERE file.document = document.id)",
        [(boot_id, microseconds(now), raw_digest(key), _before(RowStatus.INTENT)) for key in keys],
    )


def withdraw(session: Session, keys: Sequence[DocumentKey], *, now: datetime) -> None:
    """Rows in INTENT are removed, and their names with them."""
    sql = "DELETE FROM document WHERE digest = ? AND status = 'intent'"
    want_repeats(session, [key for key in keys if session.run(sql, [raw_digest(key)])], now=now)


def rejected(session: Session, rejections: Sequence[Rejection], *, now: datetime) -> None:
    """Rows become ERROR or HELD, as far as their status may move there."""
    session.many(
        "INSERT OR IGNORE INTO tenant (hub, dossier) VALUES (?, ?)",
        {(rejection.key.hub, rejection.key.dossier) for rejection in rejections},
    )
    session.many(_SAVE_REJECTION, [_record(rejection, now) for rejection in rejections])
    for each in rejections:
        if each.is_lost and session.ask(_IS_REFUSED, [raw_digest(each.key)]):
            session.run(_FORGET_FILES, [raw_digest(each.key)])
            want_repeats(session, [each.key], now=now)
        if each.repeats and not session.ask(_MAY_BE_PLACED, [raw_digest(each.repeats)]):
            want_repeats(session, [each.repeats], of=each.key, now=now)


def want_repeats(
    session: Session, keys: Iterable[DocumentKey], *, of: DocumentKey | None = None, now: datetime
) -> None:
    """What is held for one of these documents, or only ``of`` of that, is wanted, and due."""
    only = raw_digest(of) if of else None
    for key in keys:
        found = session.ask(_REPEATS, [raw_digest(key), only, only])
        for number, hub, dossier in found:
            session.run(
                "UPDATE document SET is_wanted = 1, updated_at = ? WHERE id = ?",
                [microseconds(now), number],
            )
            mark_due(session, hub, [dossier])


def _record(rejection: Rejection, now: datetime) -> Record:
    key = rejection.key
    status = RowStatus.HELD if rejection.is_held else RowStatus.ERROR
    return (
        *(key.hub, key.dossier, raw_digest(key), key.document_id, key.version),
        *(status, rejection.kind, microseconds(rejection.received_at), microseconds(now)),
        *(rejection.rule, rejection.reason, rejection.verdict, findings(rejection.findings_json)),
        raw_digest(rejection.repeats) if rejection.repeats else None,
        *key_data_values(rejection.key_data),
        *(packed(rejection.sha256), rejection.size_bytes, rejection.quarantine),
        *(rejection.file_name, rejection.content_type, rejection.offset, _before(status)),
    )


def reported(session: Session, keys: Sequence[DocumentKey], *, now: datetime) -> None:
    """The hub knows about these errors."""
    session.many(
        "UPDATE document SET is_reported = 1, updated_at = ?"
        " WHERE digest = ? AND status IN ('error', 'held')",
        [(microseconds(now), raw_digest(key)) for key in keys],
    )


def want(
    session: Session, keys: Sequence[DocumentKey], *, release: bool, now: datetime
) -> list[DocumentKey]:
    """Rows are wanted again, and their dossiers due; return the keys this is true of."""
    allowed = {RowStatus.ERROR, RowStatus.HELD} if release else {RowStatus.ERROR}
    found = exact_rows(session, keys)
    accepted = [key for key in dict.fromkeys(keys) if key in found and found[key].status in allowed]
    session.many(
        "UPDATE document SET is_wanted = 1, is_released = MAX(is_released, ?), updated_at = ?"
        " WHERE digest = ?",
        [(release, microseconds(now), raw_digest(key)) for key in accepted],
    )
    for key in accepted:
        mark_due(session, key.hub, [key.dossier])
    return accepted


def _before(status: RowStatus) -> str:
    """The statuses that may move to ``status``, as JSON."""
    sources = [source for source, targets in TRANSITIONS.items() if status in targets]
    return json.dumps([source.value for source in sources if source is not None])
