"""Invariants 1 and 2: everything listed arrives once and whole, and Forwarded means durable."""

import pytest

from tests.sim.simulation import simulate

SEEDS = 300
BLOCK = 30


@pytest.mark.parametrize(
    "first", range(0, SEEDS, BLOCK), ids=lambda first: f"seeds {first} to {first + BLOCK - 1}"
)
def test_kills_and_power_cuts_lose_repeat_and_cut_nothing(first: int) -> None:
    for seed in range(first, first + BLOCK):
        outcome = simulate(seed)

        assert not outcome.violations, f"\nreplay: python -m tests.sim --seed {seed}\n{outcome}"


def test_the_same_seed_gives_the_same_world() -> None:
    assert str(simulate(17)) == str(simulate(17))
