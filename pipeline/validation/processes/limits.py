"""What a worker may take before it is ended, and how it sees to that itself.

Time and memory are limits of the operating system: they hold while code in C runs wild, and when
nobody is left to watch. Where it has none (Windows), the pool's own clock ends a worker that takes
too long, and memory is bounded by the limits on a document alone.
"""

import contextlib
import faulthandler
import gc
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NEW_OBJECTS = 10_000


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """``seconds`` and ``memory_bytes`` are for one document, on top of what the rules take.

    After so many ``documents`` a worker is replaced, so that no leak of a library adds up. One
    that had nothing to do for ``idle_seconds`` is ended, and a new one takes a second to start.
    """

    seconds: float = 60.0
    memory_bytes: int = 1024 * 2**20
    documents: int = 10_000
    idle_seconds: float = 300.0


class Watch:
    """Keeps the process that it is made in to its limits; made when everything is loaded."""

    def __init__(self, limits: WorkerLimits) -> None:
        self._limits = limits
        self._documents = 0
        _tell_how_it_ends()
        _limit_resources(limits.memory_bytes)
        _spare_collector()
        self._most_resident = _resident_bytes() + limits.memory_bytes // 2

    @contextlib.contextmanager
    def one_document(self) -> Iterator[None]:
        """End the process, and tell where it was, when what happens inside takes too long."""
        self._documents += 1
        _set_timer(self._limits.seconds)
        try:
            yield
        finally:
            _set_timer(0)

    @property
    def is_spent(self) -> bool:
        """Whether the process has grown, or has done enough, and is to be replaced."""
        is_done = self._documents >= self._limits.documents
        return is_done or self._has_grown

    @property
    def _has_grown(self) -> bool:
        """The most that there ever was is quick to ask for, what is there now is not."""
        most = self._most_resident
        return _resident_bytes_ever() > most and _resident_bytes() > most


def ignore_stop_signals() -> None:
    """Ctrl-C and a service manager ask every process to end; ours ends when its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _tell_how_it_ends() -> None:
    faulthandler.enable()
    if sys.platform != "win32":
        faulthandler.register(signal.SIGALRM, chain=True)


def _set_timer(seconds: float) -> None:
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_resources(memory_bytes: int) -> None:
    """Bound memory where that can be done, and leave no file with a document's content behind."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    # A sandbox may forbid to set limits; then growth is seen after a document, not during one.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if sys.platform == "linux":
            most = _mapped_bytes() + memory_bytes
            resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _spare_collector() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])


def _mapped_bytes() -> int:
    return _pages(0)


def _resident_bytes_ever() -> int:
    """The most that was in memory; 0 where nobody counts."""
    if sys.platform != "linux":
        return 0
    import resource  # noqa: PLC0415 - not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _resident_bytes() -> int:
    """What is in memory now; 0 where nobody counts."""
    return _pages(1) if sys.platform == "linux" else 0


def _pages(place: int) -> int:
    import resource  # noqa: PLC0415 - not on Windows

    counts = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(counts[place]) * resource.getpagesize()
