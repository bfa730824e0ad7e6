"""Lanes as tests run them: in a process of their own, which is free to fork."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from pipeline.testing.auditor import Fault
from tests.crash.trials import Outcome, outcome_of

_CHECKOUT = Path(__file__).parents[2]


def outcomes_of(lane: str, *options: str) -> list[Outcome]:
    """Run a lane and give what came of its trials."""
    command = [sys.executable, "-m", f"tests.crash.{lane}", *options, "--json", "--jobs", "2"]
    lines = subprocess.run(command, cwd=_CHECKOUT, capture_output=True, text=True, check=False)
    if lines.returncode not in (0, 1) or not lines.stdout:
        raise RuntimeError(f"{' '.join(command)} failed:\n{lines.stderr}")
    return [outcome_of(line) for line in lines.stdout.splitlines()]


def faults_of(outcomes: Iterable[Outcome]) -> set[Fault]:
    """The ways in which the promise was broken."""
    texts = [text for outcome in outcomes for text in outcome.violations]
    return {fault for fault in Fault if any(text.startswith(f"{fault}:") for text in texts)}
