"""Documents that change at the hub after they were listed, for tests of its clients."""

import hashlib
import sqlite3
from datetime import datetime

from pipeline.domain.documents import DocumentKind
from pipeline.hub.arrivals import NewDocument, add_documents
from pipeline.hub.feed import Touch, touch_dossiers
from pipeline.hub.moments import from_micros


def append_as_new_version(connection: sqlite3.Connection, document_id: str, suffix: bytes) -> None:
    """Replace a document by a longer one, honestly: its version moves on and it is listed again.

    Nothing happens when there is no such document; that holds for both functions.
    """
    row = connection.execute(
        "SELECT dossiers.id, kind, body, received_at, content_type, file_name FROM documents"
        " JOIN dossiers ON dossiers.seq = dossier JOIN bodies ON bodies.seq = documents.seq"
        " WHERE documents.id = ?",
        (document_id,),
    ).fetchone()
    if row is None:
        return
    dossier_id, kind, body, received_at, content_type, file_name = row
    moment: datetime = from_micros(received_at)
    longer = NewDocument(
        dossier_id, document_id, DocumentKind(kind), body + suffix, moment, content_type, file_name
    )
    add_documents(connection, [longer])


def append_in_place(connection: sqlite3.Connection, document_id: str, suffix: bytes) -> None:
    """Put longer content under the same id *and version*, listed again; no honest hub does this."""
    row = connection.execute(
        "SELECT documents.seq, dossier, is_listed, body FROM documents JOIN bodies USING (seq)"
        " WHERE id = ?",
        (document_id,),
    ).fetchone()
    if row is None:
        return
    seq, dossier, is_listed, body = row
    longer = body + suffix
    connection.execute("UPDATE bodies SET body = ? WHERE seq = ?", (longer, seq))
    connection.execute(
        "UPDATE documents SET size = ?, sha256 = ?, is_listed = 1 WHERE seq = ?",
        (len(longer), hashlib.sha256(longer).hexdigest(), seq),
    )
    touch_dossiers(connection, [Touch(dossier, listed=1 - is_listed)])
