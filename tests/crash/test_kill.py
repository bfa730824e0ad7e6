"""Kills of the real process: nothing is lost, nothing arrives twice, no half file is ever seen."""

import pytest

from tests.crash.lanes import outcomes_of
from tests.crash.system_calls import why_not

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

needs_watching = pytest.mark.skipif(why_not() is not None, reason=f"kill lane: {why_not()}")


def test_a_kill_at_any_fault_point_loses_and_repeats_nothing() -> None:
    outcomes = outcomes_of("kill", "--full", "--faults")

    assert [each for each in outcomes if each.violations] == []
    assert sum(each.is_reached for each in outcomes) >= 40


@needs_watching
def test_a_kill_at_any_system_call_loses_and_repeats_nothing() -> None:
    outcomes = outcomes_of("kill", "--sample", "60")

    assert [each for each in outcomes if each.violations] == []
    assert sum(each.is_reached for each in outcomes) >= 40


@needs_watching
def test_a_second_kill_during_recovery_loses_and_repeats_nothing() -> None:
    outcomes = outcomes_of("kill", "--sample", "20", "--double")

    assert [each for each in outcomes if each.violations] == []
    assert sum(each.is_reached for each in outcomes) >= 10
