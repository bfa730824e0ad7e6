"""Download: fetch the exact bytes of a document."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.domain.documents import Document, DocumentRef
from pipeline.ports.hub import Hub


@dataclass(frozen=True, slots=True)
class Download:
    """Fetches documents, each at most ``max_bytes`` after decompression."""

    hubs: Mapping[str, Hub]
    max_bytes: int

    async def __call__(self, ref: DocumentRef) -> Document:
        """Return the document as sent; raises what `Hub.fetch` raises."""
        fetched = await self.hubs[ref.key.hub].fetch(ref, max_bytes=self.max_bytes)
        return Document(ref=ref, body=fetched.body, sha256=fetched.sha256)
