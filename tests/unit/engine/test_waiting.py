"""Channels, bells, alarms and delays: nobody waits too long, nothing is lost."""

from datetime import timedelta

import anyio
import pytest

from pipeline.engine.channel import Channel, ChannelFull
from pipeline.engine.delays import Delays
from pipeline.engine.wakeup import Alarm, Bell
from pipeline.testing.clock import VirtualClock, settle

LINGER = timedelta(milliseconds=5)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def channel(clock: VirtualClock) -> Channel[int]:
    return Channel(10, clock)


def fill(channel: Channel[int], count: int) -> None:
    for number in range(count):
        channel.put(number)


async def test_a_drain_takes_the_oldest_items_up_to_its_bound(channel: Channel[int]) -> None:
    fill(channel, 5)

    assert await channel.drain(3) == [0, 1, 2]
    assert await channel.drain(3) == [3, 4]
    assert await channel.drain(3) == []


async def test_a_channel_refuses_more_than_it_may_hold(channel: Channel[int]) -> None:
    fill(channel, 10)

    with pytest.raises(ChannelFull):
        channel.put(10)
    assert len(channel) == 10


async def test_a_full_batch_does_not_linger(channel: Channel[int], clock: VirtualClock) -> None:
    fill(channel, 3)

    assert len(await channel.drain(3, LINGER)) == 3
    assert clock.monotonic() == 0


async def test_a_batch_lingers_for_more_and_goes_when_the_time_is_over(
    channel: Channel[int], clock: VirtualClock
) -> None:
    batches: list[list[int]] = []

    async def drain() -> None:
        batches.append(await channel.drain(5, LINGER))

    fill(channel, 1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(drain)
        await clock.advance(0.003)
        channel.put(1)
        await settle()
        assert batches == []
        await clock.advance(0.002)
        assert batches == [[0, 1]]


async def test_a_lingering_batch_goes_as_soon_as_it_is_full(
    channel: Channel[int], clock: VirtualClock
) -> None:
    batches: list[list[int]] = []

    async def drain() -> None:
        batches.append(await channel.drain(3, LINGER))

    fill(channel, 1)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(drain)
        await settle()
        fill(channel, 2)
        await settle()
        assert batches == [[0, 0, 1]]
    assert clock.sleepers == 0


async def test_taking_waits_for_an_item(channel: Channel[int]) -> None:
    taken: list[int] = []

    async def take() -> None:
        taken.append(await channel.take())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take)
        tasks.start_soon(take)
        await settle()
        channel.put(1)
        await settle()
        assert taken == [1]
        channel.put(2)

    assert taken == [1, 2]


async def test_a_ring_that_reaches_a_cancelled_task_is_handed_on() -> None:
    bell = Bell()
    woken: list[str] = []

    async def wait(name: str, scope: anyio.CancelScope) -> None:
        with scope:
            await bell.wait()
            woken.append(name)

    first, second = anyio.CancelScope(), anyio.CancelScope()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait, "first", first)
        await settle()
        tasks.start_soon(wait, "second", second)
        await settle()
        first.cancel()
        bell.ring()

    assert woken in (["first"], ["second"])
    assert not bell.is_awaited


async def test_a_task_that_gave_up_is_not_rung() -> None:
    bell = Bell()
    with anyio.move_on_after(0):
        await bell.wait()

    assert not bell.is_awaited


async def test_an_alarm_rings_at_its_moment_or_before_when_told(clock: VirtualClock) -> None:
    alarm = Alarm(clock)
    rang: list[float] = []

    async def sleep() -> None:
        for until in (10.0, None, 20.0):
            await alarm.wait(until)
            rang.append(clock.monotonic())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sleep)
        await clock.advance(5)
        alarm.ring(at=11.0)
        await clock.advance(10)
        assert rang == [10.0]
        alarm.ring()
        await clock.advance(1)
        assert rang == [10.0, 15.0]
        alarm.ring(at=17.0)
        await settle()

    assert rang == [10.0, 15.0, 16.0]


async def test_delayed_actions_happen_in_the_order_of_their_moments(clock: VirtualClock) -> None:
    delays = Delays(clock)
    done: list[tuple[str, float]] = []

    def note(name: str) -> None:
        done.append((name, clock.monotonic()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(delays.work)
        delays.put(10, lambda: note("late"))
        await clock.advance(1)
        delays.put(2, lambda: note("early"))
        await clock.advance(20)
        delays.put(100, lambda: note("at once"))
        delays.flush()
        tasks.cancel_scope.cancel()

    assert done == [("early", 3), ("late", 10), ("at once", 21)]
    assert len(delays) == 0
