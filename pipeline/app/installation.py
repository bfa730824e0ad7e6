"""Compose an installation: everything a document passes through, from the hubs to the folders."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from anyio import to_thread
from filelock import FileLock, Timeout

from pipeline.app.destinations import FolderDestinations
from pipeline.app.hubs import HubPart, dossier_links, open_parts
from pipeline.app.opening import Admit, DestinationOpener, note_unfinished
from pipeline.app.platform import platform_of_this_machine
from pipeline.app.validators import FailureReports, open_validator
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.quarantine import FileQuarantine
from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.documents import Document
from pipeline.domain.errors import AnotherInstance
from pipeline.domain.shards import WHOLE, Shard
from pipeline.engine.metrics import NoMeters, Snapshot
from pipeline.engine.retry import RetryPolicy
from pipeline.engine.running import RunningLine, RunOptions
from pipeline.engine.scheduler import Pace, Scheduler
from pipeline.engine.tenancy import Limits
from pipeline.ports.clock import Clock
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
from pipeline.usecases.sync_documents import Listing, Steps, Workers, documents_line, hub_of
from pipeline.usecases.tell_again import TellAgain

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Installation:
    """One installation, opened; `pipeline.app.service` runs it.

    Of several processes, the one that ``is_first`` does what is to be done once; ``has`` says
    which dossiers, by tenant, are those of this process.
    """

    settings: Settings
    clock: Clock
    meters: Meters
    state: StateStore
    hubs: Mapping[str, Hub]
    is_first: bool
    directory: Directory
    destinations: FolderDestinations
    scheduler: Scheduler
    followers: tuple[FollowHub, ...]
    passes: RecordPasses
    steps: Steps
    has: Callable[[str], bool]
    line: RunningLine = field(init=False)

    def __post_init__(self) -> None:
        self.line = documents_line(self.steps, workers_of(self.settings, len(self.hubs))).assemble(
            self.scheduler, self._options()
        )

    @property
    def tell_again(self) -> TellAgain:
        """What tells hubs that may not have heard."""
        return TellAgain(self.state, self.steps.acknowledge, self.steps.reject, self.has)

    def snapshot(self) -> Snapshot:
        """What the line is doing now."""
        return self.line.snapshot()

    async def note_unfinished(self) -> None:
        """Make the destinations of deliveries that were begun, whatever the locations are now."""
        await note_unfinished(self.state, self.destinations)

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


def share_of(settings: Settings, workers: int) -> Settings:
    """What one of several processes may use of what the settings allow them together.

    How many documents are under way is not divided: it is their bytes that take memory, and a
    destination that flushes for two needs as many waiting from each.
    """
    least = {
        "download_workers": 1,
        "in_flight_bytes": settings.max_document_bytes,
        "validate_workers": min(settings.validate_workers, 1),
    }
    return settings.model_copy(
        update={name: max(getattr(settings, name) // workers, few) for name, few in least.items()}
    )


def pace_of(settings: Settings, hub: Hub) -> Pace:
    """How often the dossiers of a hub are listed when nothing wakes them."""
    sweep = timedelta(seconds=settings.sweep_seconds)
    if hub.capabilities.has_change_feed:
        return Pace(minimum=sweep, maximum=sweep)
    poll = max(timedelta(seconds=settings.poll_seconds), hub.capabilities.minimum_poll)
    return Pace(minimum=poll, maximum=max(poll, min(8 * poll, sweep)))


@dataclass(frozen=True, slots=True)
class WorkerPlace:
    """Where a process stands among several workers: its dossiers, and who lets it into a root."""

    shard: Shard
    admit: Admit


@asynccontextmanager
async def open_installation(
    settings: Settings,
    *,
    meters: Meters | None = None,
    take_over: bool = False,
    faultpoint: FaultPoint = no_faults,
    place: WorkerPlace | None = None,
) -> AsyncIterator[Installation]:
    """Everything of an installation, closed in order at the end.

    With a ``place`` it is what one of several workers has of it, for which their supervisor holds
    the lock.

    Raises:
        AnotherInstance: another process works on this state, or another installation owns a
            staging folder and ``take_over`` was not asked for.
        ConfigurationError: the settings cannot work.
    """
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        if place is None:
            stack.enter_context(only_instance(settings.state_dir))
        state = await SqliteState.open(settings.state_dir, clock)
        stack.push_async_callback(state.close)
        shard = place.shard if place else WHOLE
        own = share_of(settings, shard.count)
        parts = await stack.enter_async_context(open_parts(settings, clock, meters, shard))
        directory = Directory(state, await to_thread.run_sync(dossier_links, settings))
        await directory.load(parts)
        validator = await stack.enter_async_context(
            open_validator(own, partial(_wants_attachments, directory))
        )
        opener = DestinationOpener(
            settings=settings,
            clock=clock,
            state=state,
            faultpoint=faultpoint,
            take_over=take_over,
            worker=place.shard.number if place else None,
            admit=place.admit if place else None,
        )
        destinations = opener.destinations()
        stack.push_async_callback(destinations.close)
        builder = _Builder(own, clock, state, parts, directory, validator, opener)
        yield builder.installation(destinations, meters or NoMeters(), shard)


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
    parts: Mapping[str, HubPart]
    directory: Directory
    validator: DocumentValidator
    opener: DestinationOpener

    @property
    def hubs(self) -> Mapping[str, Hub]:
        return {name: part.hub for name, part in self.parts.items()}

    def installation(
        self, destinations: FolderDestinations, meters: Meters, shard: Shard
    ) -> Installation:
        due = DueBook()
        scheduler = Scheduler(self.clock)
        return Installation(
            settings=self.settings,
            clock=self.clock,
            meters=meters,
            state=self.state,
            hubs=self.hubs,
            is_first=shard.is_first,
            directory=self.directory,
            destinations=destinations,
            scheduler=scheduler,
            followers=tuple(
                self._follower(part, scheduler, due, destinations) for part in self.parts.values()
            ),
            passes=RecordPasses(self.state, due, self.clock),
            steps=self._steps(destinations, due, FailureReports(meters)),
            has=self._has,
        )

    def _has(self, tenant: str) -> bool:
        return self.parts[hub_of(tenant)].shard.has(tenant)

    def _steps(
        self, destinations: FolderDestinations, due: DueBook, report_failure: ReportFailure
    ) -> Steps:
        hubs, state = self.hubs, self.state
        faultpoint = self.opener.faultpoint
        acknowledge = Acknowledge(hubs, state, faultpoint)
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
                faultpoint,
                platform_of_this_machine(),
                self.opener.root,
            ),
            acknowledge=acknowledge,
            reject=reject,
        )

    def _follower(
        self, part: HubPart, scheduler: Scheduler, due: DueBook, destinations: FolderDestinations
    ) -> FollowHub:
        return FollowHub(
            hub=part.hub,
            state=self.state,
            directory=self.directory,
            scheduler=scheduler,
            due=due,
            clock=self.clock,
            pace=pace_of(self.settings, part.hub),
            interval=timedelta(seconds=self.settings.feed_seconds),
            refresh_every=timedelta(seconds=self.settings.sweep_seconds),
            prepare_destinations=lambda: destinations.prepare_for(self.directory),
            shard=part.shard,
        )


def _wants_attachments(directory: Directory, document: Document) -> bool:
    dossier = directory.get(document.key.hub, document.key.dossier)
    package = dossier.package if dossier else None
    return package is not None and package.extracts_embedded_pdf
