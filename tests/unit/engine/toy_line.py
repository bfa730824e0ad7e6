"""A line of three toy stages over a toy hub, in virtual time."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from pipeline.engine.envelope import Rejected
from pipeline.engine.line import Line, ReadyLine
from pipeline.engine.passes import PassSummary
from pipeline.engine.running import RunningLine, RunOptions
from pipeline.engine.scheduler import Scheduler
from pipeline.testing.clock import VirtualClock


@dataclass(frozen=True)
class Ref:
    tenant: str
    number: int
    lane: str = "disk"
    weight: int = 1000


@dataclass(frozen=True)
class Body:
    ref: Ref


@dataclass(frozen=True)
class Row:
    ref: Ref


def quick(_: Any) -> float:
    return 0.0


def fine(_: Any) -> Exception | None:
    return None


def unknown(_: Any) -> Collection[str]:
    return ()


def seeded() -> Random:
    return Random(7)  # noqa: S311 - the same run every time


def hub_of(tenant: str) -> str:
    return tenant.partition("/")[0]


@dataclass
class ToyLine:
    """``pending`` is what the hub still lists; the tests set how long a stage takes, and how it
    fails: for the whole call (``refuses_*``, from the list of items) or for one item (``spoils``).
    """

    clock: VirtualClock = field(default_factory=VirtualClock)
    pending: dict[str, list[Ref]] = field(default_factory=dict)
    page_size: int = 100
    workers: int = 16
    lanes_of: Callable[[str], Collection[str]] = unknown
    list_takes: Callable[[str], float] = quick
    download_takes: Callable[[Ref], float] = quick
    write_takes: Callable[[Sequence[Ref]], float] = quick
    refuses_listing: Callable[[str], Exception | None] = fine
    refuses_download: Callable[[Ref], Exception | None] = fine
    refuses_write: Callable[[Sequence[Ref]], Exception | None] = fine
    refuses_sink: Callable[[Sequence[Rejected]], Exception | None] = fine
    spoils_write: Callable[[Ref], Exception | None] = fine

    listed: Counter[str] = field(default_factory=Counter)
    downloads: list[tuple[float, Ref]] = field(default_factory=list)
    writes: list[tuple[float, tuple[Ref, ...]]] = field(default_factory=list)
    completed: list[tuple[float, Ref]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    passes: list[PassSummary] = field(default_factory=list)
    bugs: list[tuple[Exception, str]] = field(default_factory=list)

    def offer(self, tenant: str, count: int, *, lane: str = "disk", weight: int = 1000) -> None:
        refs = self.pending.setdefault(tenant, [])
        refs += [Ref(tenant, len(refs) + n, lane, weight) for n in range(count)]

    # -- stages -------------------------------------------------------------------------------
    async def list(self, tenant: str) -> AsyncIterator[Sequence[Ref]]:
        await self.clock.sleep(self.list_takes(tenant))
        self.listed[tenant] += 1
        _raise(self.refuses_listing(tenant))
        refs = list(self.pending.get(tenant, ()))
        for start in range(0, len(refs), self.page_size):
            yield refs[start : start + self.page_size]

    async def download(self, ref: Ref) -> Body:
        await self.clock.sleep(self.download_takes(ref))
        self.downloads.append((self.clock.monotonic(), ref))
        _raise(self.refuses_download(ref))
        return Body(ref)

    async def write(self, bodies: Sequence[Body]) -> Sequence[Row | Exception]:
        refs = tuple(body.ref for body in bodies)
        await self.clock.sleep(self.write_takes(refs))
        self.writes.append((self.clock.monotonic(), refs))
        _raise(self.refuses_write(refs))
        return [self.spoils_write(ref) or Row(ref) for ref in refs]

    async def acknowledge(self, rows: Sequence[Row]) -> Sequence[Row]:
        for row in rows:
            self.pending[row.ref.tenant].remove(row.ref)
            self.completed.append((self.clock.monotonic(), row.ref))
        return rows

    async def record(self, rejected: Sequence[Rejected]) -> None:
        _raise(self.refuses_sink(rejected))
        for one in rejected:
            ref = one.item if isinstance(one.item, Ref) else one.item.ref
            self.pending[one.tenant].remove(ref)
        self.rejected += rejected

    async def note_pass(self, summaries: Sequence[PassSummary]) -> None:
        self.passes += summaries

    # -- assembly -----------------------------------------------------------------------------
    def line(self) -> ReadyLine:
        return (
            Line.starting_with(
                self.list,
                hub_of=hub_of,
                lane_of=lambda ref: ref.lane,
                weight_of=lambda ref: ref.weight,
                lanes_of=self.lanes_of,
            )
            .then(self.download, name="download", workers=self.workers)
            .then_batch(
                self.write,
                name="write",
                max_items=64,
                linger=timedelta(milliseconds=5),
                per="lane",
            )
            .then_batch(self.acknowledge, name="acknowledge", max_items=50, per="hub", workers=4)
            .rejecting_into(self.record)
        )

    def scheduler(self, **options: Any) -> Scheduler:
        scheduler = Scheduler(self.clock, rng=seeded(), **options)
        for tenant in self.pending:
            scheduler.add(tenant)
        return scheduler

    def options(self, **changes: Any) -> RunOptions:
        def report(error: Exception, where: str) -> None:
            self.bugs.append((error, where))

        return RunOptions(
            clock=self.clock,
            report_bug=report,
            on_pass_end=self.note_pass,
            rng=seeded(),
            **changes,
        )

    def assemble(self, scheduler: Scheduler, **changes: Any) -> RunningLine:
        return self.line().assemble(scheduler, self.options(**changes))

    async def run_once(self, **changes: Any) -> RunningLine:
        """Run one pass for every tenant, time moving by itself."""
        scheduler = self.scheduler()
        scheduler.close_when_idle()
        running = self.assemble(scheduler, **changes)
        async with self.clock.running():
            await running.run()
        return running

    def completed_of(self, tenant: str) -> int:
        return sum(ref.tenant == tenant for _, ref in self.completed)


def _raise(error: Exception | None) -> None:
    if error is not None:
        raise error
