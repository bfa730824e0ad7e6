"""A tree of files as hub: ``<root>/<dossier>/<anything>``."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import anyio

from pipeline.connectors.stores.dossiers import (
    FILE_NAME,
    listed_dossiers,
    named_dossiers,
    read_dossiers,
)
from pipeline.connectors.stores.files import FoundFile, place_of
from pipeline.connectors.stores.profiles import (
    SNIFFED_BYTES,
    TreeProfile,
    kind_by_name,
    kind_of,
)
from pipeline.connectors.stores.sightings import Sightings
from pipeline.connectors.stores.tree import Tree
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef
from pipeline.domain.errors import (
    CredentialsRejected,
    DocumentRejected,
    PipelineError,
)
from pipeline.ports.clock import Clock
from pipeline.ports.hub import (
    AckOutcome,
    ChangePage,
    ErrorReport,
    Fetched,
    Forwarded,
    Heartbeat,
    Hint,
    HubCapabilities,
    HubHealth,
    ListPage,
)


class StoreHub:
    """A tree of files, see `pipeline.ports.hub.Hub`.

    A file is listed once it is complete, see `Sightings`; its acknowledgement takes it away.
    ``package`` is that of dossiers which name none, ``dossier_file`` a local list of dossiers that
    comes before the tree's own.
    """

    def __init__(
        self,
        name: str,
        tree: Tree,
        *,
        clock: Clock,
        capabilities: HubCapabilities,
        profile: TreeProfile,
        settled: timedelta,
        package: AccountingPackage | None = None,
        dossier_file: Path | None = None,
    ) -> None:
        self._name = name
        self._tree = tree
        self._capabilities = capabilities
        self._profile = profile
        self._package = package
        self._dossier_file = dossier_file
        self._sightings = Sightings(clock, settled=settled)
        self._closed = anyio.Event()

    @property
    def name(self) -> str:
        """See `Hub.name`."""
        return self._name

    @property
    def capabilities(self) -> HubCapabilities:
        """See `Hub.capabilities`."""
        return self._capabilities

    async def tenants(self) -> AsyncIterator[Sequence[Dossier]]:
        """See `Hub.tenants`."""
        dossiers = await self._dossiers()
        size = self._capabilities.list_page
        for start in range(0, len(dossiers), size):
            yield dossiers[start : start + size]

    async def changes(self, cursor: str | None) -> ChangePage:
        """See `Hub.changes`; a tree of files has no feed."""
        return ChangePage((), cursor or "")

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        """See `Hub.list`; oldest first. The tree is looked at once for all pages."""
        complete = self._sightings.noted(dossier.id) if cursor is not None else None
        if complete is None:
            scanned = await self._tree.scan(dossier.id)
            documents = [file for file in scanned if self._profile.is_document(file)]
            complete = self._sightings.note(dossier.id, documents)
        waiting = [file for file in complete if cursor is None or file.position > cursor]
        page = waiting[:limit]
        kinds = await self._kinds(dossier.id, page)
        return ListPage(
            refs=[
                self._ref(dossier.id, file, kind) for file, kind in zip(page, kinds, strict=True)
            ],
            cursor=page[-1].position if len(waiting) > len(page) else None,
        )

    async def fetch(self, ref: DocumentRef, *, max_bytes: int) -> Fetched:
        """See `Hub.fetch`."""
        place = place_of(ref.key.dossier, ref.key.document_id)
        body = None
        if place is not None:
            body = await self._tree.read(place, expected=ref.size_bytes, max_bytes=max_bytes)
        if body is None:
            msg = f"File {ref.key} is gone or was written again; a new one is listed by itself."
            raise DocumentRejected(msg, rule="gone")
        if len(body) > max_bytes:
            msg = f"File {ref.key} is larger than the {max_bytes} bytes that are accepted."
            raise DocumentRejected(msg, rule="size")
        return Fetched(body, hashlib.sha256(body).hexdigest())

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        """See `Hub.ack`; a file that cannot be taken away now is asked for again."""
        found = [place_of(each.key.dossier, each.key.document_id) for each in documents]
        outcomes = iter(await self._tree.take_away([place for place in found if place]))
        return [AckOutcome.GONE if place is None else next(outcomes) for place in found]

    async def report_error(self, reports: Sequence[ErrorReport]) -> Sequence[AckOutcome]:
        """See `Hub.report_error`; the file stays where it is."""
        return [AckOutcome.OK for _ in reports]

    async def redeliver(
        self,
        dossier: Dossier | None,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
        *,
        is_trial: bool = False,  # noqa: ARG002
    ) -> int:
        """See `Hub.redeliver`; a tree lists what is in it."""
        return 0

    def parse_event(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:  # noqa: ARG002
        """See `Hub.parse_event`; nobody pushes to here."""
        return ()

    async def events(self) -> AsyncIterator[Hint]:
        """See `Hub.events`; wakes a dossier when a file that was seen new may be complete."""
        while (dossier_id := await self._due_or_closed()) is not None:
            yield Hint(dossier_id)

    async def heartbeat(self, beat: Heartbeat) -> None:
        """See `Hub.heartbeat`; nobody listens."""

    async def health(self) -> HubHealth:
        """See `Hub.health`."""
        try:
            text = await self._tree.check()
        except CredentialsRejected as error:
            return HubHealth(is_reachable=True, is_authenticated=False, text=str(error))
        except PipelineError as error:
            return HubHealth(is_reachable=False, is_authenticated=False, text=str(error))
        return HubHealth(is_reachable=True, is_authenticated=True, text=text)

    async def close(self) -> None:
        """See `Hub.close`."""
        self._closed.set()
        await self._tree.close()

    # -- inside -------------------------------------------------------------------------------
    async def _dossiers(self) -> Sequence[Dossier]:
        if self._dossier_file is not None:
            return await read_dossiers(self._dossier_file, self._name, self._package)
        text = await self._tree.dossier_file()
        if text is None:
            return named_dossiers(await self._tree.folders(), self._name, self._package)
        where = f"{FILE_NAME} in {self._tree.where}"
        return listed_dossiers(text, self._name, self._package, where=where)

    async def _kinds(self, dossier_id: str, page: Sequence[FoundFile]) -> Sequence[DocumentKind]:
        """What files are; each is looked into once."""
        kinds = {f: self._sightings.kind(dossier_id, f) or kind_by_name(f.name) for f in page}
        unknown = [file for file, kind in kinds.items() if kind is None]
        heads = await self._tree.heads(dossier_id, unknown, SNIFFED_BYTES) if unknown else ()
        for file, head in zip(unknown, heads, strict=True):
            if head is not None:
                kinds[file] = kind = kind_of(file.name, file.folders, head, self._profile)
                self._sightings.note_kind(dossier_id, file, kind)
        # fetching what cannot be read now will say what is wrong
        return [kinds[file] or DocumentKind.OTHER for file in page]

    def _ref(self, dossier_id: str, file: FoundFile, kind: DocumentKind) -> DocumentRef:
        return DocumentRef(
            key=DocumentKey(self._name, dossier_id, file.document_id),
            kind=kind,
            received_at=file.modified_at,
            size_bytes=file.size_bytes,
            file_name=file.name,
        )

    async def _due_or_closed(self) -> str | None:
        """The next dossier to wake, None when the hub is closed."""
        due: str | None = None

        async def wait_for_close() -> None:
            await self._closed.wait()
            group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(wait_for_close)
            due = await self._sightings.next_due()
            group.cancel_scope.cancel()
        return due
