"""Writes rows in INTENT: a batch goes to temporary tables, and from there in one statement each.

A statement that runs once for many rows costs less than half of one that runs for each. What the
batch may run into is looked up by joins with the same tables.
"""

from collections.abc import Collection, Iterable, Iterator

from pipeline.connectors.state.sqlite.moments import microseconds
from pipeline.connectors.state.sqlite.rows import (
    KEY_DATA_COLUMNS,
    findings,
    key_data_values,
    raw_digest,
    split_name_key,
)
from pipeline.connectors.state.sqlite.session import Record, Session
from pipeline.connectors.state.sqlite.text import packed
from pipeline.domain.delivery import DocumentRow
from pipeline.domain.documents import DocumentKey

_KEPT = ("kind", "received_at", "updated_at", "sha256", "size_bytes", "destination", "boot_id")
_CONTENT = ("verdict", "findings_json", "file_name", "content_type", "offset", *KEY_DATA_COLUMNS)
_REPLACED = (*_KEPT, "is_released", *_CONTENT)
_NEW = ("document_id", "version", "quarantine", *_REPLACED)
_FILE = ("ordinal", "token", "folder", "name", "key_folder", "key_name", "sha256", "size_bytes")


_INTENDED = ("hub", "dossier", "digest", *_NEW)
_INTENDED_FILE = ("intended", *_FILE)


def _listed(columns: Collection[str], pattern: str) -> str:
    return ", ".join(pattern.format(column) for column in columns)


def _table(name: str, columns: Collection[str]) -> str:
    return " ".join(("CREATE TEMP TABLE", name, "(", _listed(columns, '"{}" ANY'), ") STRICT"))


def _fill(name: str, columns: Collection[str]) -> str:
    return " ".join(("INSERT INTO", name, "VALUES (", _listed(columns, "?"), ")"))


TABLES = (_table("intended", _INTENDED), _table("intended_file", _INTENDED_FILE))
"""What a batch is written to first; tables of one connection. A file tells its document's rowid."""

_FILL = _fill("intended", _INTENDED)
_FILL_FILES = _fill("intended_file", _INTENDED_FILE)
_SAVE_TENANTS = (
    "INSERT OR IGNORE INTO tenant (hub, dossier) SELECT DISTINCT hub, dossier FROM intended"
)
_SAVE_DOCUMENTS = " ".join(
    (
        *("INSERT INTO document (tenant, digest, status,", _listed(_NEW, '"{}"'), ")"),
        *("SELECT t.id, i.digest, 'intent',", _listed(_NEW, 'i."{}"'), "FROM intended i"),
        "CROSS JOIN tenant t ON t.hub = i.hub AND t.dossier = i.dossier WHERE TRUE",
        "ON CONFLICT (digest) DO UPDATE SET status = 'intent', evidence = NULL, rule = NULL,",
        "reason = NULL, repeats = NULL, is_reported = 0, is_wanted = 0,",
        _listed(_REPLACED, '"{0}" = excluded."{0}"'),
    )
)
_FORGET_FILES = "DELETE FROM file WHERE document = (SELECT id FROM document WHERE digest = ?)"
_SAVE_FOLDERS = (
    "INSERT OR IGNORE INTO folder (path) SELECT folder FROM intended_file"
    " UNION SELECT key_folder FROM intended_file"
)
_SAVE_FILES = (
    "INSERT INTO file SELECT d.id, i.ordinal, i.token, place.id, i.name, head.id, i.key_name,"
    " i.sha256, i.size_bytes FROM intended_file i CROSS JOIN intended own ON own.rowid = i.intended"
    " CROSS JOIN document d ON d.digest = own.digest"
    " CROSS JOIN folder place ON place.path = i.folder"
    " CROSS JOIN folder head ON head.path = i.key_folder"
)


def propose(session: Session, rows: Iterable[DocumentRow]) -> None:
    """Fill the temporary tables with a batch, numbered from 1 on."""
    for table in ("intended", "intended_file"):
        session.run(f"DELETE FROM {table}")  # noqa: S608 - one of those above
    numbered = list(enumerate(rows, start=1))
    session.many(_FILL, [_record(row) for _, row in numbered])
    session.many(_FILL_FILES, [each for number, row in numbered for each in _files(number, row)])


def leave_out(session: Session, numbers: Iterable[int]) -> None:
    """Take these of the batch back."""
    chosen = [(number,) for number in numbers]
    session.many("DELETE FROM intended WHERE rowid = ?", chosen)
    session.many("DELETE FROM intended_file WHERE intended = ?", chosen)


def release(session: Session, numbers: Iterable[int]) -> None:
    """A person released these of the batch."""
    chosen = [(number,) for number in numbers]
    session.many("UPDATE intended SET is_released = 1 WHERE rowid = ?", chosen)


def save_proposed(session: Session, *, again: Iterable[DocumentKey]) -> None:
    """Write rows and files, folders and tenants first, names that become free before new ones.

    ``again`` are the keys of those that have a row already.
    """
    session.run(_SAVE_TENANTS)
    session.run(_SAVE_DOCUMENTS)
    session.many(_FORGET_FILES, [(raw_digest(key),) for key in again])
    session.run(_SAVE_FOLDERS)
    session.run(_SAVE_FILES)


def _record(row: DocumentRow) -> Record:
    key = row.key
    return (
        *(key.hub, key.dossier, raw_digest(key), key.document_id, key.version, row.quarantine),
        *(row.kind, microseconds(row.received_at), microseconds(row.updated_at)),
        *(packed(row.sha256), row.size_bytes, row.destination, row.boot_id, row.is_released),
        *(row.verdict, findings(row.findings_json), row.file_name, row.content_type, row.offset),
        *key_data_values(row.key_data),
    )


def _files(number: int, row: DocumentRow) -> Iterator[Record]:
    for ordinal, file in enumerate(row.files):
        head, tail = split_name_key(file.name_key)
        yield (
            *(number, ordinal, file.token, file.folder, file.name),
            *(head, tail, packed(file.sha256), file.size_bytes),
        )
