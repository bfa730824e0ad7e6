"""The test of the test: a protocol with one step broken is found out, by its own symptom."""

import pytest

from tests.sim.planted import PLANTED, Planted
from tests.sim.simulation import simulate

SEEDS = 150


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_protocol_with_one_step_broken_is_found_out(planted: Planted) -> None:
    seen = set()
    for seed in range(SEEDS):
        seen |= {violation.fault for violation in simulate(seed, planted.variant).violations}
        if planted.symptoms & seen:
            return

    pytest.fail(f"a protocol that {planted.name} showed only {seen or 'nothing'}")
