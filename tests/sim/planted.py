"""Planted bugs, the test of the test: each replaces one step, and must be found by its symptom."""

import dataclasses
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.connectors.destinations.filesystem import FilesystemDestination
from pipeline.domain.delivery import DocumentRow, PlannedDelivery, PlannedFile, Rejection
from pipeline.ports.destination import LogComparison, MoveOutcome, MoveResult, Staged
from pipeline.ports.disk import Folder, NewFile
from pipeline.ports.state import IntentOutcome, LogMark
from pipeline.testing.auditor import Fault
from pipeline.testing.sim_disk import SimDisk, SimFolder
from pipeline.testing.sim_volume import Change, Node
from tests.sim.simulation import Variant
from tests.sim.weather import Blow, Weather
from tests.sim.world import STAGING, SteppedState


@dataclass(frozen=True, slots=True)
class Planted:
    """A variant, and the faults of which at least one must be seen."""

    variant: Variant
    symptoms: frozenset[Fault]

    @property
    def name(self) -> str:
        return self.variant.name


class LinkingDisk(SimDisk):
    """Moves by a second name and the removal of the first: two steps."""

    def move(self, source: Folder, name: str, target: Folder, new_name: str) -> None:
        assert isinstance(source, SimFolder)
        assert isinstance(target, SimFolder)
        self.step("link", new_name)
        if name not in source.node.entries or new_name in target.node.entries:
            super().move(source, name, target, new_name)
            return
        node = source.node.entries[name]
        self.volume_model.change(Change(added=((target.node, new_name, node),)))
        self.step("unlink the first name", name)
        self.volume_model.change(Change(taken=((source.node, name),)))


class ForgetfulDisk(SimDisk):
    """Flushes names, never contents."""

    def create(
        self, folder: Folder, files: Sequence[NewFile], *, flush: bool
    ) -> Mapping[str, OSError]:
        return super().create(folder, files, flush=flush and files[0].like is folder)

    def flush_volume(self, folder: Folder) -> None:
        self.flush_folder(folder)
        self.volume_model.flush_names()


class LazyDisk(SimDisk):
    """A disk whose flushes do nothing while it is told to be lazy."""

    is_lazy = False

    def flush_content(self, node: Node, name: str) -> None:
        if not self.is_lazy:
            super().flush_content(node, name)

    def flush_folder(self, folder: Folder) -> None:
        if not self.is_lazy:
            super().flush_folder(folder)

    def flush_volume(self, folder: Folder) -> None:
        if not self.is_lazy:
            super().flush_volume(folder)


class OnLazyDisk(FilesystemDestination):
    """A destination that can leave flushes out."""

    @property
    def lazy_disk(self) -> LazyDisk:
        disk = self._opening.disk
        assert isinstance(disk, LazyDisk)
        return disk

    @contextmanager
    def lazily(self) -> Iterator[None]:
        self.lazy_disk.is_lazy = True
        yield
        self.lazy_disk.is_lazy = False


class RecordsAfterwards(FilesystemDestination):
    """Moves first; log, INTENT and DELIVERED follow."""

    async def stage(
        self, deliveries: Sequence[PlannedDelivery], *, existing: Mapping[str, str]
    ) -> Staged:
        steps = self._steps
        failures = steps.staging.write(deliveries, existing, flush=True)
        steps.move([delivery.files for delivery in deliveries])
        return Staged(steps.log(deliveries), failures)

    async def move(self, deliveries: Sequence[Sequence[PlannedFile]]) -> Sequence[MoveOutcome]:
        return [MoveOutcome(MoveResult.MOVED, len(files)) for files in deliveries]


class AcknowledgesEarly(OnLazyDisk):
    """Answers before the moves are flushed."""

    async def move(self, deliveries: Sequence[Sequence[PlannedFile]]) -> Sequence[MoveOutcome]:
        with self.lazily():
            return await super().move(deliveries)


class BelievesTheCache(OnLazyDisk):
    """Recovers without flushing what it looks at."""

    async def open(
        self, installation_id: str, *, inboxes: Sequence[str] = (), take_over: bool = False
    ) -> None:
        if self.lazy_disk.volume_model.find(f"{STAGING}/owner.json") is None:
            await super().open(installation_id, inboxes=inboxes, take_over=take_over)
            return
        with self.lazily():
            await super().open(installation_id, inboxes=inboxes, take_over=take_over)

    async def flush(self, folders: Sequence[str]) -> None:
        return


class BelievesTheRecords(BelievesTheCache):
    """As well, looks only at what the state says is unfinished."""

    async def tokens(self) -> Sequence[str]:
        return ()


class WithoutLog(FilesystemDestination):
    """Never reads its delivery log."""

    async def compare_log(self, mark: LogMark | None) -> LogComparison:
        return LogComparison(start=None)


class LooksBefore(SteppedState):
    """Looks for the same invoice first, and intends in a transaction of its own."""

    async def intend(
        self, deliveries: Sequence[PlannedDelivery], **given: Any
    ) -> Sequence[IntentOutcome]:
        repeats = self.world.state._repeats
        seen = [None if each.is_released else repeats.outcome(each) for each in deliveries]
        new = [each for each, found in zip(deliveries, seen, strict=True) if found is None]
        judged = [dataclasses.replace(each, may_repeat=True) for each in new]
        intended = iter(await super().__getattr__("intend")(judged, **given))
        return [found or next(intended) for found in seen]


class ForgetsWhatItRepeats(SteppedState):
    """Holds a document and does not write down for which other one."""

    async def rejected(self, rejections: Sequence[Rejection]) -> None:
        forgetful = [dataclasses.replace(each, repeats=None) for each in rejections]
        await super().__getattr__("rejected")(forgetful)


class BelievesTheLog(SteppedState):
    """Takes every line of the log for an INTENT that was judged."""

    async def rows(self, **conditions: Any) -> Sequence[DocumentRow]:
        found = await super().__getattr__("rows")(**conditions)
        return [dataclasses.replace(row, evidence=None) for row in found]


Blows = Callable[[random.Random], tuple[Blow, ...]]


def _weather(blows: Blows, **changes: Any) -> Callable[[Weather], Weather]:
    """Weather in which a symptom comes from nothing else."""
    plain: dict[str, Any] = {
        "has_scanner": False,
        "has_disk_errors": False,
        "has_synchronous_names": False,
        "shares_volume": False,
    }

    def changed(weather: Weather) -> Weather:
        dice = random.Random(repr(weather))  # noqa: S311 - dice of a simulation, no secret
        return dataclasses.replace(weather, blows=blows(dice), **plain | changes)

    return changed


def _kill(dice: random.Random) -> tuple[Blow, ...]:
    return (Blow.of(dice, may_cut=False, may_restore=False),)


def _cut(dice: random.Random) -> tuple[Blow, ...]:
    return (dataclasses.replace(Blow.of(dice, may_cut=True, may_restore=False), cuts_power=True),)


def _kill_in_a_move(dice: random.Random) -> tuple[Blow, ...]:
    return (Blow(dice.randint(2, 8), "rename answered"),)


def _kill_between_names(dice: random.Random) -> tuple[Blow, ...]:
    return (Blow(dice.randint(2, 6), "unlink the first name"),)


def _kill_in_a_move_then_cut(dice: random.Random) -> tuple[Blow, ...]:
    return (*_kill_in_a_move(dice), Blow(1, "hub.ack answered", cuts_power=True))


def _lost_state(dice: random.Random) -> tuple[Blow, ...]:
    return (Blow(dice.randint(1, 20), "state.end", restores_state=True),)


def _kill_before_a_commit(dice: random.Random) -> tuple[Blow, ...]:
    return (Blow(dice.randint(5, 40), "state.begin"),)


def _nothing(_dice: random.Random) -> tuple[Blow, ...]:
    return ()


_TWICE, _LOST = frozenset({Fault.TWICE}), frozenset({Fault.LOST})

PLANTED = (
    Planted(
        Variant(
            "records only after the move",
            make_destination=RecordsAfterwards,
            weather=_weather(_kill, eagerness=0.3),
        ),
        _TWICE,
    ),
    Planted(
        Variant(
            "links and unlinks instead of moving",
            make_disk=LinkingDisk,
            weather=_weather(_kill_between_names, eagerness=0.3),
        ),
        _TWICE,
    ),
    Planted(
        Variant(
            "does not flush contents",
            make_disk=ForgetfulDisk,
            weather=_weather(_cut, eagerness=0.0),
        ),
        frozenset({Fault.PARTIAL, Fault.LOST}),
    ),
    Planted(
        Variant(
            "acknowledges before the flush",
            make_disk=LazyDisk,
            make_destination=AcknowledgesEarly,
            weather=_weather(_cut, eagerness=0.0),
        ),
        frozenset({Fault.NOT_DURABLE}),
    ),
    Planted(
        Variant(
            "recovers without a flush",
            make_disk=LazyDisk,
            make_destination=BelievesTheCache,
            weather=_weather(_kill_in_a_move, eagerness=0.0),
        ),
        frozenset({Fault.NOT_DURABLE}),
    ),
    Planted(
        Variant(
            "recovers without a flush, and from records alone",
            make_disk=LazyDisk,
            make_destination=BelievesTheRecords,
            weather=_weather(_kill_in_a_move_then_cut, eagerness=0.0),
        ),
        _LOST,
    ),
    Planted(
        Variant(
            "has no delivery log, and the state is restored",
            make_destination=WithoutLog,
            weather=_weather(_lost_state, eagerness=0.3),
        ),
        _TWICE,
    ),
    Planted(
        Variant(
            "has no delivery log, and the state is not synchronous",
            make_destination=WithoutLog,
            weather=_weather(_cut, state_is_synced=False, has_synchronous_names=True),
        ),
        _TWICE | _LOST,
    ),
    Planted(
        Variant(
            "looks for the same invoice before the transaction",
            make_state=LooksBefore,
            weather=_weather(_nothing, has_channels=True),
        ),
        _TWICE,
    ),
    Planted(
        Variant(
            "does not know what a document is held for",
            make_state=ForgetsWhatItRepeats,
            weather=_weather(_nothing, has_channels=True, has_scanner=True, scanner_zeal=0.5),
        ),
        _LOST,
    ),
    Planted(
        Variant(
            "believes the log that everything in it was judged",
            make_state=BelievesTheLog,
            weather=_weather(_kill_before_a_commit, has_channels=True),
        ),
        _TWICE,
    ),
)
