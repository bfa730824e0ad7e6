"""When tenants are due."""

import tracemalloc
from datetime import timedelta

import anyio
import pytest

from pipeline.engine.scheduler import Pace, Scheduler
from pipeline.testing.clock import VirtualClock, settle
from tests.unit.engine.toy_line import seeded

PACE = Pace(minimum=timedelta(seconds=60), maximum=timedelta(seconds=600), jitter=0.2)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def scheduler(clock: VirtualClock) -> Scheduler:
    return Scheduler(clock, pace=PACE, rng=seeded())


async def wait_for_due(scheduler: Scheduler, clock: VirtualClock) -> tuple[str | None, float]:
    """The next due tenant, and how many seconds it took."""
    began = clock.monotonic()
    async with clock.running():
        tenant = await scheduler.next_due()
    return tenant, clock.monotonic() - began


async def test_a_new_tenant_is_due_at_once_or_after_the_time_given(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    scheduler.add("later", after=MINUTE)
    scheduler.add("now")

    assert await wait_for_due(scheduler, clock) == ("now", 0)
    assert await wait_for_due(scheduler, clock) == ("later", 60)


async def test_the_interval_grows_while_nothing_is_found_and_shrinks_after_a_find(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    scheduler.add("a")
    waits = []
    for found in (False, False, False, False, False, False, False, True, True, False):
        tenant, wait_s = await wait_for_due(scheduler, clock)
        assert tenant == "a"
        waits.append(wait_s)
        scheduler.finished("a", found=found)

    expected = (0, 90, 135, 202, 304, 456, 600, 600, 150, 60)
    for wait_s, middle in zip(waits, expected, strict=True):
        assert 0.8 * middle <= wait_s <= 1.2 * middle + 1


async def test_due_times_are_spread(scheduler: Scheduler, clock: VirtualClock) -> None:
    for number in range(200):
        scheduler.add(str(number))
    for _ in range(200):
        tenant = await scheduler.next_due()
        assert tenant is not None
        scheduler.finished(tenant)

    due = sorted(at for at, _, _ in scheduler._heap)

    assert 90 * 0.8 <= due[0] < 90 * 0.85
    assert 90 * 1.15 < due[-1] <= 90 * 1.2
    assert clock.monotonic() == 0


async def test_a_tenant_whose_pass_runs_is_not_handed_out_and_a_wake_is_not_lost(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    scheduler.add("a")
    await scheduler.next_due()
    handed_out: list[str | None] = []

    async def ask() -> None:
        handed_out.append(await scheduler.next_due())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        assert scheduler.wake("a")
        await clock.advance(1)
        assert handed_out == []
        scheduler.finished("a")
        await settle()
        assert handed_out == ["a"]


async def test_a_wake_makes_a_sleeping_tenant_due_now(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    scheduler.add("a", after=timedelta(hours=1))
    handed_out: list[str | None] = []

    async def ask() -> None:
        handed_out.append(await scheduler.next_due())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await settle()
        scheduler.wake("a")
        await settle()

    assert handed_out == ["a"]
    assert clock.monotonic() == 0
    assert not scheduler.wake("unknown")


async def test_everyone_or_some_can_be_woken(scheduler: Scheduler) -> None:
    for tenant in "abc":
        scheduler.add(tenant, after=MINUTE)

    scheduler.wake_all(["b"])
    assert await scheduler.next_due() == "b"
    scheduler.wake_all()
    assert {await scheduler.next_due(), await scheduler.next_due()} == {"a", "c"}


async def test_a_postponed_tenant_is_due_no_sooner_than_asked(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    scheduler.add("a")
    scheduler.postpone("a", timedelta(seconds=100))

    _, wait_s = await wait_for_due(scheduler, clock)

    assert 100 <= wait_s <= 120


async def test_a_removed_tenant_is_not_handed_out(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    scheduler.add("a")
    scheduler.add("b", after=MINUTE)
    scheduler.remove("a")
    scheduler.remove("a")

    assert await wait_for_due(scheduler, clock) == ("b", 60)
    assert "a" not in scheduler
    assert len(scheduler) == 1


async def test_a_tenant_removed_and_added_again_waits_for_its_old_pass(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    scheduler.add("a")
    await scheduler.next_due()
    scheduler.remove("a")
    scheduler.add("a")
    scheduler.add("b", after=MINUTE)

    assert await wait_for_due(scheduler, clock) == ("b", 60)
    scheduler.finished("a")
    assert await wait_for_due(scheduler, clock) == ("a", 0)


async def test_a_known_tenant_takes_a_new_pace_and_keeps_its_due_time(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    scheduler.add("a", after=MINUTE)
    scheduler.add("a", pace=Pace(minimum=timedelta(hours=6), maximum=timedelta(hours=6)))

    assert await wait_for_due(scheduler, clock) == ("a", 60)
    scheduler.finished("a", found=True)
    _, wait_s = await wait_for_due(scheduler, clock)
    assert wait_s >= 0.8 * 6 * 3600


async def test_many_are_added_at_once_each_with_its_time(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    slow = Pace(minimum=timedelta(hours=6), maximum=timedelta(hours=6))
    scheduler.add("known", after=MINUTE)

    scheduler.add_all([("later", 90.0), ("now", 0.0), ("known", 3.0)], pace=slow)

    assert [await wait_for_due(scheduler, clock) for _ in range(3)] == [
        ("now", 0),
        ("known", 60),
        ("later", 30),
    ]
    scheduler.finished("known")
    _, wait_s = await wait_for_due(scheduler, clock)
    assert wait_s >= 0.8 * 6 * 3600


async def test_many_that_are_added_wake_who_waits_for_the_next(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    scheduler.add("later", after=MINUTE)
    handed_out: list[str | None] = []

    async def ask() -> None:
        handed_out.append(await scheduler.next_due())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await settle()
        scheduler.add_all([("soon", 1.0)], pace=PACE)
        await clock.advance(1)
        assert handed_out == ["soon"]


async def test_it_closes_when_every_tenant_had_its_pass(scheduler: Scheduler) -> None:
    scheduler.add("a")
    scheduler.add("b")
    scheduler.add("much later", after=timedelta(hours=1))
    scheduler.close_when_idle()

    assert {await scheduler.next_due(), await scheduler.next_due()} == {"a", "b"}
    scheduler.finished("a")
    scheduler.finished("b", again_in=MINUTE)
    assert await scheduler.next_due() is None


async def test_it_does_not_close_before_the_rest_of_a_listing_had_its_pass(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    scheduler.add("a")
    scheduler.close_when_idle()
    await scheduler.next_due()
    scheduler.finished("a", again_in=timedelta(seconds=2), is_owed=True)

    tenant, wait_s = await wait_for_due(scheduler, clock)

    assert tenant == "a"
    assert 2 <= wait_s <= 2.4
    scheduler.finished("a")
    assert await scheduler.next_due() is None


async def test_closing_ends_every_wait(scheduler: Scheduler) -> None:
    answers: list[str | None] = []

    async def ask() -> None:
        answers.append(await scheduler.next_due())

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ask)
        await settle()
        scheduler.close()

    assert answers == [None, None, None]


def test_fifty_thousand_idle_tenants_fit_in_thirty_megabytes(clock: VirtualClock) -> None:
    tenants = [f"hub/{number}" for number in range(10_000)]
    tracemalloc.start()
    scheduler = Scheduler(clock, pace=PACE, rng=seeded())
    for number, tenant in enumerate(tenants):
        scheduler.add(tenant, after=timedelta(hours=1, milliseconds=number))
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size / 10_000 * 50_000 < 30_000_000


async def test_fifty_thousand_idle_tenants_wait_in_one_sleep_and_wake_nobody(
    scheduler: Scheduler, clock: VirtualClock
) -> None:
    for number in range(50_000):
        scheduler.add(f"hub/{number}", after=timedelta(hours=1, milliseconds=number))
    tasks_before = len(anyio.get_running_tasks())
    due: list[str | None] = []

    async def ask() -> None:
        due.append(await scheduler.next_due())

    async with anyio.create_task_group() as tasks:
        for _ in range(8):
            tasks.start_soon(ask)
        await clock.advance(3599)
        asleep = (clock.sleepers, len(anyio.get_running_tasks()) - tasks_before, list(due))
        tasks.cancel_scope.cancel()

    assert asleep == (1, 8, [])


async def test_the_heap_stays_bounded_when_tenants_are_woken_again_and_again(
    scheduler: Scheduler,
) -> None:
    for number in range(100):
        scheduler.add(str(number), after=MINUTE)
    for _ in range(200):
        scheduler.wake_all()

    assert len(scheduler._heap) <= 2 * 100 + 65
