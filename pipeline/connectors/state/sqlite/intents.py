"""Statements for INTENT: one look-up for a whole batch, then one write of what was accepted."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.connectors.state.sqlite import statements
from pipeline.connectors.state.sqlite.documents import want_repeats
from pipeline.connectors.state.sqlite.intent_batch import IntentBatch
from pipeline.connectors.state.sqlite.moments import microseconds
from pipeline.connectors.state.sqlite.queries import exact_rows, name_owners
from pipeline.connectors.state.sqlite.related import related
from pipeline.connectors.state.sqlite.rows import (
    KEY_DATA_COLUMNS,
    findings,
    key_data_values,
    raw_digest,
    split_name_key,
)
from pipeline.connectors.state.sqlite.session import Record, Session
from pipeline.connectors.state.sqlite.text import packed
from pipeline.domain.delivery import DocumentRow, Evidence, PlannedDelivery
from pipeline.domain.documents import DocumentKey
from pipeline.ports.state import IntentOutcome, IntentResult

_KEPT = ("kind", "received_at", "updated_at", "sha256", "size_bytes", "destination", "boot_id")
_CONTENT = ("verdict", "findings_json", "file_name", "content_type", "offset", *KEY_DATA_COLUMNS)
_COLUMNS = (*_KEPT, "is_released", *_CONTENT)
_SAVE_INTENT = " ".join(
    (
        "INSERT INTO document (tenant, digest, document_id, version, status, quarantine,",
        ", ".join(f'"{name}"' for name in _COLUMNS),
        ") VALUES ((SELECT id FROM tenant WHERE hub = ? AND dossier = ?), ?, ?, ?, 'intent', ?,",
        ", ".join("?" for _ in _COLUMNS),
        ") ON CONFLICT (digest) DO UPDATE SET status = 'intent', evidence = NULL, rule = NULL,",
        "reason = NULL, repeats = NULL, is_reported = 0, is_wanted = 0,",
        ", ".join(f'"{name}" = excluded."{name}"' for name in _COLUMNS),
    )
)

_SAVE_FILE = (
    "INSERT INTO file VALUES ((SELECT id FROM document WHERE digest = ?), ?, ?,"
    " (SELECT id FROM folder WHERE path = ?), ?, (SELECT id FROM folder WHERE path = ?), ?, ?, ?)"
)

_MARK_LOGGED = "UPDATE document SET evidence = ? WHERE digest = ?"


def intend(
    session: Session, deliveries: Sequence[PlannedDelivery], *, boot_id: str, now: datetime
) -> list[IntentOutcome]:
    """Decide over a batch and store what was accepted."""
    names = [file.name_key for delivery in deliveries for file in delivery.files]
    batch = IntentBatch(related(session, deliveries), name_owners(session, names))
    outcomes = [batch.decide(delivery, boot_id=boot_id, now=now) for delivery in deliveries]
    _save(session, batch.accepted.values(), again=batch.again)
    want_repeats(session, batch.replaced, now=now)
    statements.save(
        session,
        [
            delivery
            for delivery, outcome in zip(deliveries, outcomes, strict=True)
            if outcome.result is IntentResult.INTENDED
        ],
    )
    return outcomes


def import_intents(
    session: Session, rows: Sequence[DocumentRow], *, replaces: bool, now: datetime
) -> int:
    """Store rows of a delivery log that are not known, or replace those, unless in others' way."""
    known = exact_rows(session, [row.key for row in rows])
    owners = name_owners(session, [file.name_key for row in rows for file in row.files])
    new: dict[DocumentKey, DocumentRow] = {}
    for row in rows:
        names = {file.name_key for file in row.files}
        is_in_the_way = any(owners.get(name, row.key) != row.key for name in names)
        is_known = row.key in new or (row.key in known and not replaces)
        if is_known or is_in_the_way or len(names) < len(row.files):
            continue
        owners.update(dict.fromkeys(names, row.key))
        is_released = row.key in known and known[row.key].is_released
        new[row.key] = replace(row, updated_at=now, is_released=is_released)
    _save(session, new.values(), again=new.keys() & known.keys())
    session.many(_MARK_LOGGED, [(Evidence.LOGGED, raw_digest(key)) for key in new])
    return len(new)


def _save(
    session: Session, rows: Collection[DocumentRow], *, again: Collection[DocumentKey]
) -> None:
    """Write rows and files, folders and tenants first, names that become free before new ones.

    ``again`` are the keys of those that have a row already.
    """
    digests = {row.key: raw_digest(row.key) for row in rows}
    session.many(
        "INSERT OR IGNORE INTO tenant (hub, dossier) VALUES (?, ?)",
        {(row.key.hub, row.key.dossier) for row in rows},
    )
    session.many(_SAVE_INTENT, [_record(row, digests[row.key]) for row in rows])
    session.many(
        "DELETE FROM file WHERE document = (SELECT id FROM document WHERE digest = ?)",
        [(digests[key],) for key in again],
    )
    session.many(
        "INSERT OR IGNORE INTO folder (path) VALUES (?)", [(path,) for path in _folders(rows)]
    )
    session.many(_SAVE_FILE, [each for row in rows for each in _files(row, digests[row.key])])


def _record(row: DocumentRow, digest: bytes) -> Record:
    return (
        *(row.key.hub, row.key.dossier, digest, row.key.document_id, row.key.version),
        *(row.quarantine, row.kind, microseconds(row.received_at), microseconds(row.updated_at)),
        *(packed(row.sha256), row.size_bytes, row.destination, row.boot_id, row.is_released),
        *(row.verdict, findings(row.findings_json), row.file_name, row.content_type, row.offset),
        *key_data_values(row.key_data),
    )


def _files(row: DocumentRow, digest: bytes) -> Iterator[Record]:
    for ordinal, file in enumerate(row.files):
        head, tail = split_name_key(file.name_key)
        yield (
            *(digest, ordinal, file.token, file.folder, file.name),
            *(head, tail, packed(file.sha256), file.size_bytes),
        )


def _folders(rows: Collection[DocumentRow]) -> set[str]:
    files = [file for row in rows for file in row.files]
    heads = {split_name_key(file.name_key)[0] for file in files}
    return heads | {file.folder for file in files}
