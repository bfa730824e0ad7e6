"""The state in one SQLite file: each method of `StateStore` is one job for a thread."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from anyio.to_thread import run_sync

from pipeline.connectors.state.sqlite import (
    customers,
    documents,
    folders,
    intents,
    queries,
    schedule,
)
from pipeline.connectors.state.sqlite.ballast import Ballast
from pipeline.connectors.state.sqlite.connection import open_sessions
from pipeline.connectors.state.sqlite.queries import RowFilter
from pipeline.connectors.state.sqlite.session import Session
from pipeline.connectors.state.sqlite.workers import GROUP_CALLS, Reader, Work, Workers, Writer
from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import Delivery, DocumentRow, PlannedDelivery, Rejection, RowStatus
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.clock import Clock
from pipeline.ports.state import (
    DossierCounts,
    FolderClaim,
    IntentOutcome,
    LogMark,
    PassRecord,
    PinnedFolder,
    Survey,
)

BALLAST = "state.ballast"
READ_CALLS = 16
"""Reads that one thread answers at a time: fewer leave the others to do, more wake nobody."""
T = TypeVar("T")


class SqliteState:
    """A `StateStore` in a folder of its own; what each method promises stands there."""

    def __init__(self, clock: Clock, readers: Workers, writer: Workers | None) -> None:
        self._clock = clock
        self._readers = readers
        self._writer = writer

    @classmethod
    async def open(cls, folder: Path, clock: Clock, *, read_only: bool = False) -> Self:
        """Open, and create or bring up to date, the database in ``folder``.

        With ``read_only`` nothing is created or changed, another process may be writing, and
        methods that write raise `ConfigurationError`.

        Raises:
            ConfigurationError: The folder cannot be used, lies on a network file system or does
                not keep commits durably; the schema is newer than the program; or, with
                ``read_only``, there is no state of this version.
            TransientError: The database cannot be read or written now.
        """
        sessions = await run_sync(partial(open_sessions, folder, read_only=read_only))
        readers = Workers("state-reader", group_calls=READ_CALLS)
        for session in sessions.readers:
            readers.start(Reader(session))
        if sessions.writer is None:
            return cls(clock, readers, None)
        writer = Workers("state-writer", group_calls=GROUP_CALLS)
        writer.start(Writer(sessions.writer, Ballast(folder / BALLAST, clock)))
        return cls(clock, readers, writer)

    async def close(self) -> None:
        """Finish what is queued and close; idempotent."""
        await self._readers.close()
        if self._writer is not None:
            await self._writer.close()

    async def _read(self, work: Work[T]) -> T:
        return await self._readers.call(work)

    async def _write(self, work: Work[T], *, adds_work: bool = False) -> T:
        if self._writer is None:
            raise ConfigurationError("This state was opened to be read, not to be changed.")
        return await self._writer.call(work, adds_work=adds_work)

    # -- installation ------------------------------------------------------------------------

    async def installation_id(self) -> str:
        """The id made when the state was created."""
        return await self._read(customers.installation_id)

    # -- dossiers ----------------------------------------------------------------------------

    async def save_dossiers(self, dossiers: Sequence[Dossier]) -> None:
        """Insert or replace dossiers and their packages."""
        await self._write(lambda session: customers.save_dossiers(session, dossiers))

    async def retain_dossiers(self, hub: str, ids: Sequence[str]) -> None:
        """Mark the other dossiers of the hub as not shared."""
        await self._write(lambda session: customers.retain_dossiers(session, hub, ids))

    async def load_dossiers(self, hub: str) -> Sequence[Dossier]:
        """Dossiers of a hub, by id."""
        return await self._read(lambda session: customers.load_dossiers(session, hub))

    async def save_cursor(
        self, hub: str, scope: str, cursor: str, due_dossiers: Sequence[str] = ()
    ) -> None:
        """Store a cursor and what it made due, together."""
        await self._write(
            lambda session: schedule.save_cursor(session, (hub, scope), cursor, due_dossiers)
        )

    async def load_cursor(self, hub: str, scope: str) -> str | None:
        """The cursor last saved."""
        return await self._read(lambda session: schedule.load_cursor(session, hub, scope))

    async def mark_due(self, hub: str, dossier_ids: Sequence[str]) -> None:
        """Remember that dossiers must be listed."""
        await self._write(lambda session: schedule.mark_due(session, hub, dossier_ids))

    async def load_due(self, hub: str) -> Mapping[str, int]:
        """The dossiers marked as due, in their order, with their markings."""
        return await self._read(lambda session: schedule.load_due(session, hub))

    async def end_passes(
        self, records: Sequence[PassRecord], settled: Mapping[str, Mapping[str, int]]
    ) -> None:
        """Replace what is known of last passes, and forget what they have dealt with."""
        await self._write(lambda session: schedule.end_passes(session, records, settled))

    async def last_passes(self) -> Mapping[str, PassRecord]:
        """The last pass of every dossier that had one."""
        return await self._read(schedule.last_passes)

    # -- folders -----------------------------------------------------------------------------

    async def pin_folders(self, pins: Sequence[PinnedFolder]) -> Sequence[PinnedFolder]:
        """Store pins unless those with their templates are there; return those in force."""
        return await self._write(lambda session: [folders.pin_folder(session, pin) for pin in pins])

    async def claim_folders(self, claims: Sequence[FolderClaim]) -> Sequence[str]:
        """Give each folder to its first tenant, or to all who agree to share it."""
        return await self._write(lambda session: folders.claim_folders(session, claims))

    # -- documents ---------------------------------------------------------------------------

    async def known(self, keys: Sequence[DocumentKey]) -> Mapping[DocumentKey, DocumentRow]:
        """Rows of these documents, or of another version of them."""
        return await self._read(lambda session: queries.known_rows(session, keys))

    async def taken_names(self, name_keys: Sequence[str]) -> Mapping[str, DocumentKey]:
        """Which names belong to a row, and whose they are."""
        return await self._read(lambda session: queries.name_owners(session, name_keys))

    async def intend(
        self,
        deliveries: Sequence[PlannedDelivery],
        *,
        boot_id: str,
        marks: Mapping[str, LogMark] | None = None,
    ) -> Sequence[IntentOutcome]:
        """Commit INTENT for a batch, and the marks with it."""
        now = self._clock.now()

        def work(session: Session) -> list[IntentOutcome]:
            schedule.save_marks(session, marks or {})
            return intents.intend(session, deliveries, boot_id=boot_id, now=now)

        return await self._write(work, adds_work=True)

    async def delivered(self, deliveries: Sequence[Delivery]) -> None:
        """Commit DELIVERED with its evidence."""
        now = self._clock.now()
        await self._write(lambda session: documents.delivered(session, deliveries, now=now))

    async def acked(self, keys: Sequence[DocumentKey]) -> None:
        """Commit ACKED."""
        now = self._clock.now()
        await self._write(lambda session: documents.acked(session, keys, now=now))

    async def reopen(self, keys: Sequence[DocumentKey], *, boot_id: str) -> None:
        """Back to INTENT, when the row names a token."""
        now = self._clock.now()
        await self._write(lambda session: documents.reopen(session, keys, boot_id=boot_id, now=now))

    async def withdraw(self, keys: Sequence[DocumentKey]) -> None:
        """Remove rows in INTENT and free their names."""
        now = self._clock.now()
        await self._write(lambda session: documents.withdraw(session, keys, now=now))

    async def rejected(self, rejections: Sequence[Rejection]) -> None:
        """Commit ERROR or HELD."""
        now = self._clock.now()
        await self._write(lambda session: documents.rejected(session, rejections, now=now))

    async def reported(self, keys: Sequence[DocumentKey]) -> None:
        """The hub was told about these errors."""
        now = self._clock.now()
        await self._write(lambda session: documents.reported(session, keys, now=now))

    async def want(
        self, keys: Sequence[DocumentKey], *, release: bool = False
    ) -> Sequence[DocumentKey]:
        """Ask for documents again; their dossiers become due."""
        now = self._clock.now()
        return await self._write(
            lambda session: documents.want(session, keys, release=release, now=now)
        )

    async def survey(self, hub: str, dossier: str, keys: Sequence[DocumentKey]) -> Survey:
        """What a listing of a dossier needs to know."""
        return await self._read(
            lambda session: Survey(
                known=queries.known_rows(session, keys) if keys else {},
                wanted=queries.wanted(session, hub, dossier),
            )
        )

    async def row(self, key: DocumentKey) -> DocumentRow | None:
        """The row of this very key."""
        return (await self._read(lambda session: queries.exact_rows(session, [key]))).get(key)

    async def rows(
        self,
        *,
        statuses: Sequence[RowStatus] = (),
        hub: str | None = None,
        dossier: str | None = None,
        destination: str | None = None,
        is_reported: bool | None = None,
        document_id: str | None = None,
        digests: Sequence[str] | None = None,
        after: DocumentKey | None = None,
        limit: int = 1000,
    ) -> Sequence[DocumentRow]:
        """Rows that match every condition, by key."""
        chosen = RowFilter(
            statuses=statuses,
            hub=hub,
            dossier=dossier,
            destination=destination,
            is_reported=is_reported,
            document_id=document_id,
            digests=digests,
        )
        return await self._read(lambda session: queries.rows(session, chosen, after, limit))

    async def counts(self) -> Mapping[RowStatus, int]:
        """Rows by status, from sums that are kept."""
        return await self._read(queries.counts)

    async def dossier_counts(self, hub: str) -> Mapping[str, DossierCounts]:
        """Rows by dossier id, from sums that are kept."""
        return await self._read(lambda session: queries.dossier_counts(session, hub))

    # -- delivery log ------------------------------------------------------------------------

    async def load_mark(self, destination: str) -> LogMark | None:
        """The mark last committed for a destination."""
        return await self._read(lambda session: schedule.load_mark(session, destination))

    async def marked_destinations(self) -> Sequence[str]:
        """Every destination that has a mark."""
        return await self._read(schedule.marked_destinations)

    async def save_marks(self, marks: Mapping[str, LogMark]) -> None:
        """Store marks."""
        await self._write(lambda session: schedule.save_marks(session, marks))

    async def import_intents(self, rows: Sequence[DocumentRow], *, replaces: bool = False) -> int:
        """Insert rows of a delivery log as INTENT unless they, or their names, are known."""
        now = self._clock.now()
        return await self._write(
            lambda session: intents.import_intents(session, rows, replaces=replaces, now=now)
        )
