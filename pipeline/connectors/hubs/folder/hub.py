"""A directory tree as hub: ``<root>/<dossier>/<anything>``, filled by a scanner or a transfer."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from pipeline.connectors.hubs.folder import tree
from pipeline.connectors.hubs.folder.dossiers import read_dossiers
from pipeline.connectors.hubs.folder.tree import FoundFile
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef
from pipeline.domain.errors import DocumentRejected, HubUnavailable, TransientError
from pipeline.ports.clock import Clock
from pipeline.ports.hub import (
    Acknowledgement,
    AckOutcome,
    ChangePage,
    Consumption,
    ErrorReport,
    Fetched,
    Forwarded,
    Heartbeat,
    Hint,
    HubCapabilities,
    HubHealth,
    ListPage,
)

FOLDER_CAPABILITIES = HubCapabilities(
    consumption=Consumption.STORE,
    acknowledgement=Acknowledgement.DESTRUCTIVE,
    ack_batch=100,
    list_page=200,
    minimum_poll=timedelta(seconds=10),
    concurrency=4,
)
MINIMUM_AGE_S = 2.0
"""How long a file must look the same before it is taken for complete."""
SETTLED = timedelta(minutes=1)
"""A file that nobody wrote to for so long is complete at first sight."""
_PATIENCE_S = 60.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file as it was seen first with this size and time."""

    found: FoundFile
    since: float


class FolderHub:
    """A directory tree, see `pipeline.ports.hub.Hub`.

    A file is listed once it looked the same in two listings at least `MINIMUM_AGE_S` apart, or was
    not written to since `SETTLED`. Its acknowledgement moves it to the folder ``processed`` beside
    it, or deletes it.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        *,
        clock: Clock,
        deletes: bool = False,
        package: AccountingPackage | None = None,
    ) -> None:
        self._name = name
        self._root = root
        self._clock = clock
        self._take_away = tree.delete if deletes else tree.set_aside
        self._package = package
        self._seen: dict[str, dict[str, _Seen]] = {}
        self._threads = anyio.CapacityLimiter(FOLDER_CAPABILITIES.concurrency)

    @property
    def name(self) -> str:
        """See `Hub.name`."""
        return self._name

    @property
    def capabilities(self) -> HubCapabilities:
        """See `Hub.capabilities`."""
        return FOLDER_CAPABILITIES

    async def tenants(self) -> AsyncIterator[Sequence[Dossier]]:
        """See `Hub.tenants`."""
        dossiers = await self._in_thread(
            lambda: read_dossiers(self._root, self._name, self._package)
        )
        size = FOLDER_CAPABILITIES.list_page
        for start in range(0, len(dossiers), size):
            yield dossiers[start : start + size]

    async def changes(self, cursor: str | None) -> ChangePage:
        """See `Hub.changes`; a folder tree has no feed."""
        return ChangePage((), cursor or "")

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        """See `Hub.list`; oldest first."""
        folder = self._root / dossier.id
        found = self._complete(dossier.id, await self._in_thread(lambda: tree.scan(folder)))
        waiting = [file for file in found if cursor is None or _position(file) > cursor]
        page = waiting[:limit]
        kinds = await self._in_thread(lambda: [_kind(folder, file) for file in page])
        return ListPage(
            refs=[
                self._ref(dossier.id, file, kind) for file, kind in zip(page, kinds, strict=True)
            ],
            cursor=_position(page[-1]) if len(waiting) > len(page) else None,
        )

    async def fetch(self, ref: DocumentRef, *, max_bytes: int) -> Fetched:
        """See `Hub.fetch`."""
        fetched = await self._in_thread(lambda: self._read(ref, max_bytes))
        if fetched is None:
            msg = f"File {ref.key} is gone or was written again; a new one is listed by itself."
            raise DocumentRejected(msg, rule="gone")
        if len(fetched.body) > max_bytes:
            msg = f"File {ref.key} is larger than the {max_bytes} bytes that are accepted."
            raise DocumentRejected(msg, rule="size")
        return fetched

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        """See `Hub.ack`; a file that cannot be moved now is asked for again."""
        return await self._in_thread(lambda: [self._ack(d.key) for d in documents])

    async def report_error(self, reports: Sequence[ErrorReport]) -> Sequence[AckOutcome]:
        """See `Hub.report_error`; the file stays where it is."""
        return [AckOutcome.OK for _ in reports]

    async def redeliver(self, dossier: Dossier | None, since: datetime) -> int:  # noqa: ARG002
        """See `Hub.redeliver`; to have a file again, move it back by hand."""
        return 0

    def parse_event(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:  # noqa: ARG002
        """See `Hub.parse_event`; a folder sends none."""
        return ()

    async def events(self) -> AsyncIterator[Hint]:
        """See `Hub.events`; a folder sends none."""
        for hint in tuple[Hint, ...]():
            yield hint

    async def heartbeat(self, beat: Heartbeat) -> None:
        """See `Hub.heartbeat`; nobody listens."""

    async def health(self) -> HubHealth:
        """See `Hub.health`."""
        try:
            await self._in_thread(lambda: next(self._root.iterdir(), None))
        except TransientError as error:
            return HubHealth(is_reachable=False, is_authenticated=False, text=str(error))
        return HubHealth(is_reachable=True, is_authenticated=True, text=f"Reads {self._root}.")

    async def close(self) -> None:
        """See `Hub.close`."""

    # -- inside -------------------------------------------------------------------------------
    def _complete(self, dossier_id: str, files: Sequence[FoundFile]) -> Sequence[FoundFile]:
        """Files that did not change since they were seen some time ago; notes the others."""
        now, before = self._clock.monotonic(), self._seen.get(dossier_id, {})
        seen: dict[str, _Seen] = {}
        for file in files:
            earlier = before.get(file.path)
            is_same = earlier is not None and earlier.found == file
            seen[file.path] = earlier if earlier is not None and is_same else _Seen(file, now)
        self._seen[dossier_id] = seen
        long_ago = self._clock.now() - SETTLED
        return [
            file
            for file in files
            if now - seen[file.path].since >= MINIMUM_AGE_S or file.modified_at <= long_ago
        ]

    def _ref(self, dossier_id: str, file: FoundFile, kind: DocumentKind) -> DocumentRef:
        return DocumentRef(
            key=DocumentKey(self._name, dossier_id, file.document_id),
            kind=kind,
            received_at=file.modified_at,
            size_bytes=file.size_bytes,
            file_name=file.path.rpartition("/")[2],
        )

    def _read(self, ref: DocumentRef, max_bytes: int) -> Fetched | None:
        folder = self._root / ref.key.dossier
        found = tree.find(folder, ref.key.document_id)
        try:
            body = tree.read(folder, found, max_bytes) if found else None
        except FileNotFoundError:
            return None
        return None if body is None else Fetched(body, hashlib.sha256(body).hexdigest())

    def _ack(self, key: DocumentKey) -> AckOutcome:
        folder = self._root / key.dossier
        found = tree.find(folder, key.document_id)
        if found is None:
            return AckOutcome.GONE
        try:
            self._take_away(folder, found)
        except FileNotFoundError:
            return AckOutcome.GONE
        except OSError:
            return AckOutcome.RETRY
        return AckOutcome.OK

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Do file work in a thread; a share that hangs is given up."""
        try:
            with anyio.fail_after(_PATIENCE_S):
                return await anyio.to_thread.run_sync(
                    work, abandon_on_cancel=True, limiter=self._threads
                )
        except TimeoutError as error:
            raise HubUnavailable(f"Folder {self._root} does not answer in time.") from error
        except OSError as error:
            msg = f"Folder {self._root} cannot be used: {error.strerror}. Check its rights."
            raise HubUnavailable(msg) from error


def _position(file: FoundFile) -> str:
    """Place in the listing; positions compare as the files do."""
    return f"{file.modified_ns:024d}:{file.path}"


def _kind(folder: Path, file: FoundFile) -> DocumentKind:
    try:
        return tree.kind_of(folder, file)
    except OSError:
        return DocumentKind.OTHER  # fetching it will say what is wrong
