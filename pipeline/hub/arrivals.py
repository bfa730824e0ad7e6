"""Documents that arrive at the hub; each function is one part of a transaction."""

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.domain.documents import DocumentKind
from pipeline.hub.feed import Touch, touch_dossiers
from pipeline.hub.history import note_status
from pipeline.hub.moments import to_micros
from pipeline.hub.wire import HistoryEntry


class UnknownDossier(LookupError):
    """A document is for a dossier that does not exist."""


class IdTaken(ValueError):
    """A document has the id of a document of another dossier."""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document that arrives at the hub; ``received_at`` is aware."""

    dossier_id: str
    id: str
    kind: DocumentKind
    body: bytes = field(repr=False)
    received_at: datetime
    content_type: str = "application/xml"
    file_name: str | None = None


def add_documents(
    connection: sqlite3.Connection, documents: Iterable[NewDocument]
) -> list[tuple[str, bool]]:
    """Keep documents to be fetched; gives each id and whether anything changed.

    A known id with the same content changes nothing; with other content it is a new version of
    that document, which arrives now.

    Raises:
        UnknownDossier: there is no such dossier.
        IdTaken: the id belongs to another dossier.
    """
    arrivals = _Arrivals(connection)
    results = [(document.id, arrivals.add(document)) for document in documents]
    arrivals.announce()
    return results


class _Arrivals:
    """Documents that arrive in one transaction; each dossier is announced once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._dossiers: dict[str, int] = {}
        self._arrived: dict[int, int] = {}
        (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM documents").fetchone()
        self._seq = int(last)

    def add(self, document: NewDocument) -> bool:
        """Keep one document; False when it was there."""
        dossier = self._dossier(document.dossier_id)
        sha256 = hashlib.sha256(document.body).hexdigest()
        old = self._connection.execute(
            "SELECT seq, dossier, version, sha256, status, is_listed FROM documents WHERE id = ?",
            (document.id,),
        ).fetchone()
        if old is None:
            self._insert(document, dossier, sha256)
        elif old[1] != dossier:
            raise IdTaken(document.id)
        elif old[3] == sha256:
            return False
        else:
            self._replace(document, sha256, old)
        return True

    def announce(self) -> None:
        """Move the dossiers to the end of the feed."""
        touch_dossiers(
            self._connection,
            (Touch(dossier, new, new) for dossier, new in self._arrived.items()),
        )

    def _dossier(self, dossier_id: str) -> int:
        known = self._dossiers.get(dossier_id)
        return known if known is not None else self._look_up(dossier_id)

    def _look_up(self, dossier_id: str) -> int:
        row = self._connection.execute(
            "SELECT seq FROM dossiers WHERE id = ?", (dossier_id,)
        ).fetchone()
        if row is None:
            raise UnknownDossier(dossier_id)
        seq = int(row[0])
        self._dossiers[dossier_id] = seq
        return seq

    def _arrive(self, dossier: int, body: bytes) -> int:
        self._seq += 1
        self._arrived[dossier] = self._arrived.get(dossier, 0) + 1
        self._connection.execute("INSERT INTO bodies VALUES (?, ?)", (self._seq, body))
        return self._seq

    def _insert(self, document: NewDocument, dossier: int, sha256: str) -> None:
        micros = to_micros(document.received_at)
        self._connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, 'to_fetch', 1)",
            (
                self._arrive(dossier, document.body),
                document.id,
                dossier,
                document.kind.value,
                micros,
                micros,
                len(document.body),
                sha256,
                document.file_name,
                document.content_type,
            ),
        )

    def _replace(
        self, document: NewDocument, sha256: str, old: tuple[int, int, int, str, str, int]
    ) -> None:
        old_seq, dossier, version, _, status, is_listed = old
        connection, micros = self._connection, to_micros(document.received_at)
        connection.execute(
            f"UPDATE dossiers SET listed = listed - ?, {status} = {status} - 1 WHERE seq = ?",  # noqa: S608  # a status
            (is_listed, dossier),
        )
        connection.execute("DELETE FROM bodies WHERE seq = ?", (old_seq,))
        connection.execute(
            "UPDATE documents SET seq = ?, version = ?, kind = ?, received_at = ?, size = ?,"
            " sha256 = ?, file_name = ?, content_type = ?, status = 'to_fetch', is_listed = 1"
            " WHERE seq = ?",
            (
                self._arrive(dossier, document.body),
                version + 1,
                document.kind.value,
                micros,
                len(document.body),
                sha256,
                document.file_name,
                document.content_type,
                old_seq,
            ),
        )
        arrival = HistoryEntry(document.received_at, str(version + 1), "to_fetch")
        note_status(connection, document.id, arrival)
