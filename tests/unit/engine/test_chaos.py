"""Everything fails at random for a while: nothing is lost, doubled or left behind."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import anyio
import pytest

from pipeline.domain.errors import (
    DestinationUnavailable,
    DocumentHeld,
    DocumentRejected,
    HubUnavailable,
    TenantBlocked,
    TransientError,
)
from pipeline.engine.envelope import Rejected
from pipeline.engine.guard import GuardPolicy
from pipeline.engine.retry import RetryPolicy
from pipeline.engine.running import RunningLine
from pipeline.engine.scheduler import Pace, Scheduler
from pipeline.engine.tenancy import Limits
from tests.unit.engine.toy_line import Body, Ref, Row, ToyLine

TROUBLE_ENDS_S = 1800.0
SEEDS = range(8)

ERRORS: dict[str, tuple[Callable[[], Exception], ...]] = {
    "listing": (
        lambda: HubUnavailable("502"),
        lambda: HubUnavailable("429", retry_after=timedelta(hours=1)),
        lambda: TransientError("timeout"),
        lambda: TenantBlocked("Sign in again."),
        ZeroDivisionError,
    ),
    "download": (
        lambda: HubUnavailable("502"),
        lambda: TransientError("429", retry_after=timedelta(seconds=7)),
        lambda: TenantBlocked("Sign in again."),
    ),
    "write": (
        lambda: DestinationUnavailable("full"),
        lambda: DestinationUnavailable("full", retry_after=timedelta(minutes=10)),
        lambda: TransientError("busy"),
    ),
    "sink": (lambda: DestinationUnavailable("full"), ZeroDivisionError),
}


class Chaos:
    """A toy line in which everything may fail until the trouble ends, and anybody is woken."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)  # noqa: S311 - the same trouble every time
        self.toy = ToyLine(page_size=self.rng.choice([3, 10, 100]))
        self.toy.list_takes = self.toy.download_takes = self.toy.write_takes = self.duration
        self.toy.refuses_listing = lambda _: self.trouble("listing", 0.1)
        self.toy.refuses_download = self.download
        self.toy.refuses_write = lambda _: self.trouble("write", 0.3)
        self.toy.refuses_sink = self.sink
        self.toy.spoils_write = self.spoil
        for number in range(40):
            lane = f"lane{self.rng.randrange(3)}"
            weight = self.rng.choice([10, 1000, 100_000])
            count = self.rng.choice([0, 1, 5, 60])
            self.toy.offer(f"hub{number % 2}/{number}", count, lane=lane, weight=weight)
        self.offered = sum(map(len, self.toy.pending.values()))
        pace = Pace(minimum=timedelta(seconds=30), maximum=timedelta(seconds=300))
        self.scheduler = self.toy.scheduler(pace=pace)

    def duration(self, _: Any) -> float:
        return self.rng.choice([0.0, 0.0, 0.1, 3.0])

    def trouble(self, stage: str, share: float) -> Exception | None:
        if self.toy.clock.monotonic() > TROUBLE_ENDS_S or self.rng.random() > share:
            return None
        self.scheduler.wake(self.rng.choice(list(self.toy.pending)))
        return self.rng.choice(ERRORS[stage])()

    def download(self, ref: Ref) -> Exception | None:
        if ref.number % 17 == 0:
            return DocumentRejected("no", rule="gone")
        if ref.number % 19 == 1:
            return ZeroDivisionError()
        return self.trouble("download", 0.1)

    def spoil(self, ref: Ref) -> Exception | None:
        return DocumentHeld("again?", rule="duplicate") if ref.number % 13 == 1 else None

    def sink(self, _: Sequence[Rejected]) -> Exception | None:
        return self.trouble("sink", 0.1)

    def done(self) -> list[Ref]:
        return [ref for _, ref in self.toy.completed] + [_ref(r) for r in self.toy.rejected]

    def doubled(self) -> bool:
        """Whether an item was done twice, or the hub was told of one that it did not list."""
        is_unknown = any(isinstance(error, ValueError) for error, _ in self.toy.bugs)
        return is_unknown or len(self.done()) > len(set(self.done()))


async def run(chaos: Chaos) -> RunningLine:
    toy = chaos.toy
    running = toy.assemble(
        chaos.scheduler,
        listers=3,
        limits=Limits(
            in_flight=20,
            in_flight_bytes=250_000,
            per_tenant=4,
            per_lane=9,
            per_hub=15,
            queued=60,
            queued_per_tenant=20,
            queued_per_lane=30,
        ),
        retry=RetryPolicy(burst=30),
        guard=GuardPolicy(items=10_000),
    )

    async def stop_when_all_is_done() -> None:
        while any(toy.pending.values()) and toy.clock.monotonic() < 6 * 3600:
            await toy.clock.sleep(60)
        running.stop()

    async with toy.clock.running(), anyio.create_task_group() as tasks:
        tasks.start_soon(stop_when_all_is_done)
        await running.run()

    return running


@pytest.mark.parametrize("seed", SEEDS)
async def test_nothing_is_lost_doubled_or_left_behind(seed: int) -> None:
    chaos = Chaos(seed)
    toy = chaos.toy

    running = await run(chaos)

    assert not any(toy.pending.values())
    assert not chaos.doubled()
    assert len(chaos.done()) == chaos.offered
    for summary in toy.passes:
        outcomes = summary.completed + summary.rejected + summary.held + summary.postponed
        assert outcomes == summary.listed
    _assert_empty(running)


async def test_two_passes_of_a_tenant_at_once_would_double_its_items(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted fault: a wake is served while the tenant's pass runs."""
    monkeypatch.setattr(
        Scheduler, "wake", lambda self, tenant: self._put(self._entries[tenant], 0.0)
    )
    chaos = Chaos(seed=1)

    await run(chaos)

    assert chaos.doubled()


def _ref(rejected: Rejected) -> Ref:
    item = rejected.item
    return item.ref if isinstance(item, Body | Row) else item


def _assert_empty(running: RunningLine) -> None:
    seen = running.snapshot()
    assert (seen.queued, seen.in_flight, seen.in_flight_bytes, seen.passes_running) == (0, 0, 0, 0)
    assert not running._delays
    queue = running._queue
    assert [queue._tenants, queue._lanes, queue._hubs, queue._flows] == [{}, {}, {}, {}]
    for runner in running._runners:
        assert runner.queued() == 0
