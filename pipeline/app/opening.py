"""Compose destinations: how they are made, and recovered before anything is delivered to them."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from anyio import to_thread

from pipeline.app.destinations import FolderDestinations
from pipeline.app.platform import make_disk, platform_of_this_machine
from pipeline.connectors.destinations.filesystem import (
    FilesystemDestination,
    Flush,
    StagingPlace,
    workers_at,
)
from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.errors import AnotherInstance
from pipeline.ports.clock import Clock
from pipeline.ports.destination import Destination
from pipeline.ports.faults import FaultPoint, no_faults
from pipeline.ports.state import StateStore
from pipeline.settings import Settings
from pipeline.usecases.recover_deliveries import OnUncertain, RecoverDeliveries, RecoveryReport

log = structlog.get_logger()

ORPHANS_S = 10.0
"""Until workers whose supervisor was killed must have ended: they notice at once."""
_LOOK_AGAIN_S = 0.2
_FLUSH = {"auto": None, "files": Flush.FILES, "volume": Flush.VOLUME}

Admit = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationOpener:
    """Makes destinations from lanes, and opens them.

    A process that works alone, or supervises, opens a root for the whole installation: first it
    recovers what workers left in their staging folders there, all but those that ``at_work`` says
    are working. A ``worker`` opens its own staging folder only, once ``admit`` let it.
    """

    settings: Settings
    clock: Clock
    state: StateStore
    faultpoint: FaultPoint = no_faults
    take_over: bool = False
    worker: int | None = None
    admit: Admit | None = None
    at_work: Callable[[str], Collection[int]] = lambda _: ()

    def destinations(self) -> FolderDestinations:
        """All destinations, none of them open yet."""
        return FolderDestinations(
            platform_of_this_machine(), self.root, self.make, self.open, self._lane
        )

    @property
    def root(self) -> str | None:
        """The folder under which relative locations lie."""
        return str(self.settings.root) if self.settings.root else None

    def make(self, lane: str) -> Destination:
        """The destination of a lane."""
        place = StagingPlace.named(lane)
        return FilesystemDestination(
            name=lane,
            root=place.root,
            worker=place.worker,
            disk=make_disk(),
            clock=self.clock,
            flush=_FLUSH[self.settings.flush],
            min_free_bytes=self.settings.min_free_bytes,
            faultpoint=self.faultpoint,
        )

    async def open(self, destination: Destination) -> None:
        """Open and recover a destination; raises what keeps it from being used."""
        root = StagingPlace.named(destination.name).root
        if self.admit is not None:
            await self.admit(root)
        if self.worker is None:
            await self._open_root(root)
        report_recovery(await self._recover(destination))

    def _lane(self, name: str) -> str:
        """The lane in which this process delivers below the root of a destination."""
        return StagingPlace(StagingPlace.named(name).root, self.worker).name

    async def _open_root(self, root: str) -> None:
        marked = [StagingPlace.named(each) for each in await self.state.marked_destinations()]
        used = [each for each in marked if each.root == root]
        if not used:
            await to_thread.run_sync(self._make_below_root, root)
        known = {each.worker for each in used if each.worker is not None}
        there = await to_thread.run_sync(workers_at, make_disk(), root)
        for worker in sorted((known | {*there}) - {*self.at_work(root)}):
            await self._recover_worker(StagingPlace(root, worker))

    async def _recover_worker(self, place: StagingPlace) -> None:
        """Settle what a worker left, and leave its folder to whoever comes next."""
        destination = self.make(place.name)
        until = self.clock.monotonic() + ORPHANS_S
        try:
            while not await self._is_recovered(destination, until):
                await self.clock.sleep(_LOOK_AGAIN_S)
        finally:
            await destination.close()

    async def _is_recovered(self, destination: Destination, until: float) -> bool:
        """False while a worker of a supervisor that was killed may still be there."""
        try:
            report_recovery(await self._recover(destination))
        except AnotherInstance:
            if self.clock.monotonic() >= until:
                raise
            return False
        return True

    @property
    def _recover(self) -> RecoverDeliveries:
        return RecoverDeliveries(
            self.state,
            self.clock,
            platform_of_this_machine(),
            OnUncertain(self.settings.on_uncertain),
            self.take_over,
            self.faultpoint,
        )

    def _make_below_root(self, folder: str) -> None:
        """Make a folder below the configured root at its first use; opening it says what is wrong.

        Never again after that: a volume that is not mounted must not be mistaken for a new one.
        """
        if self.settings.root and Path(folder).is_relative_to(self.settings.root):
            with suppress(OSError):
                Path(folder).mkdir(parents=True, exist_ok=True)


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


async def note_unfinished(state: StateStore, destinations: FolderDestinations) -> None:
    """Make the destinations of deliveries that were begun, whatever the locations are now."""
    page: Sequence[DocumentRow] = ()
    while page := await state.rows(
        statuses=[RowStatus.INTENT], after=page[-1].key if page else None
    ):
        for name in {row.destination for row in page if row.destination}:
            destinations.note_lane(name)
