"""Documents as clients see them; each function is one read."""

import sqlite3
from typing import Any

from pipeline.domain.documents import DocumentKind
from pipeline.hub.arrivals import UnknownDossier
from pipeline.hub.cursors import decode_after, encode_after
from pipeline.hub.moments import from_micros
from pipeline.hub.wire import (
    Document,
    DocumentDetail,
    DocumentPage,
    HistoryEntry,
)

_COLUMNS = (
    "documents.seq, documents.id, dossiers.id, version, kind, received_at, size, sha256,"
    " file_name, content_type, status,"
    " is_listed, arrived_at"
)
_FROM = "FROM documents JOIN dossiers ON dossiers.seq = documents.dossier"


class NotShared(PermissionError):
    """The dossier does not share its documents."""


def list_documents(
    connection: sqlite3.Connection, dossier_id: str, after: str | None, limit: int
) -> DocumentPage:
    """A page of the documents to fetch, in the order of arrival.

    Raises:
        UnknownDossier: there is no such dossier.
        NotShared: it does not share its documents.
    """
    dossier = connection.execute(
        "SELECT seq, shares_documents FROM dossiers WHERE id = ?", (dossier_id,)
    ).fetchone()
    if dossier is None:
        raise UnknownDossier(dossier_id)
    if not dossier[1]:
        raise NotShared(dossier_id)
    rows = connection.execute(
        f"SELECT {_COLUMNS} {_FROM}"  # constants
        " WHERE dossier = ? AND is_listed AND documents.seq > ? ORDER BY documents.seq LIMIT ?",
        (dossier[0], decode_after(after), limit + 1),
    ).fetchall()
    following = encode_after(rows[limit - 1][0]) if len(rows) > limit else None
    return DocumentPage([_document(row) for row in rows[:limit]], following)


def find_document(connection: sqlite3.Connection, document_id: str) -> DocumentDetail | None:
    """A document with its history."""
    row = connection.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE documents.id = ?",  # constants
        (document_id,),
    ).fetchone()
    if row is None:
        return None
    lines = connection.execute(
        "SELECT at, version, status, rule, text FROM history WHERE document = ? ORDER BY number",
        (document_id,),
    ).fetchall()
    return DocumentDetail(
        **_fields(row), is_listed=bool(row[11]), history=[_arrival(row), *map(_line, lines)]
    )


def _document(row: tuple[Any, ...]) -> Document:
    return Document(**_fields(row))


def _fields(row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": row[1],
        "dossier_id": row[2],
        "version": str(row[3]),
        "kind": DocumentKind(row[4]),
        "received_at": from_micros(row[5]),
        "size": row[6],
        "sha256": row[7],
        "file_name": row[8],
        "content_type": row[9],
        "status": row[10],
    }


def _arrival(row: tuple[Any, ...]) -> HistoryEntry:
    return HistoryEntry(from_micros(row[12]), "1", "to_fetch")


def _line(line: tuple[Any, ...]) -> HistoryEntry:
    at, version, status, rule, text = line
    return HistoryEntry(from_micros(at), str(version), status, rule, text)
