"""Kills of the real process between listing and acknowledging, for the hubs that are stores."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.testing import dovecot, openssh
from pipeline.testing.programs import find_program

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PROGRAMS = {"folder": None, "sftp": openssh.PROGRAM, "imap": dovecot.PROGRAM}
CHECKOUT = Path(__file__).parents[2]
OWN_POINTS = {"listed", "fetched", "half_acked", "ack_sent"}


@pytest.mark.parametrize("store", PROGRAMS)
def test_a_kill_between_listing_and_acknowledging_loses_and_repeats_nothing(store: str) -> None:
    program = PROGRAMS[store]
    if program is not None and find_program(program) is None:
        pytest.skip(f"NOT VERIFIED AGAINST A REAL SERVER: {program} is not installed")
    command = [sys.executable, "-m", "tests.crash.stores", store]

    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert told["violations"] == []
    assert set(told["points"]) >= OWN_POINTS
    assert len(told["points"]) >= 12
