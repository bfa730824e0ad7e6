"""A worker never outlives its parent, not even when both are at their worst."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="looks at POSIX process ids"),
    pytest.mark.slow,
    pytest.mark.timeout(90),
]

PARENT = """
import anyio
from pipeline.validation.processes.limits import WorkerLimits
from pipeline.validation.processes.pool import WorkerPool
from tests.unit.validation.processes.planted import planted, saying
from tests.unit.validation.processes.test_pool import worker_pid

async def main():
    async with WorkerPool(planted, limits=WorkerLimits(seconds=2)) as pool:
        print(await worker_pid(pool), flush=True)
        await pool.validate([saying({word!r})])
        await anyio.sleep(60)

anyio.run(main)
"""


@contextmanager
def parent(word: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process with a pool, and the id of its worker."""
    path = os.pathsep.join([str(Path(__file__).parents[4]), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-c", PARENT.format(word=word)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as process:
        try:
            assert process.stdout
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("word", "within_s"), [("nothing", 3.0), ("hang in C", 6.0)], ids=["idle", "hanging"]
)
def test_a_worker_ends_when_its_parent_is_killed(word: str, within_s: float) -> None:
    with parent(word) as (process, worker):
        time.sleep(0.3)  # the document is on its way

        process.kill()
        process.wait()

        assert is_gone(worker, within_s)


def test_a_worker_ends_when_its_parent_is_interrupted() -> None:
    with parent("nothing") as (process, worker):
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)

        assert is_gone(worker, 3.0)


def is_gone(pid: int, within_s: float) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":  # nobody collects it in a container without init
            return True
        time.sleep(0.05)
    return False
