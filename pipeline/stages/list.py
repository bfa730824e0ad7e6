"""List: ask a hub what a dossier has to fetch, and leave out what is known already."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import DocumentKey, DocumentRef
from pipeline.domain.errors import TransientError
from pipeline.ports.dossiers import DossierDirectory
from pipeline.ports.hub import Acknowledgement, Hub
from pipeline.ports.state import StateStore

Settle = Callable[[Sequence[DocumentRow]], Awaitable[None]]

_FORWARDED = (RowStatus.DELIVERED, RowStatus.ACKED)
_FAILED = (RowStatus.ERROR, RowStatus.HELD)


@dataclass(frozen=True, slots=True)
class ListDocuments:
    """Source of the line: pages of references of one dossier that are to be fetched.

    A document whose row says delivered lost its acknowledgement: it is told to the hub again by
    ``acknowledge_again`` and never fetched. One whose error never reached the hub is told again
    by ``report_again``. A document that a person asked for again comes first.
    """

    hubs: Mapping[str, Hub]
    state: StateStore
    dossiers: DossierDirectory
    acknowledge_again: Settle
    report_again: Settle

    async def __call__(self, tenant: str) -> AsyncIterator[Sequence[DocumentRef]]:
        """Yield the pages of a tenant; each reference once in a pass."""
        hub_name, _, dossier_id = tenant.partition("/")
        dossier = self.dossiers.get(hub_name, dossier_id)
        if dossier is None or not dossier.is_linked:
            return
        hub = self.hubs[hub_name]
        seen: set[DocumentKey] = set()
        async for page in self._pages(hub, dossier):
            survey = await self.state.survey(hub_name, dossier_id, [ref.key for ref in page])
            wanted = _unseen(survey.wanted, seen)
            yield [*wanted, *await self._to_fetch(hub, _unseen(page, seen), survey.known)]

    async def _pages(self, hub: Hub, dossier: Dossier) -> AsyncIterator[Sequence[DocumentRef]]:
        mark = cursor = await self._mark(hub, dossier)
        asked: set[str] = set()
        while True:
            page = await hub.list(dossier, cursor, hub.capabilities.list_page)
            yield page.refs
            if page.cursor is None:
                if page.mark is not None and page.mark != mark:
                    await self.state.save_cursor(hub.name, _scope(dossier), page.mark)
                return
            if page.cursor in asked:
                raise TransientError(
                    f"Hub {dossier.hub} repeats a page of dossier {dossier.enterprise_name}; "
                    "the rest of the list is asked for at the next pass."
                )
            asked.add(page.cursor)
            cursor = page.cursor

    async def _mark(self, hub: Hub, dossier: Dossier) -> str | None:
        """How far the last listing came, at a hub that does not know it itself."""
        if not hub.capabilities.has_marks:
            return None
        return await self.state.load_cursor(hub.name, _scope(dossier))

    async def _to_fetch(
        self, hub: Hub, refs: Sequence[DocumentRef], known: Mapping[DocumentKey, DocumentRow]
    ) -> Sequence[DocumentRef]:
        if not known:
            return refs
        changed = [ref for ref in refs if _has_other_content(ref, known.get(ref.key))]
        await self._settle(
            hub,
            [
                row
                for ref in refs
                if (row := known.get(ref.key)) is not None
                and row.key == ref.key
                and ref not in changed
            ],
        )
        new = [
            ref for ref in refs if ref not in changed and _is_to_fetch(ref, known.get(ref.key), hub)
        ]
        return [*new, *await self._changed_to_fetch(hub, changed)]

    async def _changed_to_fetch(
        self, hub: Hub, refs: Sequence[DocumentRef]
    ) -> Sequence[DocumentRef]:
        """The hub gives other bytes under a known id and version: a document of its own."""
        if not refs:
            return refs
        renamed = [replace(ref, key=ref.key.with_content(ref.sha256)) for ref in refs if ref.sha256]
        known = await self.state.known([ref.key for ref in renamed])
        await self._settle(
            hub,
            [
                row
                for ref in renamed
                if (row := known.get(ref.key)) is not None and row.key == ref.key
            ],
        )
        return [ref for ref in renamed if _is_to_fetch(ref, known.get(ref.key), hub)]

    async def _settle(self, hub: Hub, rows: Sequence[DocumentRow]) -> None:
        told = _FORWARDED if _takes_acknowledgements(hub) else (RowStatus.DELIVERED,)
        if again := [row for row in rows if row.status in told]:
            await self.acknowledge_again(again)
        if again := [row for row in rows if row.status in _FAILED and not row.is_reported]:
            await self.report_again(again)


def _takes_acknowledgements(hub: Hub) -> bool:
    """Whether a document that is listed although it was acknowledged is acknowledged again."""
    return hub.capabilities.acknowledgement is not Acknowledgement.NONE


def _scope(dossier: Dossier) -> str:
    return f"dossier/{dossier.id}"


def _unseen(refs: Sequence[DocumentRef], seen: set[DocumentKey]) -> Sequence[DocumentRef]:
    """References not met before in this pass; a hub may list a document twice."""
    fresh = []
    for ref in refs:
        if ref.key not in seen:
            seen.add(ref.key)
            fresh.append(ref)
    return fresh


def _has_other_content(ref: DocumentRef, row: DocumentRow | None) -> bool:
    return (
        row is not None
        and row.key == ref.key
        and row.status in _FORWARDED
        and ref.sha256 is not None
        and row.sha256 != ref.sha256
    )


def _is_to_fetch(ref: DocumentRef, row: DocumentRow | None, hub: Hub) -> bool:
    """Whether a listed document is fetched.

    A hub that knows of errors lists one again only because somebody asked it to; any other hub
    lists it for ever, and only a person here can ask for it again.
    """
    if row is None or row.key != ref.key:
        return True
    return row.status in _FAILED and row.is_reported and hub.capabilities.reports_errors
