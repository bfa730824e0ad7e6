"""Rows of documents: how records become `DocumentRow`, and back."""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from operator import attrgetter

from pipeline.connectors.state.sqlite.moments import moment
from pipeline.connectors.state.sqlite.session import Record, Session
from pipeline.connectors.state.sqlite.statements import with_continuity
from pipeline.connectors.state.sqlite.text import unpacked
from pipeline.domain.delivery import DocumentRow, Evidence, PlannedFile, RowStatus
from pipeline.domain.documents import NO_KEY_DATA, DocumentKey, DocumentKind, KeyData, Verdict

NO_FINDINGS = "[]"
KEY_DATA_COLUMNS = tuple(field.name for field in fields(KeyData))

_ROW_FIELDS = (
    *("kind", "status", "received_at", "updated_at", "sha256", "size_bytes", "destination"),
    *("evidence", "rule", "reason", "quarantine", "boot_id", "is_reported", "is_released"),
    *("verdict", "findings_json", "file_name", "content_type", "offset", "is_wanted"),
    "repeats",
)
_COLUMNS = (
    *("d.id", "t.hub", "t.dossier", "d.document_id", "d.version"),
    *(f'd."{name}"' for name in (*_ROW_FIELDS, *KEY_DATA_COLUMNS)),
)
_SELECT = " ".join(("SELECT", ", ".join(_COLUMNS), "FROM"))

SELECT_ROWS = f"{_SELECT} document d CROSS JOIN tenant t ON t.id = d.tenant WHERE"
"""Rows found through an index of ``document``; a condition is to follow."""

WALK_ROWS = f"{_SELECT} tenant t CROSS JOIN document d ON d.tenant = t.id WHERE"
"""Rows in the order of their keys without sorting; a condition is to follow."""

_SELECT_FILES = (
    "SELECT f.document, f.token, place.path, f.name, head.path || f.key_name, f.sha256,"
    " f.size_bytes FROM file f"
    " JOIN folder place ON place.id = f.folder JOIN folder head ON head.id = f.key_folder"
    " WHERE f.document IN (SELECT value FROM json_each(?)) ORDER BY f.document, f.ordinal"
)


def may_be_placed(document: str) -> str:
    """The condition of `duplicates.may_be_placed` on a table of documents."""
    has_files = f"EXISTS (SELECT 1 FROM file f WHERE f.document = {document}.id)"  # noqa: S608
    return f"({document}.status IN ('intent', 'delivered', 'acked') OR {has_files})"


def raw_digest(key: DocumentKey) -> bytes:
    """The digest of a key as it is stored."""
    return bytes.fromhex(key.digest)


def split_name_key(name_key: str) -> tuple[str, str]:
    """The folder part, which repeats and is stored once, and the rest; together the whole."""
    cut = name_key.rfind("/") + 1
    return name_key[:cut], name_key[cut:]


key_data_values: Callable[[KeyData], tuple[str | None, ...]] = attrgetter(*KEY_DATA_COLUMNS)
"""Values of `KEY_DATA_COLUMNS`."""


def findings(findings_json: str) -> str | None:
    """Findings as stored: most documents have none."""
    return None if findings_json == NO_FINDINGS else findings_json


def document_rows(session: Session, records: Sequence[Record]) -> list[DocumentRow]:
    """Rows with their files, in the order of the records, as they are stored."""
    files = _files(session, [record[0] for record in records])
    return [_row(record, tuple(files.get(record[0], ()))) for record in records]


def judged_rows(session: Session, records: Sequence[Record]) -> list[DocumentRow]:
    """As `document_rows`, but bank statements have what does not continue among their findings."""
    rows = document_rows(session, records)
    return with_continuity(session, dict(zip([each[0] for each in records], rows, strict=True)))


def _files(session: Session, ids: Sequence[int]) -> dict[int, list[PlannedFile]]:
    found: dict[int, list[PlannedFile]] = {}
    if not ids:
        return found
    for record in session.ask(_SELECT_FILES, [json.dumps(ids)]):
        found.setdefault(record[0], []).append(_file(record[1:]))
    return found


def _file(record: Record) -> PlannedFile:
    token, folder, name, name_key, sha256, size_bytes = record
    return PlannedFile(token, folder, name, name_key, unpacked(sha256), size_bytes)


def _row(record: Record, files: tuple[PlannedFile, ...]) -> DocumentRow:
    row = dict(zip(_ROW_FIELDS, record[5:], strict=False))
    return DocumentRow(
        key=DocumentKey(*record[1:5]),
        kind=DocumentKind(row["kind"]),
        status=RowStatus(row["status"]),
        received_at=moment(row["received_at"]),
        updated_at=moment(row["updated_at"]),
        sha256=unpacked(row["sha256"]),
        size_bytes=row["size_bytes"],
        destination=row["destination"],
        files=files,
        evidence=None if row["evidence"] is None else Evidence(row["evidence"]),
        rule=row["rule"],
        reason=row["reason"],
        quarantine=row["quarantine"],
        boot_id=row["boot_id"],
        is_reported=bool(row["is_reported"]),
        is_released=bool(row["is_released"]),
        key_data=_key_data(record[-len(KEY_DATA_COLUMNS) :]),
        verdict=Verdict(row["verdict"]),
        findings_json=NO_FINDINGS if row["findings_json"] is None else row["findings_json"],
        file_name=row["file_name"],
        content_type=row["content_type"],
        offset=row["offset"],
        is_wanted=bool(row["is_wanted"]),
        repeats=None if row["repeats"] is None else row["repeats"].hex(),
    )


def _key_data(values: Sequence[str | None]) -> KeyData:
    return KeyData(*values) if any(value is not None for value in values) else NO_KEY_DATA
