"""Compose an installation: everything a document passes through, from the hubs to the folders."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from anyio import to_thread
from filelock import FileLock, Timeout

from pipeline.app.destinations import FolderDestinations
from pipeline.app.hubs import dossier_links, open_hubs
from pipeline.app.platform import make_disk, platform_of_this_machine
from pipeline.app.validators import FailureReports, open_validator
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.destinations.filesystem import FilesystemDestination, Flush
from pipeline.connectors.quarantine import FileQuarantine
from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import Document
from pipeline.domain.errors import AnotherInstance
from pipeline.engine.metrics import NoMeters, Snapshot
from pipeline.engine.retry import RetryPolicy
from pipeline.engine.running import RunningLine, RunOptions
from pipeline.engine.scheduler import Pace, Scheduler
from pipeline.engine.tenancy import Limits
from pipeline.ports.clock import Clock
from pipeline.ports.destination import Destination
from pipeline.ports.faults import FaultPoint, no_faults
from pipeline.ports.hub import Hub
from pipeline.ports.meters import Meters
from pipeline.ports.profile import DocumentValidator
from pipeline.ports.state import StateStore
from pipeline.settings import Settings
from pipeline.settings.fields import spare_cores
from pipeline.stages.acknowledge import Acknowledge
from pipeline.stages.download import Download
from pipeline.stages.list import ListDocuments
from pipeline.stages.reject import Reject
from pipeline.stages.validate import ReportFailure, Validate
from pipeline.stages.write import Write
from pipeline.usecases.follow_hub import FollowHub
from pipeline.usecases.keep_directory import Directory
from pipeline.usecases.keep_due import DueBook
from pipeline.usecases.record_passes import RecordPasses
from pipeline.usecases.recover_deliveries import OnUncertain, RecoverDeliveries, RecoveryReport
from pipeline.usecases.sync_documents import Listing, Steps, Workers, documents_line
from pipeline.usecases.tell_again import TellAgain

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Installation:
    """One installation, opened; `pipeline.app.service` runs it."""

    settings: Settings
    clock: Clock
    meters: Meters
    state: StateStore
    hubs: Mapping[str, Hub]
    directory: Directory
    destinations: FolderDestinations
    scheduler: Scheduler
    followers: tuple[FollowHub, ...]
    passes: RecordPasses
    steps: Steps
    line: RunningLine = field(init=False)

    def __post_init__(self) -> None:
        self.line = documents_line(self.steps, workers_of(self.settings, len(self.hubs))).assemble(
            self.scheduler, self._options()
        )

    @property
    def tell_again(self) -> TellAgain:
        """What tells hubs that may not have heard."""
        return TellAgain(self.state, self.steps.acknowledge, self.steps.reject)

    def snapshot(self) -> Snapshot:
        """What the line is doing now."""
        return self.line.snapshot()

    async def note_unfinished(self) -> None:
        """Make the destinations of deliveries that were begun, whatever the locations are now."""
        page: Sequence[DocumentRow] = ()
        while page := await self.state.rows(
            statuses=[RowStatus.INTENT], after=page[-1].key if page else None
        ):
            for lane in {row.destination for row in page if row.destination}:
                self.destinations.note_lane(lane)

    async def prepare_destinations(self) -> None:
        """Open what dossiers lead to and is not open, recovering what was left there."""
        await self.destinations.prepare_for(self.directory)

    def _options(self) -> RunOptions:
        settings = self.settings
        return RunOptions(
            clock=self.clock,
            report_bug=report_bug,
            on_pass_end=self.passes,
            meters=self.meters,
            limits=limits_of(settings, len(self.hubs)),
            retry=RetryPolicy(attempts=settings.retry_attempts),
            listers=settings.list_workers,
        )


def report_bug(error: Exception, where: str) -> None:
    """Log an error nobody planned for, with its traceback."""
    log.error("an error nobody planned for", stage=where, exc_info=error)


def report_recovery(report: RecoveryReport) -> None:
    """Log what recovery did, when there was anything to do."""
    for evidence, count in report.delivered.items():
        log.info(
            "recovered deliveries",
            destination=report.destination,
            evidence=evidence.value,
            count=count,
        )
    if report.volume_was_restored:
        log.warning(
            "the destination is older than the state: files may be missing from it",
            destination=report.destination,
        )


def workers_of(settings: Settings, hubs: int) -> Workers:
    """How many work at each stage; enough to download that one slow hub cannot hold them all."""
    return Workers(
        download=settings.download_workers + (hubs - 1) * limits_of(settings, hubs).per_hub,
        validate=settings.validate_workers or spare_cores(),
        batch=settings.batch_documents,
    )


def limits_of(settings: Settings, hubs: int) -> Limits:
    """How much may be under way at once; several hubs share, and leave each other a part."""
    per_hub = settings.in_flight_documents // hubs
    return Limits(
        in_flight=settings.in_flight_documents,
        in_flight_bytes=settings.in_flight_bytes,
        per_tenant=settings.dossier_in_flight,
        per_lane=settings.destination_in_flight,
        per_hub=max(1, per_hub),
        queued=settings.queue_documents * 4,
        queued_per_tenant=settings.queue_documents,
        queued_per_lane=settings.queue_documents * 2,
        queued_per_hub=settings.queue_documents * 4,
    )


def pace_of(settings: Settings, hub: Hub) -> Pace:
    """How often the dossiers of a hub are listed when nothing wakes them."""
    sweep = timedelta(seconds=settings.sweep_seconds)
    if hub.capabilities.has_change_feed:
        return Pace(minimum=sweep, maximum=sweep)
    poll = max(timedelta(seconds=settings.poll_seconds), hub.capabilities.minimum_poll)
    return Pace(minimum=poll, maximum=max(poll, min(8 * poll, sweep)))


@asynccontextmanager
async def open_installation(
    settings: Settings,
    *,
    meters: Meters | None = None,
    take_over: bool = False,
    faultpoint: FaultPoint = no_faults,
) -> AsyncIterator[Installation]:
    """Everything of an installation, closed in order at the end.

    Raises:
        AnotherInstance: another process works on this state, or another installation owns a
            staging folder and ``take_over`` was not asked for.
        ConfigurationError: the settings cannot work.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        stack.enter_context(only_instance(settings.state_dir))
        state = await SqliteState.open(settings.state_dir, clock)
        stack.push_async_callback(state.close)
        hubs = await stack.enter_async_context(open_hubs(settings, clock, meters))
        directory = Directory(state, await to_thread.run_sync(dossier_links, settings))
        await directory.load(hubs)
        validator = await stack.enter_async_context(
            open_validator(settings, partial(_wants_attachments, directory))
        )
        builder = _Builder(settings, clock, state, hubs, directory, validator, faultpoint)
        destinations = builder.destinations(take_over=take_over)
        stack.push_async_callback(destinations.close)
        yield builder.installation(destinations, meters or NoMeters())


@contextmanager
def only_instance(state_dir: Path) -> Iterator[None]:
    """Hold the lock of the state folder; the operating system drops it with the process."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(state_dir / "instance.lock", timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise AnotherInstance(
            f"Another Dossierpost works with the state in {state_dir}. Stop it first, or set "
            "DOSSIERPOST_STATE_DIR to a folder of its own."
        ) from None
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class _Builder:
    """Makes the parts of an installation that need several others."""

    settings: Settings
    clock: Clock
    state: StateStore
    hubs: Mapping[str, Hub]
    directory: Directory
    validator: DocumentValidator
    faultpoint: FaultPoint

    def destinations(self, *, take_over: bool) -> FolderDestinations:
        recover = RecoverDeliveries(
            self.state,
            self.clock,
            platform_of_this_machine(),
            OnUncertain(self.settings.on_uncertain),
            take_over,
            self.faultpoint,
        )

        async def open_and_recover(destination: Destination) -> None:
            if await self.state.load_mark(destination.name) is None:
                await to_thread.run_sync(self._make_below_root, destination.name)
            report_recovery(await recover(destination))

        return FolderDestinations(
            platform_of_this_machine(), self._root(), self._destination, open_and_recover
        )

    def installation(self, destinations: FolderDestinations, meters: Meters) -> Installation:
        due = DueBook()
        scheduler = Scheduler(self.clock)
        return Installation(
            settings=self.settings,
            clock=self.clock,
            meters=meters,
            state=self.state,
            hubs=self.hubs,
            directory=self.directory,
            destinations=destinations,
            scheduler=scheduler,
            followers=tuple(
                self._follower(hub, scheduler, due, destinations) for hub in self.hubs.values()
            ),
            passes=RecordPasses(self.state, due, self.clock),
            steps=self._steps(destinations, due, FailureReports(meters)),
        )

    def _steps(
        self, destinations: FolderDestinations, due: DueBook, report_failure: ReportFailure
    ) -> Steps:
        hubs, state = self.hubs, self.state
        acknowledge = Acknowledge(hubs, state, self.faultpoint)
        reject = Reject(hubs, state, FileQuarantine(self.settings.state_dir / "quarantine"))
        documents = ListDocuments(
            hubs, state, self.directory, acknowledge.again, reject.report_again
        )
        return Steps(
            list=Listing(
                documents=documents, dossiers=self.directory, destinations=destinations, due=due
            ),
            download=Download(hubs, self.settings.max_document_bytes),
            validate=Validate(self.validator, report_failure),
            write=Write(
                state,
                destinations,
                self.directory,
                self.clock,
                self.faultpoint,
                platform_of_this_machine(),
                self._root(),
            ),
            acknowledge=acknowledge,
            reject=reject,
        )

    def _follower(
        self, hub: Hub, scheduler: Scheduler, due: DueBook, destinations: FolderDestinations
    ) -> FollowHub:
        return FollowHub(
            hub=hub,
            state=self.state,
            directory=self.directory,
            scheduler=scheduler,
            due=due,
            clock=self.clock,
            pace=pace_of(self.settings, hub),
            interval=timedelta(seconds=self.settings.feed_seconds),
            refresh_every=timedelta(seconds=self.settings.sweep_seconds),
            prepare_destinations=lambda: destinations.prepare_for(self.directory),
        )

    def _destination(self, root: str) -> Destination:
        return FilesystemDestination(
            name=root,
            root=root,
            disk=make_disk(),
            clock=self.clock,
            flush=_FLUSH[self.settings.flush],
            min_free_bytes=self.settings.min_free_bytes,
            faultpoint=self.faultpoint,
        )

    def _make_below_root(self, folder: str) -> None:
        """Make a folder below the configured root at its first use; opening it says what is wrong.

        Never again after that: a volume that is not mounted must not be mistaken for a new one.
        """
        if self.settings.root and Path(folder).is_relative_to(self.settings.root):
            with suppress(OSError):
                Path(folder).mkdir(parents=True, exist_ok=True)

    def _root(self) -> str | None:
        return str(self.settings.root) if self.settings.root else None


def _wants_attachments(directory: Directory, document: Document) -> bool:
    dossier = directory.get(document.key.hub, document.key.dossier)
    package = dossier.package if dossier else None
    return package is not None and package.extracts_embedded_pdf


_FLUSH = {"auto": None, "files": Flush.FILES, "volume": Flush.VOLUME}
