"""What a call returned from is there after the process was killed at any moment."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.delivery import RowStatus
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_values import key, status_of

CHILD = """
import os
import sys
from pathlib import Path

import anyio

from pipeline.connectors.state.sqlite import SqliteState
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_values import intend, key, planned, seen


def say(status, names):
    os.write(1, f"{status} {' '.join(names)}\\n".encode())


async def work(state, caller):
    for number in range(1_000_000):
        names = [f"{sys.argv[2]}-{caller}-{number}-{each}" for each in range(8)]
        await intend(state, *(planned(key(name)) for name in names))
        say("intent", names)
        await state.delivered([seen(key(name)) for name in names])
        say("delivered", names)
        await state.acked([key(name) for name in names])
        say("acked", names)


async def main():
    state = await SqliteState.open(Path(sys.argv[1]), VirtualClock())
    async with anyio.create_task_group() as tasks:
        for caller in range(4):
            tasks.start_soon(work, state, caller)


anyio.run(main)
"""
REACHED = list(RowStatus)[:3]


def killed_after(lines: int, folder: Path, run: int) -> dict[str, RowStatus]:
    """What the child said it had committed before it was killed."""
    said: dict[str, RowStatus] = {}
    command = [sys.executable, "-c", CHILD, str(folder), str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for number, line in enumerate(child.stdout):
            status, *names = line.decode().split()
            said.update(dict.fromkeys(names, RowStatus(status)))
            if number == lines:
                child.send_signal(signal.SIGKILL)
    return said


async def opened(folder: Path) -> SqliteState:
    return await SqliteState.open(folder, VirtualClock())


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_everything_committed_is_there_after_a_kill(tmp_path: Path) -> None:
    moments = random.Random(20260301)  # noqa: S311 - a fixed seed, not a secret
    state = await opened(tmp_path)
    await state.close()

    for run in range(4):
        said = await anyio.to_thread.run_sync(killed_after, moments.randrange(60), tmp_path, run)
        state = await opened(tmp_path)
        for name, status in said.items():
            found = await status_of(state, key(name))
            assert found is not None, name
            assert REACHED.index(found) >= REACHED.index(status), name
        await state.close()
