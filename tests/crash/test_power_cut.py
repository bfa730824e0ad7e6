"""Power cuts on real file systems: nothing is lost or cut off, and one window repeats, at most."""

import pytest

from pipeline.testing.auditor import Fault
from tests.crash.lanes import faults_of, outcomes_of
from tests.crash.volumes import why_not

pytestmark = [pytest.mark.slow, pytest.mark.needs_root, pytest.mark.timeout(400)]


@pytest.fixture(scope="module", autouse=True)
def volumes_can_be_cut() -> None:
    if reason := why_not():
        pytest.skip(f"POWER CUTS NOT TESTED: {reason}")


def test_a_power_cut_at_any_point_loses_and_repeats_nothing_outside_the_window() -> None:
    outcomes = outcomes_of("power", "--sample", "68")

    assert [each for each in outcomes if each.violations] == []
    assert sum(each.is_reached for each in outcomes) >= 50


def test_a_power_cut_during_recovery_loses_and_repeats_nothing_outside_the_window() -> None:
    outcomes = outcomes_of("power", "--sample", "24", "--double", "--hardest")

    assert [each for each in outcomes if each.violations] == []
    assert sum(each.is_reached for each in outcomes) >= 10


def test_contents_that_are_not_flushed_show_as_partial() -> None:
    at = ("--only", "delivered", "acked", "--sample", "8", "--hardest")
    outcomes = outcomes_of("power", *at, "--plant", "no_flush_of_contents")

    assert Fault.PARTIAL in faults_of(outcomes)


def test_a_move_that_is_not_flushed_shows_as_not_durable() -> None:
    at = ("--only", "ack_sent", "acked", "--sample", "8", "--hardest", "--grounds", "ext4", "xfs")
    outcomes = outcomes_of("power", *at, "--plant", "no_flush_after_the_move")

    assert Fault.NOT_DURABLE in faults_of(outcomes)


def test_a_state_that_is_not_flushed_shows_as_not_durable() -> None:
    at = ("--only", "ack_sent", "acked", "--sample", "8", "--hardest")
    outcomes = outcomes_of("power", *at, "--plant", "state_not_flushed")

    assert Fault.NOT_DURABLE in faults_of(outcomes)


def test_a_recovery_that_believes_the_cache_shows_as_not_durable_or_twice() -> None:
    at = ("--only", "renamed", "--then", "ack_sent", "acked", "--hardest", "--grounds", "xfs")
    outcomes = outcomes_of("power", *at, "--full", "--plant", "no_flush_in_recovery")

    assert faults_of(outcomes) & {Fault.NOT_DURABLE, Fault.TWICE}
