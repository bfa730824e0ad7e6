"""The machine, and how much of it others used meanwhile."""

import os
import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("aiohttp", "uvloop", "lxml", "anyio")
_TICKS = os.sysconf("SC_CLK_TCK")


def described() -> dict[str, str | int | float]:
    """What a figure should never be read without."""
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count() or 1,
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_1_min": round(os.getloadavg()[0], 2),
        **{name: version(name) for name in _LIBRARIES},
    }


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


@dataclass(slots=True)
class Usage:
    """Time and CPU of this process, and of those it runs, between two moments.

    Both are 0 until the second one.
    """

    seconds: float = 0.0
    cpu_seconds: float = 0.0


@contextmanager
def measured() -> Iterator[Usage]:
    """Measure what happens inside, all threads together."""
    usage = Usage()
    cpu, began = _cpu_of_all(), time.perf_counter()
    yield usage
    usage.seconds = time.perf_counter() - began
    usage.cpu_seconds = _cpu_of_all() - cpu


def cpu_seconds() -> float:
    """CPU time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _cpu_of_all() -> float:
    """CPU time of this process, of those that it runs, and of those that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = sum(map(cpu_seconds_of, children_of(os.getpid())))
    return cpu_seconds() + ended.ru_utime + ended.ru_stime + running


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended meanwhile
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def peak_rss_mb() -> float:
    """The most memory this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rss_mb(pid: int) -> float:
    """Memory of a process now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def rss_of_all_mb(pid: int) -> float:
    """Memory of a process and of all that it has started."""
    return rss_mb(pid) + sum(map(rss_of_all_mb, children_of(pid)))


def pss_of_all_mb(pid: int) -> float:
    """The same, with pages that several processes share counted once; 0 for one that has ended."""
    return _pss_mb(pid) + sum(map(pss_of_all_mb, _still_children_of(pid)))


def _pss_mb(pid: int) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def _still_children_of(pid: int) -> list[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        return children_of(pid)
    return []


def cpu_seconds_of(pid: int) -> float:
    """CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


class Everyone:
    """The CPU time of the whole machine from now on."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._busy = busy_seconds()
        self._own = _own_seconds()

    def share_of_others(self) -> float:
        """Which part of all cores other programs used since then."""
        all_cores = (time.perf_counter() - self._began) * (os.cpu_count() or 1)
        own = _own_seconds() - self._own
        return max(busy_seconds() - self._busy - own, 0.0) / all_cores


def _own_seconds() -> float:
    """CPU time of this process and of those it has started and seen end."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def busy_seconds() -> float:
    """CPU time that the whole machine has used so far."""
    user, nice, system, _idle, _wait, irq, softirq, *_ = map(
        int, Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / _TICKS
