"""The test of the tests: bugs planted in the real process must turn the lanes red."""

import pytest

from pipeline.testing.auditor import Fault
from tests.crash.lanes import faults_of, outcomes_of
from tests.crash.test_kill import needs_watching

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def faults_with(plant: str, *options: str) -> set[Fault]:
    return faults_of(outcomes_of("kill", *options, "--plant", plant))


def test_a_record_made_only_after_the_move_shows_as_twice() -> None:
    at = ("--only", "renamed", "flushed", "--sample", "12")

    assert faults_with("record_only_after_the_move", "--faults", *at) == {Fault.TWICE}


@needs_watching
def test_a_move_in_two_steps_shows_as_twice() -> None:
    at = ("--only", "unlinkat", "--sample", "24")

    assert faults_with("link_then_unlink", *at) == {Fault.TWICE}


def test_a_hub_that_is_told_before_the_state_shows_as_not_durable() -> None:
    at = ("--only", "ack_sent", "--sample", "4")

    assert faults_with("tell_the_hub_before_delivered", "--faults", *at) == {Fault.NOT_DURABLE}
