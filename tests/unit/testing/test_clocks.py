"""Virtual time and the time of the machine."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest

from pipeline.connectors.clock import SystemClock
from pipeline.ports.clock import Clock
from pipeline.testing.clock import VirtualClock, settle


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_sleepers_wake_in_order_when_time_is_moved() -> None:
    clock = VirtualClock(datetime(2026, 3, 1, tzinfo=UTC))
    woken: list[tuple[float, float]] = []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.monotonic()))

    async with anyio.create_task_group() as tasks:
        for seconds in (5.0, 1.0, 3.0, 9.0):
            tasks.start_soon(sleep, seconds)
        await clock.advance(6)
        assert woken == [(1, 1), (3, 3), (5, 5)]
        assert clock.sleepers == 1
        assert clock.now() == datetime(2026, 3, 1, 0, 0, 6, tzinfo=UTC)
        tasks.cancel_scope.cancel()

    assert clock.sleepers == 0


async def test_a_sleeper_that_sleeps_again_is_served_in_the_same_move() -> None:
    clock = VirtualClock()
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            await clock.sleep(2)
            ticks.append(clock.monotonic())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tick)
        await clock.advance(7)
        tasks.cancel_scope.cancel()

    assert ticks == [2, 4, 6]


async def test_time_jumps_by_itself_while_it_runs() -> None:
    clock = VirtualClock()

    async with clock.running():
        await clock.sleep(3600)
        with anyio.move_on_after(5):
            await clock.sleep(0)

    assert clock.monotonic() == 3600


async def test_what_fails_while_time_runs_is_raised_bare() -> None:
    clock = VirtualClock()

    async def fail() -> None:
        async with clock.running():
            await clock.sleep(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()


async def test_settling_lets_every_task_go_as_far_as_it_can() -> None:
    steps = 0

    async def walk() -> None:
        nonlocal steps
        for _ in range(100):
            await anyio.lowlevel.checkpoint()
            steps += 1
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(walk)
        await settle()
        tasks.cancel_scope.cancel()

    assert steps == 100


async def test_the_system_clock_goes_on() -> None:
    clock: Clock = SystemClock()
    before = clock.monotonic()

    await clock.sleep(0.001)
    await clock.sleep(-1)

    assert clock.monotonic() >= before + 0.001
    assert clock.now().utcoffset() == timedelta(0)
