"""The fuzzer in short; ``python -m tests.native.fuzz --seconds N`` runs it at length."""

import subprocess
import sys

import pytest

from tests.native.build import checking_environment


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_damaged_documents_and_programs_harm_nothing() -> None:
    command = [sys.executable, "-m", "tests.native.fuzz", "--seconds", "10", "--seed", "1"]

    run = subprocess.run(
        command, env=checking_environment(), capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr[-3000:]
    assert "without a finding" in run.stdout
