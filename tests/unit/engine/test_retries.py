"""When an item is tried again."""

from datetime import timedelta

import pytest

from pipeline.domain.errors import TransientError
from pipeline.engine.retry import RetryBudget, RetryPolicy
from pipeline.testing.clock import VirtualClock
from tests.unit.engine.toy_line import ToyLine

POLICY = RetryPolicy(
    attempts=4, first=timedelta(seconds=1), longest=timedelta(seconds=30), per_second=1, burst=3
)


@pytest.mark.parametrize(
    ("attempt", "spread", "expected"),
    [
        pytest.param(1, 0.0, 0.5, id="first, soonest"),
        pytest.param(1, 1.0, 1.0, id="first, latest"),
        pytest.param(2, 1.0, 2.0, id="second"),
        pytest.param(3, 1.0, 4.0, id="third"),
        pytest.param(4, 1.0, None, id="no attempt left"),
    ],
)
def test_waits_double(attempt: int, spread: float, expected: float | None) -> None:
    assert POLICY.delay_s(attempt, None, spread) == expected


def test_a_wait_never_passes_the_longest() -> None:
    policy = RetryPolicy(attempts=20, longest=timedelta(seconds=30))

    assert policy.delay_s(15, None, 1.0) == 30


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_a_retry_after_is_never_cut_short(spread: float) -> None:
    delay_s = POLICY.delay_s(1, timedelta(seconds=20), spread)

    assert delay_s is not None
    assert 20 <= delay_s <= 22


def test_a_retry_after_longer_than_an_item_may_wait_leaves_it_for_later() -> None:
    assert POLICY.delay_s(1, timedelta(seconds=31), 0.0) is None


async def test_the_budget_fills_with_time_and_no_further_than_its_bound() -> None:
    clock = VirtualClock()
    budget = RetryBudget(POLICY, clock)

    assert [budget.spend() for _ in range(4)] == [True, True, True, False]
    await clock.advance(2)
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    await clock.advance(100)
    assert [budget.spend() for _ in range(4)] == [True, True, True, False]


async def test_an_item_is_tried_as_often_as_the_policy_says_and_then_left_for_later() -> None:
    toy = ToyLine()
    toy.offer("hub/a", 1)
    toy.refuses_download = lambda _: TransientError("busy")

    await toy.run_once(retry=POLICY)

    times = [at for at, _ in toy.downloads]
    assert len(times) == 4
    assert 0.5 <= times[1] - times[0] <= 1
    assert 2 <= times[3] - times[2] <= 4
    assert toy.passes[0].postponed == 1
    assert toy.passes[0].problem == "busy"


async def test_a_retry_after_is_obeyed() -> None:
    toy = ToyLine()
    toy.offer("hub/a", 1)
    refusals = [TransientError("busy", retry_after=timedelta(seconds=20))]
    toy.refuses_download = lambda _: refusals.pop() if refusals else None

    await toy.run_once()

    assert toy.downloads[1][0] - toy.downloads[0][0] >= 20
    assert toy.passes[0].completed == 1


async def test_an_item_told_to_come_back_later_than_it_may_wait_frees_its_place() -> None:
    toy = ToyLine()
    toy.offer("hub/a", 1)
    toy.refuses_download = lambda _: TransientError("busy", retry_after=timedelta(hours=1))

    await toy.run_once()

    assert len(toy.downloads) == 1
    assert toy.passes[0].postponed == 1
    assert toy.clock.monotonic() < 1


async def test_a_wide_failure_does_not_multiply_the_load() -> None:
    toy = ToyLine()
    for number in range(300):
        toy.offer(f"hub/{number}", 1)
    toy.refuses_download = lambda _: TransientError("busy")

    await toy.run_once(retry=RetryPolicy(burst=20, per_second=0.001))

    assert len(toy.downloads) == 320


async def test_repeating_a_batch_costs_one_token_and_the_batch_comes_back_together() -> None:
    toy = ToyLine()
    for number in range(8):
        toy.offer(f"hub/{number}", 4)
    refusals = [TransientError("full")]
    toy.refuses_write = lambda _: refusals.pop() if refusals else None

    await toy.run_once(retry=RetryPolicy(burst=1, per_second=0.001))

    assert len(toy.completed) == 32
    assert [len(refs) for _, refs in toy.writes] == [32, 32]
