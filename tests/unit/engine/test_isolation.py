"""One tenant, lane or hub cannot starve or stall another."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import anyio
import pytest

from pipeline.domain.errors import DestinationUnavailable, HubUnavailable
from pipeline.engine.breaker import BreakerPolicy, BreakerState
from pipeline.engine.passes import PassSummary
from pipeline.engine.pools import Flow
from pipeline.engine.reports import AT_ONCE, BACKLOG
from pipeline.engine.runner import MOST_IDLE, BatchRunner
from pipeline.engine.scheduler import Pace
from pipeline.engine.tenancy import Limits
from tests.unit.engine.toy_line import Ref, ToyLine

DEAD = "dead"


def one_second(_: Any) -> float:
    return 1.0


async def huge_beside_small() -> tuple[float, float]:
    """When the last small tenant is done, and when the huge one is."""
    toy = ToyLine(download_takes=one_second)
    toy.offer("hub/huge", 2000)
    for number in range(1000):
        toy.offer(f"hub/small{number}", 1)
    await toy.run_once(limits=Limits(per_tenant=4), listers=8)
    huge = [at for at, ref in toy.completed if ref.tenant == "hub/huge"]
    small = [at for at, ref in toy.completed if ref.tenant != "hub/huge"]
    assert (len(huge), len(small)) == (2000, 1000)
    return max(small), max(huge)


async def test_a_huge_tenant_delays_a_thousand_small_ones_by_its_share_only() -> None:
    """16 workers, one second an item: 1,000 small items alone take 63 seconds."""
    small, _ = await huge_beside_small()

    assert small < 63 * 1.4


async def test_without_a_limit_per_tenant_the_huge_one_would_take_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted fault: first come, first served, and no tenant has a limit."""

    def first_come(flow: Flow, place: Any) -> None:
        if place is None or flow.place is not place:
            original(flow, place)

    original = Flow.move_to
    monkeypatch.setattr(Flow, "move_to", first_come)
    monkeypatch.setattr(Flow, "holdup", lambda _: None)

    small, _ = await huge_beside_small()

    assert small > 63 * 1.4


def slow_lane(refs: Sequence[Ref]) -> float:
    return 10.0 if refs[0].lane == "slow" else 0.01


async def slow_beside_quick(toy: ToyLine) -> float:
    """When the last item of the quick lane is done, while every write of the other takes 10 s."""
    toy.write_takes = slow_lane
    for number in range(200):
        toy.offer(f"hub/slow{number}", 20, lane="slow")
    for number in range(200):
        toy.offer(f"hub/quick{number}", 20, lane="quick")
    limits = Limits(per_lane=64, queued_per_lane=200)
    running = toy.assemble(toy.scheduler(), listers=4, limits=limits)
    quick = 0

    def count(refs: Sequence[Ref]) -> None:
        nonlocal quick
        quick += sum(ref.lane == "quick" for ref in refs)
        if quick == 4000:
            running.stop()

    toy.refuses_write = count
    async with toy.clock.running():
        await running.run()
    return max(at for at, ref in toy.completed if ref.lane == "quick")


async def test_a_lane_that_takes_ten_seconds_a_call_stalls_only_itself() -> None:
    assert await slow_beside_quick(ToyLine()) < 20


async def test_a_full_lane_is_not_listed_again_before_there_is_room() -> None:
    toy = ToyLine(write_takes=lambda _: 10.0)
    for number in range(200):
        toy.offer(f"hub/{number}", 20)

    await toy.run_once(listers=4, limits=Limits(per_lane=64, queued_per_lane=200))

    assert len(toy.completed) == 4000
    assert sum(toy.listed.values()) < 700


@pytest.mark.parametrize(
    ("lanes", "listings"),
    [
        pytest.param(("disk",), range(600, 650), id="lanes known"),
        pytest.param((), range(1000, 1400), id="lanes not known"),
    ],
)
async def test_a_tenant_whose_lanes_are_full_is_not_listed_in_vain(
    lanes: tuple[str, ...], listings: range
) -> None:
    toy = ToyLine(write_takes=lambda _: 1.0, lanes_of=lambda _: lanes)
    for number in range(600):
        toy.offer(f"hub/{number}", 4)

    await toy.run_once(listers=8, limits=Limits(per_lane=64, queued_per_lane=200))

    assert len(toy.completed) == 2400
    assert sum(toy.listed.values()) in listings


async def test_a_tenant_with_room_in_one_of_its_lanes_is_listed() -> None:
    toy = ToyLine(write_takes=slow_lane, lanes_of=lambda _: ("slow", "quick"))

    assert await slow_beside_quick(toy) < 20


async def test_lanes_that_share_a_buffer_would_stall_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted fault: one buffer and one worker for all lanes."""
    monkeypatch.setattr(BatchRunner, "_by_key", lambda _self, envelopes: {"": envelopes})

    assert await slow_beside_quick(ToyLine()) > 100


async def test_only_so_many_lanes_keep_a_worker_that_waits() -> None:
    toy = ToyLine()
    for number in range(3 * MOST_IDLE):
        toy.offer(f"hub/{number}", 1, lane=f"lane {number}")

    running = await toy.run_once()

    assert len(toy.completed) == 3 * MOST_IDLE
    [write] = [each for each in running._runners if each.spec.name == "write"]
    assert isinstance(write, BatchRunner)
    assert len(write._buffers) == MOST_IDLE


async def test_a_dead_lane_does_not_fill_the_line() -> None:
    toy = ToyLine(
        write_takes=lambda refs: 10.0 if refs[0].lane == DEAD else 0.0,
        refuses_write=lambda refs: DestinationUnavailable("gone") if refs[0].lane == DEAD else None,
    )
    for number in range(100):
        toy.offer(f"hub/dead{number}", 50, lane=DEAD)
        toy.offer(f"hub/fine{number}", 50, lane="fine")

    running = await toy.run_once(limits=Limits(per_lane=64, queued_per_lane=1000))

    fine = [at for at, ref in toy.completed if ref.lane == "fine"]
    assert len(fine) == 5000
    assert max(fine) < 5
    dead = [s for s in toy.passes if "dead" in s.tenant]
    assert len(dead) >= 100
    assert not any(s.completed or s.is_clean for s in dead)
    assert running.snapshot().lanes == {DEAD: BreakerState.OPEN, "fine": BreakerState.CLOSED}


async def run_for_an_hour(toy: ToyLine) -> None:
    """Run as a service does, for an hour."""
    running = toy.assemble(
        toy.scheduler(pace=Pace(maximum=timedelta(minutes=2))),
        breaker=BreakerPolicy(longest_wait=timedelta(minutes=5)),
    )

    async def stop() -> None:
        await toy.clock.sleep(3600)
        running.stop()

    async with toy.clock.running(), anyio.create_task_group() as tasks:
        tasks.start_soon(stop)
        await running.run()


async def test_a_dead_destination_is_probed_and_not_hammered() -> None:
    toy = ToyLine(refuses_write=lambda _: DestinationUnavailable("gone"))
    for number in range(50):
        toy.offer(f"hub/{number}", 50)

    await run_for_an_hour(toy)

    times = [at for at, _ in toy.writes]
    assert len(times) < 40
    assert times[-1] > 3000
    assert times[-1] - times[-2] >= 300


async def test_a_dead_hub_is_probed_and_not_hammered_and_the_other_goes_on() -> None:
    toy = ToyLine(
        refuses_listing=lambda tenant: HubUnavailable("502") if tenant.startswith(DEAD) else None
    )
    for number in range(100):
        toy.offer(f"{DEAD}/{number}", 1)
    for number in range(10):
        toy.offer(f"fine/{number}", 10)

    await run_for_an_hour(toy)

    assert toy.completed_of("fine/7") == 10
    asked = sum(count for tenant, count in toy.listed.items() if tenant.startswith(DEAD))
    assert asked < 60


async def test_work_goes_on_by_itself_when_a_destination_is_back() -> None:
    toy = ToyLine()
    toy.refuses_write = lambda _: (
        DestinationUnavailable("gone") if toy.clock.monotonic() < 1200 else None
    )
    for number in range(20):
        toy.offer(f"hub/{number}", 50)

    await run_for_an_hour(toy)

    assert len(toy.completed) == 1000
    assert max(at for at, _ in toy.completed) < 1200 + 2 * 360 + 120


async def test_a_hub_that_fails_downloads_is_left_alone_for_growing_waits() -> None:
    toy = ToyLine(refuses_download=lambda _: HubUnavailable("503"))
    for number in range(20):
        toy.offer(f"hub/{number}", 50)

    await run_for_an_hour(toy)

    late = [at for at, _ in toy.downloads if at > 1800]
    assert len(toy.downloads) < 1500
    assert len(late) < 600


async def test_retry_after_of_a_hub_holds_for_all_its_tenants() -> None:
    toy = ToyLine()
    toy.refuses_listing = lambda _: (
        HubUnavailable("slow down", retry_after=timedelta(minutes=30))
        if toy.clock.monotonic() < 60
        else None
    )
    for number in range(50):
        toy.offer(f"hub/{number}", 1)

    await run_for_an_hour(toy)

    assert min(at for at, _ in toy.completed) >= 1800
    assert len(toy.completed) == 50


async def test_limits_hold_in_every_stage_at_every_moment() -> None:
    toy = ToyLine(download_takes=one_second, workers=64)
    for number in range(30):
        toy.offer(f"hub/{number}", 30, lane=f"lane{number % 3}", weight=10)
    limits = Limits(in_flight=40, in_flight_bytes=300, per_tenant=3, per_lane=15)
    running = toy.assemble(scheduler := toy.scheduler(), limits=limits)
    scheduler.close_when_idle()
    peaks = {"items": 0, "bytes": 0}

    def look(_: Sequence[Ref]) -> None:
        seen = running.snapshot()
        peaks["items"] = max(peaks["items"], seen.in_flight)
        peaks["bytes"] = max(peaks["bytes"], seen.in_flight_bytes)
        assert max(pool.in_flight for pool in running._queue._lanes.values()) <= 15

    toy.refuses_write = look
    async with toy.clock.running():
        await running.run()

    assert len(toy.completed) == 900
    assert peaks["items"] <= 30
    assert peaks["bytes"] <= 300


async def test_items_on_their_way_to_a_lane_that_just_shut_are_not_sent_there() -> None:
    toy = ToyLine(write_takes=one_second, refuses_write=lambda _: DestinationUnavailable("gone"))
    for number in range(100):
        toy.offer(f"hub/{number}", 2)

    await toy.run_once(limits=Limits(per_lane=256), breaker=BreakerPolicy(failures=1))

    assert len(toy.writes) == 1
    assert sum(s.postponed for s in toy.passes) == 200
    assert any("Destination disk failed" in (s.problem or "") for s in toy.passes)


async def test_what_is_listed_for_a_shut_lane_is_left_for_later_and_other_lanes_are_served() -> (
    None
):
    toy = ToyLine(refuses_write=lambda r: None if r[0].lane == "fine" else _gone())
    toy.list_takes = lambda tenant: 2.0 if tenant == "hub/both" else 0.0
    toy.offer("hub/early", 5, lane=DEAD)
    toy.offer("hub/both", 5, lane=DEAD)
    toy.offer("hub/both", 5, lane="fine")

    await toy.run_once(breaker=BreakerPolicy(failures=1))

    both = next(s for s in toy.passes if s.tenant == "hub/both")
    assert (both.listed, both.completed, both.postponed) == (10, 5, 5)
    assert "Destination dead failed" in (both.problem or "")


def _gone() -> DestinationUnavailable:
    return DestinationUnavailable("gone")


async def test_reports_of_passes_that_come_slowly_slow_the_listing_down() -> None:
    toy = ToyLine()
    for number in range(600):
        toy.offer(f"hub/{number}", 0)
    scheduler = toy.scheduler()
    scheduler.close_when_idle()
    open_passes: list[int] = []

    async def note(summaries: Sequence[PassSummary]) -> None:
        open_passes.extend([running.snapshot().passes_running] * len(summaries))
        await toy.clock.sleep(1)

    toy.note_pass = note  # type: ignore[method-assign]
    running = toy.assemble(scheduler, listers=4, reporters=2)
    async with toy.clock.running():
        await running.run()

    assert len(open_passes) == 600
    assert max(open_passes) <= BACKLOG + 2 * AT_ONCE + 2 * 4
