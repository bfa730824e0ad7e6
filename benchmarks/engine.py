"""``engine``: what moving items costs when no stage does anything."""

import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta

import anyio

from benchmarks.machine import measured
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import median
from pipeline.connectors.clock import SystemClock
from pipeline.engine.breaker import BreakerPolicy, Breakers
from pipeline.engine.channel import Channel
from pipeline.engine.envelope import Envelope
from pipeline.engine.line import Line, ReadyLine
from pipeline.engine.passes import Pass
from pipeline.engine.running import RunOptions
from pipeline.engine.scheduler import Scheduler
from pipeline.engine.tenancy import FairQueue, Limits

LINGER = timedelta(milliseconds=5)
_AT_ONCE = 200
_ROOM = 1_000_000
_LIMITS = Limits(per_tenant=16, queued=_ROOM, queued_per_lane=_ROOM, queued_per_hub=_ROOM)
"""Room for all, so that no listing is cut short: the source would list everything again."""
_RANDOM = random.Random(1)  # noqa: S311 - spreads waits
Measure = Callable[[int], Awaitable[float]]
"""Does something so many times; the CPU seconds it took."""


def run(options: Options) -> Report:
    """Lines as the product has them, then the parts they are made of."""
    size = 5_000 if options.quick else 50_000
    rounds = 1 if options.quick else 5
    report = Report()
    rows: list[Sequence[Cell]] = []
    for name, measure in MEASURES.items():
        seconds = [_run(measure, size) for _ in range(rounds + 1)][1:]
        cost_us = median(seconds) / size * 1e6
        rows.append((name, 1e6 / cost_us, cost_us))
        report.figures[f"engine_{re.sub(r'[^a-z0-9]+', '_', name)}_us"] = cost_us
    title = f"The engine alone, {size:,} items"
    report.tables.append(Table(title, ("what", "a second of CPU", "us each"), rows))
    return report


def _run(measure: Measure, size: int) -> float:
    return anyio.run(measure, size, backend_options={"use_uvloop": True})


def _line(per_tenant: int) -> Measure:
    async def measure(size: int) -> float:
        clock, scheduler = SystemClock(), Scheduler(SystemClock())
        for number in range(size // per_tenant):
            scheduler.add(f"hub/{number}")
        scheduler.close_when_idle()
        options = RunOptions(clock=clock, report_bug=_no_bug, limits=_LIMITS)
        running = _no_op_line(per_tenant).assemble(scheduler, options)
        with measured() as usage:
            await running.run()
        assert running.snapshot().completed == size
        return usage.cpu_seconds

    return measure


def _no_op_line(per_tenant: int) -> ReadyLine:
    """A stage that takes one at a time and three that take batches, as documents have them."""

    async def items(tenant: str) -> AsyncIterator[Sequence[str]]:
        yield [f"{tenant}/{number}" for number in range(per_tenant)]

    async def one(item: str) -> str:
        return item

    async def batch(items: Sequence[str]) -> Sequence[str]:
        return items

    async def sink(_: Sequence[object]) -> None:
        pass

    return (
        Line.starting_with(items, hub_of=lambda _: "hub", lane_of=lambda _: "lane", weight_of=len)
        .then(one, name="download", workers=64)
        .then_batch(batch, name="validate", max_items=32)
        .then_batch(batch, name="write", max_items=64, linger=LINGER, per="lane")
        .then_batch(batch, name="acknowledge", max_items=100, per="hub", workers=4)
        .rejecting_into(sink)
    )


async def _fair_queue(size: int) -> float:
    clock = SystemClock()
    breakers = Breakers(BreakerPolicy(), clock, _RANDOM), Breakers(BreakerPolicy(), clock, _RANDOM)
    queue = FairQueue(_LIMITS, lanes=breakers[0], hubs=breakers[1], recall=lambda _: None)
    trip = Pass("", started=clock.now(), began=clock.monotonic())
    with measured() as usage:
        for start in range(0, size, _AT_ONCE):
            for number in range(start, start + _AT_ONCE):
                tenant = f"hub/{number % 100}"
                queue.offer(Envelope(number, tenant, "lane", "hub", 1, 0.0, trip))
            for _ in range(_AT_ONCE):
                queue.settle(await queue.take())
    return usage.cpu_seconds


async def _channel(size: int) -> float:
    channel: Channel[int] = Channel(_AT_ONCE, SystemClock())
    with measured() as usage:
        for start in range(0, size, _AT_ONCE):
            for number in range(start, start + _AT_ONCE):
                channel.put(number)
            while await channel.drain(64):
                pass
    return usage.cpu_seconds


async def _scheduler(size: int) -> float:
    scheduler = Scheduler(SystemClock())
    for number in range(1000):
        scheduler.add(f"hub/{number}")
    with measured() as usage:
        for _ in range(size):
            tenant = await scheduler.next_due()
            assert tenant is not None
            scheduler.finished(tenant, found=False)
            scheduler.wake(tenant)
    return usage.cpu_seconds


def _no_bug(error: Exception, where: str) -> None:
    raise AssertionError(where) from error


MEASURES = {
    "line, 1 item a tenant": _line(1),
    "line, 4 items a tenant": _line(4),
    "line, 100 items a tenant": _line(100),
    "fair queue: offer, take, settle": _fair_queue,
    "channel: put, drain by 64": _channel,
    "scheduler: due, finished, woken": _scheduler,
}
