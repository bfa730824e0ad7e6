"""The processes that a service has started, by what the system tells of them."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROCESSES = Path("/proc")
_WORKER = re.compile(rb"\0worker\0(\d+)\0(\d+)\0")


def workers_of(service: int) -> dict[int, int]:
    """Process ids of the workers of a service, by their number."""
    found = {}
    for pid in _children(service):
        with suppress(OSError):
            if worker := _WORKER.search((_PROCESSES / str(pid) / "cmdline").read_bytes()):
                found[int(worker[1])] = pid
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody waited for does not."""
    try:
        text = (_PROCESSES / str(pid) / "stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def kill(pid: int) -> None:
    """Send SIGKILL, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _children(parent: int) -> Iterator[int]:
    for folder in _PROCESSES.iterdir():
        with suppress(OSError, ValueError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                yield int(folder.name)
