"""The benchmark of memory tells growth from what is there at the start."""

import subprocess
import sys

import pytest

from benchmarks.machine import pss_of_all_mb
from benchmarks.memory import Span, reported

SPAN = Span(warm_up=2, counted=6, compared=2)


def test_growth_is_that_between_both_ends_after_the_warm_up() -> None:
    report = reported([50, 90, 100, 100, 500, 103, 110, 110], SPAN)

    assert report.ratios["memory_last_vs_first"] == pytest.approx(1.1)
    assert report.figures == {"memory_first_mb": 100, "memory_last_mb": 110}


def test_what_fills_during_the_warm_up_is_no_growth() -> None:
    report = reported([50, 90, 100, 100, 100, 100, 100, 100], SPAN)

    assert report.ratios["memory_last_vs_first"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux about processes")
def test_memory_of_a_process_is_counted_with_what_it_has_started_and_without_what_has_ended() -> (
    None
):
    held = "import subprocess, sys; b = bytearray(b'x' * 30_000_000)"
    child = f"{held}; print(flush=True); sys.stdin.read()"
    parent = f"{held}; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()

        assert 60 < pss_of_all_mb(process.pid) < 120

        process.communicate()
    assert pss_of_all_mb(process.pid) == 0
