"""Kills of the real process between listing and acknowledging, for the hubs that are stores."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.testing import dovecot, openssh
from pipeline.testing.programs import find_program
from tests.crash.stores import STORES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PROGRAMS = {"sftp": openssh.PROGRAM, "imap": dovecot.PROGRAM}
CHECKOUT = Path(__file__).parents[2]
OWN_POINTS = {"listed", "fetched", "half_acked", "ack_sent"}
IS_TOLD_NOTHING = "e_invoice_be"


def killed(store: str, *options: str) -> Any:
    """Kill at every point of a store, in a process of its own; what that tells."""
    command = [sys.executable, "-m", "tests.crash.stores", store, *options]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("store", STORES)
def test_a_kill_between_listing_and_acknowledging_loses_and_repeats_nothing(store: str) -> None:
    program = PROGRAMS.get(store)
    if program is not None and find_program(program) is None:
        pytest.skip(f"NOT VERIFIED AGAINST A REAL SERVER: {program} is not installed")

    told = killed(store)

    assert told["violations"] == []
    assert {"listed", "fetched"} <= set(told["points"])
    if store != IS_TOLD_NOTHING:
        assert set(told["points"]) >= OWN_POINTS
        assert len(told["points"]) >= 12


@pytest.mark.parametrize("store", ["folder", "codabox", "e_invoice_be", "recommand"])
def test_a_hub_that_believes_what_was_listed_to_be_delivered_is_found(store: str) -> None:
    assert killed(store, "--planted")["violations"] != []
