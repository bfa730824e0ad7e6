"""Limits of one credential, over an hour of virtual time."""

from collections import Counter
from datetime import timedelta

import anyio
import pytest

from pipeline.connectors.limits import CredentialLimiter, Limiters
from pipeline.ports.hub import Window
from pipeline.testing.clock import VirtualClock

HOUR_S = 3600.0
TEN_SECONDS = Window(10, timedelta(seconds=10))
MINUTE = Window(60, timedelta(minutes=1))


def most_in(moments: list[float], period_s: float) -> int:
    """The largest number of moments in any period, half open."""
    most, first = 0, 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= period_s:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize(
    "windows", [(TEN_SECONDS, MINUTE), (MINUTE,), (Window(3, timedelta(seconds=7)),)]
)
async def test_no_window_is_exceeded_in_an_hour_and_95_percent_of_it_are_used(
    windows: tuple[Window, ...],
) -> None:
    clock = VirtualClock()
    limiter = CredentialLimiter(clock, windows=windows, concurrency=4)
    moments: list[float] = []
    end = clock.monotonic() + HOUR_S

    async def ask_until_the_end() -> None:
        while clock.monotonic() < end:
            async with limiter:
                moments.append(clock.monotonic())

    async with clock.running(), anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(ask_until_the_end)

    allowed = min(w.requests * HOUR_S / w.period.total_seconds() for w in windows)
    assert len(moments) >= 0.95 * allowed
    for window in windows:
        assert most_in(moments, window.period.total_seconds()) <= window.requests


async def test_every_tenant_is_served_in_the_first_round() -> None:
    clock = VirtualClock()
    limiter = CredentialLimiter(clock, windows=(TEN_SECONDS, MINUTE), concurrency=200)
    served: list[int] = []

    async def ask(tenant: int) -> None:
        for _round in range(2):
            async with limiter:
                served.append(tenant)
                await anyio.lowlevel.checkpoint()

    async with clock.running(), anyio.create_task_group() as group:
        for tenant in range(200):
            group.start_soon(ask, tenant)

    assert max(Counter(served[:200]).values()) == 1


async def test_a_retry_after_stops_the_whole_credential_and_a_shorter_one_does_not_shorten_it() -> (
    None
):
    clock = VirtualClock()
    limiter = CredentialLimiter(clock, concurrency=2)
    start = clock.monotonic()

    limiter.pause(timedelta(seconds=30))
    limiter.pause(timedelta(seconds=5))
    async with clock.running(), limiter:
        waited = clock.monotonic() - start

    assert waited == pytest.approx(30)


async def test_no_more_requests_are_under_way_than_the_cap() -> None:
    limiter = CredentialLimiter(VirtualClock(), concurrency=3)
    under_way = most = 0

    async def ask() -> None:
        nonlocal under_way, most
        async with limiter:
            under_way += 1
            most = max(most, under_way)
            await anyio.lowlevel.checkpoint()
            under_way -= 1

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask)

    assert most == 3


async def test_a_cancelled_waiter_gives_its_place_back() -> None:
    limiter = CredentialLimiter(VirtualClock(), concurrency=1)

    async with limiter:
        with anyio.move_on_after(0):
            async with limiter:
                pytest.fail("there is one place only")

    with anyio.fail_after(1):
        async with limiter:
            pass


async def test_a_waiter_that_is_cancelled_while_it_waits_for_time_gives_its_place_back() -> None:
    clock = VirtualClock()
    limiter = CredentialLimiter(clock, concurrency=1)
    limiter.pause(timedelta(seconds=30))

    with anyio.move_on_after(0.01):
        async with limiter:
            pytest.fail("it is paused")
    await clock.advance(30)

    with anyio.fail_after(1):
        async with limiter:
            pass


def test_instances_that_share_a_credential_share_its_limiter() -> None:
    limiters = Limiters(VirtualClock())

    assert limiters.get("office", concurrency=2) is limiters.get("office", concurrency=2)
    assert limiters.get("office", concurrency=2) is not limiters.get("other", concurrency=2)


def test_workers_divide_what_a_credential_may_have_under_way() -> None:
    limiters = Limiters(VirtualClock(), workers=3).of("hub")

    assert limiters.get("office", concurrency=16).concurrency == 5
    assert not limiters.is_indivisible


@pytest.mark.parametrize(
    ("windows", "concurrency"), [((MINUTE,), 16), ((), 2)], ids=["windows", "fewer than workers"]
)
def test_a_credential_that_cannot_be_divided_says_so_of_its_hub_and_no_other(
    windows: tuple[Window, ...], concurrency: int
) -> None:
    limiters = Limiters(VirtualClock(), workers=3)
    hub, other = limiters.of("hub"), limiters.of("other")

    limiter = hub.get("office", windows=windows, concurrency=concurrency)
    other.get("another office", concurrency=16)

    assert limiter.concurrency == concurrency
    assert (hub.is_indivisible, other.is_indivisible) == (True, False)
