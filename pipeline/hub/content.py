"""Bodies of documents: small ones whole and remembered, large ones in parts."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

from pipeline.hub.database import Database
from pipeline.hub.remembered import Remembered

PART_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """Where the bytes of a document are; ``body`` is None for a large one."""

    seq: int
    version: str
    size: int
    sha256: str
    content_type: str
    body: bytes | None = field(repr=False)


class Contents:
    """Reads bodies; remembers the latest small ones, bounded in bytes."""

    def __init__(self, database: Database, *, cache_bytes: int) -> None:
        self._database = database
        self._remembered: Remembered[Content] = Remembered(cache_bytes)

    async def find(self, document_id: str) -> Content | None:
        """The content of a document; None when there is no such document."""
        if (known := self._remembered.get(document_id)) is not None:
            return known
        generation = self._remembered.generation
        content = await self._database.read(partial(_find, document_id=document_id))
        if content is not None and content.body is not None:
            self._remembered.put(
                document_id, content, generation=generation, weight=content.size + 500
            )
        return content

    async def parts(self, content: Content, first: int, length: int) -> AsyncIterator[bytes]:
        """The bytes from ``first`` on, in parts.

        Raises:
            sqlite3.OperationalError: the content was replaced meanwhile.
        """
        for start in range(first, first + length, PART_BYTES):
            size = min(PART_BYTES, first + length - start)
            yield await self._database.read(partial(_part, seq=content.seq, start=start, size=size))

    def forget(self, document_id: str) -> None:
        """Drop what is remembered; called after the commit that replaced it."""
        self._remembered.forget(document_id)


def _find(connection: sqlite3.Connection, document_id: str) -> Content | None:
    row = connection.execute(
        "SELECT documents.seq, version, size, sha256, content_type,"
        " CASE WHEN size <= ? THEN body END"
        " FROM documents JOIN bodies USING (seq) WHERE id = ?",
        (PART_BYTES, document_id),
    ).fetchone()
    if row is None:
        return None
    seq, version, size, sha256, content_type, body = row
    return Content(seq, str(version), size, sha256, content_type, body)


def _part(connection: sqlite3.Connection, *, seq: int, start: int, size: int) -> bytes:
    with connection.blobopen("bodies", "body", seq, readonly=True) as blob:
        blob.seek(start)
        return blob.read(size)
