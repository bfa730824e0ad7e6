"""Which core a process runs on: the client on one, the hub on another."""

import os
import shutil
from collections.abc import Sequence

_PROGRAM = shutil.which("taskset")


def cores() -> Sequence[int]:
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0))


def client_core() -> int | None:
    """The core of the client; None where it would have to share it."""
    return cores()[0] if len(cores()) > 1 and _PROGRAM else None


def hub_core() -> int | None:
    """The core of the hub."""
    return cores()[-1] if len(cores()) > 1 and _PROGRAM else None


def on_core(core: int | None) -> Sequence[str]:
    """What goes before a command so that it stays on a core."""
    return () if core is None or _PROGRAM is None else (_PROGRAM, "-c", str(core))
