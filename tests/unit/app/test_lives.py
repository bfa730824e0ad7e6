from datetime import timedelta

import pytest

from pipeline.app.workers.lives import (
    BUG,
    NOT_OWNER,
    NOTHING_DONE,
    Lives,
    exit_code_of,
    how_it_ended,
)
from pipeline.cli.exits import Exit

KILLED = -9


def test_a_worker_waits_twice_as_long_each_time_and_is_given_up_the_fifth_time() -> None:
    lives = Lives()

    pauses = [lives.pause_after(KILLED, seconds=1) for _ in range(5)]

    assert pauses == [*(timedelta(seconds=s) for s in (1, 2, 4, 8)), None]


def test_one_that_lived_for_a_minute_begins_anew() -> None:
    lives = Lives()
    for _ in range(4):
        lives.pause_after(KILLED, seconds=1)

    assert lives.pause_after(KILLED, seconds=60) == timedelta(seconds=1)
    assert lives.pause_after(KILLED, seconds=1) == timedelta(seconds=2)


@pytest.mark.parametrize("code", [Exit.NOTHING_DONE, Exit.NOT_OWNER])
def test_what_would_end_for_the_same_reason_again_is_given_up_at_once(code: Exit) -> None:
    assert Lives().pause_after(code, seconds=1000) is None
    assert exit_code_of(code) == code


@pytest.mark.parametrize("code", [KILLED, 1, Exit.BUG, 139])
def test_any_other_end_is_a_fault_of_the_program(code: int) -> None:
    assert exit_code_of(code) == Exit.BUG


def test_exit_codes_are_those_of_the_command_line() -> None:
    assert (NOTHING_DONE, NOT_OWNER, BUG) == (Exit.NOTHING_DONE, Exit.NOT_OWNER, Exit.BUG)


@pytest.mark.parametrize(
    ("code", "words"), [(75, "exit code 75"), (KILLED, "SIGKILL"), (-250, "signal 250")]
)
def test_a_person_reads_how_it_ended(code: int, words: str) -> None:
    assert how_it_ended(code) == words
