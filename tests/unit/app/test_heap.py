"""Large documents that come and go leave no holes in the memory of the service."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="another C library keeps memory in its own way"
)
LARGE_BLOCKS = """
from pathlib import Path

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

first = b"x" * 5_000_000
del first
before = resident_mb()
large = [b"x" * 5_000_000 for _ in range(4)]
small = [b"x" * 100_000 for _ in range(20)]  # some lie behind them where they are in the heap
del large
print(resident_mb() - before - 2)
"""
APART = "from pipeline.app.heap import keep_large_blocks_apart; keep_large_blocks_apart()\n"


STARTED = """
import pipeline.cli.{command} as module
module.load_settings = module.run_logged = lambda *_: None
module.command({arguments})
"""


def held_mb(program: str) -> float:
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return float(done.stdout)


def test_blocks_of_large_documents_go_back_to_the_system() -> None:
    assert held_mb(APART + LARGE_BLOCKS) < 4


def test_by_itself_the_c_library_holds_on_to_them() -> None:
    assert held_mb(LARGE_BLOCKS) > 10


@pytest.mark.parametrize(("command", "arguments"), [("run", "take_over=False"), ("worker", "0, 2")])
def test_the_service_and_its_workers_keep_them_apart(command: str, arguments: str) -> None:
    started = STARTED.format(command=command, arguments=arguments)

    assert held_mb(started + LARGE_BLOCKS) < 4
