"""What a person does with documents that are Error: try again, or release."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import DocumentKey
from pipeline.ports.state import StateStore

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which documents a person means: ids, or every one of a dossier, or every one there is."""

    document_ids: tuple[str, ...] = ()
    dossier: str | None = None


@dataclass(frozen=True, slots=True)
class ManageDocuments:
    """Requests of a person; the documents are fetched again by the next pass of their dossiers."""

    state: StateStore

    async def retry(self, selection: Selection) -> Sequence[DocumentKey]:
        """Fetch documents with status Error again; held ones stay held. Returns those accepted."""
        rows = await self._rows(selection, RowStatus.ERROR)
        return await self.state.want([row.key for row in rows])

    async def release(self, selection: Selection) -> Sequence[DocumentKey]:
        """Deliver held documents although they may be duplicates, were changed, or are invalid."""
        rows = await self._rows(selection, RowStatus.HELD)
        return await self.state.want([row.key for row in rows], release=True)

    async def _rows(self, selection: Selection, status: RowStatus) -> Sequence[DocumentRow]:
        rows: list[DocumentRow] = []
        for document_id in selection.document_ids or (None,):
            after: DocumentKey | None = None
            while page := await self.state.rows(
                statuses=[status],
                dossier=selection.dossier,
                document_id=document_id,
                after=after,
                limit=_PAGE,
            ):
                rows += page
                after = page[-1].key
        return rows
