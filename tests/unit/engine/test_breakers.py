"""Circuit breakers: probes instead of hammering."""

from datetime import timedelta

import pytest

from pipeline.engine.breaker import Breaker, BreakerPolicy, Breakers, BreakerState
from pipeline.testing.clock import VirtualClock
from tests.unit.engine.toy_line import seeded

POLICY = BreakerPolicy(
    failures=3,
    first_probe=timedelta(seconds=5),
    longest_wait=timedelta(seconds=60),
    jitter=0.2,
)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def breaker(clock: VirtualClock) -> Breaker:
    return Breaker(POLICY, clock, seeded())


def fail(breaker: Breaker, times: int) -> list[bool]:
    return [breaker.failed() for _ in range(times)]


async def test_it_opens_after_failures_in_a_row(breaker: Breaker) -> None:
    assert fail(breaker, 3) == [False, False, True]
    assert breaker.is_open
    assert not breaker.would_admit


async def test_a_success_in_between_starts_the_count_anew(breaker: Breaker) -> None:
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)

    assert breaker.state is BreakerState.CLOSED


async def test_one_probe_goes_when_the_wait_is_over(breaker: Breaker, clock: VirtualClock) -> None:
    fail(breaker, 3)
    wait_s = breaker.wait_s
    await clock.advance(wait_s)

    assert 5 <= wait_s <= 6
    assert [breaker.would_admit, breaker.admit(), breaker.would_admit] == [True, True, False]
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.wait_s == 5


async def test_a_probe_that_succeeds_closes_it(breaker: Breaker, clock: VirtualClock) -> None:
    fail(breaker, 3)
    await clock.advance(breaker.wait_s)
    breaker.admit()

    assert breaker.succeeded()
    assert breaker.would_admit
    assert not breaker.admit()
    assert breaker.wait_s == 0


async def test_waits_grow_up_to_the_longest(breaker: Breaker, clock: VirtualClock) -> None:
    fail(breaker, 3)
    waits = []
    for _ in range(7):
        waits.append(breaker.wait_s)
        await clock.advance(breaker.wait_s)
        breaker.admit()
        assert breaker.failed()

    for wait_s, expected in zip(waits, (5, 10, 20, 40, 60, 60, 60), strict=True):
        assert expected <= wait_s <= expected * 1.2


async def test_one_that_fails_again_at_once_waits_longer_than_one_that_was_well(
    breaker: Breaker, clock: VirtualClock
) -> None:
    fail(breaker, 3)
    await clock.advance(breaker.wait_s)
    breaker.admit()
    breaker.succeeded()
    fail(breaker, 3)
    flapping = breaker.wait_s
    await clock.advance(flapping)
    breaker.admit()
    breaker.succeeded()
    await clock.advance(3600)
    fail(breaker, 3)

    assert flapping >= 10
    assert breaker.wait_s <= 6


async def test_retry_after_wins_over_the_wait(breaker: Breaker, clock: VirtualClock) -> None:
    fail(breaker, 2)
    breaker.failed(timedelta(minutes=10))

    assert breaker.wait_s == 600
    breaker.failed(timedelta(minutes=20))
    await clock.advance(600)
    assert breaker.is_open
    assert breaker.wait_s == 600


async def test_a_probe_without_an_answer_lets_the_next_one_go(
    breaker: Breaker, clock: VirtualClock
) -> None:
    fail(breaker, 3)
    await clock.advance(breaker.wait_s)
    breaker.admit()
    breaker.lapsed()

    assert breaker.would_admit


async def test_a_lapse_without_a_probe_changes_nothing(breaker: Breaker) -> None:
    fail(breaker, 3)
    breaker.lapsed()

    assert breaker.is_open


def test_breakers_are_made_when_asked_for(clock: VirtualClock) -> None:
    breakers = Breakers(POLICY, clock, seeded())
    fail(breakers["a"], 3)

    assert breakers["b"] is breakers["b"]
    assert breakers.states() == {"a": BreakerState.OPEN, "b": BreakerState.CLOSED}
