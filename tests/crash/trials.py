"""Trials: one case each, with the points at which the pipeline is ended, and what came of it."""

import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Protocol

from tests.crash.bench import Audited, Bench, Case, Point, Setup
from tests.crash.places import Places
from tests.crash.processes import FAILED, end_with_parent

STUCK = "stuck"
_VIOLATIONS = 8
_LONGEST_TEXT = 1500


@dataclass(frozen=True, slots=True)
class End:
    """How one life of the pipeline ends: killed at a point, or with the power cut there."""

    point: Point
    cuts_power: bool = False

    def __str__(self) -> str:
        return f"{'cut' if self.cuts_power else 'kill'} at {self.point}"


@dataclass(frozen=True, slots=True)
class Trial:
    """One case: on which ground, set up how, and how its first lives end, one after the other."""

    ground: str
    setup: Setup
    ends: tuple[End, ...]

    @property
    def kind(self) -> str:
        """What trials are counted together by."""
        return f"{self.ground}: {self.setup}"

    def __str__(self) -> str:
        return f"{self.kind}; {', then '.join(map(str, self.ends))}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial; ``is_reached``: every life was ended where it was to end.

    ``repeated`` counts documents that were placed twice in the one window where that is allowed.
    """

    trial: str
    kind: str
    is_reached: bool
    violations: tuple[str, ...]
    repeated: int
    seconds: float


class Ground(Protocol):
    """Where cases take place."""

    @property
    def bench(self) -> Bench:
        """The bench, prepared."""
        ...

    def cut(self) -> None:
        """Cut the power; may be called in any process."""
        ...

    def restore(self) -> None:
        """Let the power return, after everything has ended; good when it was not cut."""
        ...


OpenGround = Callable[[str], AbstractContextManager[Ground]]


@dataclass(frozen=True, slots=True)
class PlainGround:
    """A folder in memory: what is killed leaves its page cache behind, whatever the disk."""

    bench: Bench

    def cut(self) -> None:
        """Nothing to cut."""
        raise NotImplementedError

    def restore(self) -> None:
        """Nothing to restore."""


@contextmanager
def plain_ground(_name: str) -> Iterator[Ground]:
    """Ground for kills."""
    with folder_in_memory() as folder:
        bench = Bench(lambda _setup: Places.below(folder))
        bench.prepare()
        yield PlainGround(bench)


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A folder that is removed at the end, in memory where the system has such a place."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder with a random name is made in it
    where = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="dossierpost-crash-", dir=where) as folder:
        yield Path(folder)


def perform(ground: Ground, trial: Trial) -> Outcome:
    """Run one trial and audit it; a pipeline that cannot go on breaks the promise, too."""
    began = time.monotonic()
    try:
        is_reached, audited = _lived_through(ground, trial)
    except (RuntimeError, TimeoutError) as error:
        ground.restore()
        is_reached, audited = True, Audited([f"{STUCK}: {error}"[:_LONGEST_TEXT]], 0)
    seconds = round(time.monotonic() - began, 3)
    violations = tuple(map(str, audited.violations))[:_VIOLATIONS]
    return Outcome(str(trial), trial.kind, is_reached, violations, audited.repeated, seconds)


def _lived_through(ground: Ground, trial: Trial) -> tuple[bool, Audited]:
    is_reached = True
    with ground.bench.case(trial.setup) as case:
        for end in trial.ends:
            is_reached &= _live(ground, case, end)
            case.look()
        return is_reached, case.finish()


def _live(ground: Ground, case: Case, end: End) -> bool:
    if not end.cuts_power:
        return case.live(end.point)
    is_reached = case.live(end.point, ground.cut)
    if is_reached:
        case.stop_importer()
        ground.restore()
        case.power_returns()
    return is_reached


def run_trials(trials: Sequence[Trial], open_ground: OpenGround, *, jobs: int) -> Iterator[Outcome]:
    """Outcomes as they come, from ``jobs`` processes side by side.

    Raises:
        RuntimeError: one of the processes failed.
    """
    reader, writer = os.pipe()
    workers = [_fork_worker(share, open_ground, writer) for share in _shares(trials, jobs)]
    os.close(writer)
    with os.fdopen(reader) as lines:
        for line in lines:
            yield outcome_of(line)
    statuses = [os.waitpid(worker, 0)[1] for worker in workers]
    if any(statuses):
        raise RuntimeError("a worker failed; its traceback is above")


def _fork_worker(trials: Sequence[Trial], open_ground: OpenGround, writer: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = FAILED
    try:
        end_with_parent(signal.SIGTERM)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(FAILED))
        _work(trials, open_ground, writer)
        code = 0
    except SystemExit:
        pass  # asked to end; everything was put away on the way here
    except BaseException:  # noqa: BLE001 - it must not unwind into the code of the parent
        traceback.print_exc()
    finally:
        os._exit(code)


def _shares(trials: Sequence[Trial], jobs: int) -> list[Sequence[Trial]]:
    """Equal parts, each with as few grounds as can be."""
    by_ground = sorted(trials, key=attrgetter("ground"))
    size = -(-len(trials) // jobs)
    return [by_ground[place * size : (place + 1) * size] for place in range(jobs)]


def _work(trials: Sequence[Trial], open_ground: OpenGround, writer: int) -> None:
    for name, group in groupby(trials, key=attrgetter("ground")):
        with open_ground(name) as ground:
            for trial in group:
                line = json.dumps(asdict(perform(ground, trial))) + "\n"
                os.write(writer, line.encode())  # short enough to arrive in one piece


def outcome_of(line: str) -> Outcome:
    """An outcome that was written as a line of JSON."""
    fields = json.loads(line)
    return Outcome(**{**fields, "violations": tuple(fields["violations"])})
