"""The chain of stages, typed: stages in the wrong order do not type-check.

line = (
    Line.starting_with(list_documents, hub_of=..., lane_of=..., weight_of=...)
    .then(download, name="download", workers=16)
    .then_batch(validate, name="validate", max_items=32)
    .then_batch(write, name="write", max_items=64, linger=timedelta(milliseconds=5), per="lane")
    .then_batch(acknowledge, name="acknowledge", max_items=50, per="hub", workers=4)
    .rejecting_into(record_rejections, name="reject")
)
await line.run(scheduler, RunOptions(clock=clock, report_bug=log_bug))
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Generic, TypeVar

from pipeline.engine.channel import NO_LINGER
from pipeline.engine.envelope import Rejected
from pipeline.engine.running import RunningLine, RunOptions
from pipeline.engine.scheduler import Scheduler
from pipeline.engine.stage import BatchStage, Per, Plan, RejectionSink, Source, Stage, StageSpec

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")


def _not_known(_tenant: str) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Opening(Generic[A]):
    """A source whose items no stage takes yet; the first stage takes them one at a time."""

    plan: Plan

    def then(self, stage: Stage[A, B], *, name: str, workers: int) -> "Line[B]":
        """Add the first stage."""
        return Line(_with(self.plan, StageSpec(name=name, call=stage, workers=workers)))


@dataclass(frozen=True, slots=True)
class Line(Generic[B]):
    """A chain of stages that ends in items of type B; immutable, and not running."""

    plan: Plan

    @staticmethod
    def starting_with(
        source: Source[A],
        *,
        hub_of: Callable[[str], str],
        lane_of: Callable[[A], str],
        weight_of: Callable[[A], int],
        lanes_of: Callable[[str], Collection[str]] = _not_known,
    ) -> Opening[A]:
        """Begin a line.

        ``hub_of`` names where a tenant's items come from, ``lane_of`` what an item will be written
        to: each has limits and a breaker of its own. ``weight_of`` is what an item counts for in
        the byte budget while it is in flight. ``lanes_of`` names the lanes that a tenant's items
        can have, none when that is not known: with it, a tenant is not listed in vain.
        """
        plan = Plan(
            source=source, hub_of=hub_of, lane_of=lane_of, lanes_of=lanes_of, weight_of=weight_of
        )
        return Opening(plan)

    def then(self, stage: Stage[B, C], *, name: str, workers: int) -> "Line[C]":
        """Add a stage that takes one item at a time, ``workers`` of them side by side."""
        return Line(_with(self.plan, StageSpec(name=name, call=stage, workers=workers)))

    def then_batch(
        self,
        stage: BatchStage[B, C],
        *,
        name: str,
        max_items: int,
        linger: timedelta = NO_LINGER,
        per: Per | None = None,
        workers: int = 1,
    ) -> "Line[C]":
        """Add a stage that takes up to ``max_items`` at a time.

        It waits up to ``linger`` for a batch to fill. With ``per`` a batch holds items of one lane,
        or one hub, only; each has ``workers`` of its own, and its breaker is told how calls end.
        """
        spec = StageSpec(
            name=name, call=stage, workers=workers, max_items=max_items, linger=linger, per=per
        )
        return Line(_with(self.plan, spec))

    def rejecting_into(
        self,
        sink: RejectionSink,
        *,
        name: str = "reject",
        max_items: int = 64,
        linger: timedelta = NO_LINGER,
        per: Per | None = None,
    ) -> "ReadyLine":
        """Name what records rejected items, whatever stage they were rejected by."""

        async def record(rejected: Sequence[Rejected]) -> Sequence[Rejected]:
            await sink(rejected)
            return rejected

        spec = StageSpec(
            name=name, call=record, workers=1, max_items=max_items, linger=linger, per=per
        )
        return ReadyLine(self.plan, spec)


@dataclass(frozen=True, slots=True)
class ReadyLine:
    """A whole line: every item has somewhere to go, whatever becomes of it."""

    plan: Plan
    sink: StageSpec

    def assemble(self, scheduler: Scheduler, options: RunOptions) -> RunningLine:
        """Make a line that can be run once, watched and stopped."""
        return RunningLine(self.plan, self.sink, scheduler, options)

    async def run(self, scheduler: Scheduler, options: RunOptions) -> None:
        """Run until the scheduler closes and every item has left; see `RunningLine.run`."""
        await self.assemble(scheduler, options).run()


def _with(plan: Plan, spec: StageSpec) -> Plan:
    return replace(plan, stages=(*plan.stages, spec))
