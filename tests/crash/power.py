"""The power lane: the power is cut at points of a small run; then mounted again, restart, audit.

python -m tests.crash.power --sample 60      some points
python -m tests.crash.power --full           every fault point, every call that changes a disk
python -m tests.crash.power --full --double  and once more during each recovery
"""

import argparse
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from tests.crash.bench import Bench, Point, Setup
from tests.crash.kill import calls, fault_points
from tests.crash.places import Places
from tests.crash.report import add_options, chosen, report
from tests.crash.trials import End, Ground, Trial, folder_in_memory
from tests.crash.volumes import FILE_SYSTEMS, Volume, mounted

CHANGING_CALLS = frozenset({
    "write", "writev", "pwrite64", "ftruncate", "fallocate", "fsync", "fdatasync", "syncfs",
    "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "sendto",
})  # fmt: skip
"""Before any other call, the disk and the hub are as before the last of these."""

_CUT_FIRST = 0.5
_DURABLE_MOVES = " with dirsync"
GROUNDS: Mapping[str, str] = {
    file_system + ending: file_system
    for file_system, ending in product(FILE_SYSTEMS, ("", _DURABLE_MOVES))
}
"""File systems, and whether the entries of their inboxes are durable when they are visible."""


@dataclass(frozen=True, slots=True)
class VolumeGround:
    """Two volumes that lose their power together: one with the inboxes, another for a state."""

    bench: Bench
    volumes: Sequence[Volume]

    def cut(self) -> None:
        """See `Ground.cut`."""
        for volume in self.volumes:
            volume.cut()

    def restore(self) -> None:
        """See `Ground.restore`."""
        for volume in self.volumes:
            volume.unmount()
            volume.mount()


@contextmanager
def volume_ground(name: str) -> Iterator[Ground]:
    """Ground for power cuts; needs root."""
    with folder_in_memory() as folder:
        volumes = [_volume(folder, part, name) for part in ("inboxes", "other")]
        with mounted(volumes):
            if name == f"ext4{_DURABLE_MOVES}":
                subprocess.run(["chattr", "+D", str(volumes[0].folder)], check=True)

            def settle() -> None:
                for volume in volumes:
                    volume.flush()

            bench = Bench(lambda setup: _places(folder, setup), settle)
            bench.prepare()
            yield VolumeGround(bench, volumes)


def _volume(folder: Path, part: str, ground: str) -> Volume:
    """xfs has no flag for a folder and takes an option of the mount instead."""
    options = "loop,noatime"
    if ground == f"xfs{_DURABLE_MOVES}":
        options += ",dirsync"
    return Volume(folder / f"{part}.image", folder / part, GROUNDS[ground], options)


def _places(folder: Path, setup: Setup) -> Places:
    inboxes, other = folder / "inboxes", folder / "other"
    return Places(
        scratch=folder,
        root=inboxes / "root",
        state=(other if setup.state_elsewhere else inboxes) / "state",
        imported=(folder if setup.importer_elsewhere else inboxes) / "imported.sqlite",
    )


def setups_of(ground: str) -> Iterator[Setup]:
    """Every way to set a case up on a ground."""
    either = (True, False)
    for eager, state, importer, flush in product(either, either, either, ("files", "volume")):
        setup = Setup(
            is_eager=eager, state_elsewhere=state, importer_elsewhere=importer, flush=flush
        )
        # The one documented window: power fails before a move is durable, the file was taken, and
        # the importing program does not flush the volume itself when it records that.
        window = eager and importer and not ground.endswith(_DURABLE_MOVES)
        yield replace(setup, may_repeat=window)
        if window:
            yield replace(setup, on_uncertain="hold")
    yield Setup(is_eager=False, is_first_start=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials that were asked for; 1 when any of them broke the promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.power", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_options(parser)
    parser.add_argument("--then", nargs="*", metavar="NAME", help="kill first, cut only here")
    parser.add_argument("--grounds", nargs="*", choices=GROUNDS, default=tuple(GROUNDS))
    parser.add_argument("--hardest", action="store_true", help="only in the hardest set-ups")
    options = parser.parse_args(arguments)
    with volume_ground(FILE_SYSTEMS[0]) as ground:
        setup = Setup(is_eager=False)
        points = [*fault_points(ground, setup), *_changing(calls(ground, setup))]
    rng = random.Random(options.seed)  # noqa: S311 - to be repeatable
    trials = [
        Trial(name, replace(setup, planted=options.plant), _ends(point, points, rng, options))
        for name in options.grounds
        for setup in setups_of(name)
        if is_hard(setup) or not options.hardest
        for point in points
        if is_worth(point, setup) and (not options.only or point.name in options.only)
    ]
    return report(chosen(trials, options), volume_ground, options)


def is_worth(point: Point, setup: Setup) -> bool:
    """Fault points are tried in every set-up, the many calls in those that are hardest."""
    is_usual = setup.flush == "files" and (is_hard(setup) or setup.is_first_start)
    return point.is_fault_point or is_usual


def is_hard(setup: Setup) -> bool:
    """Nothing else that is committed flushes the volume of the inboxes by the way."""
    return setup.state_elsewhere and setup.importer_elsewhere


def _ends(
    point: Point, points: Sequence[Point], rng: random.Random, options: argparse.Namespace
) -> tuple[End, ...]:
    if options.then:
        later = [each for each in points if each.name in options.then]
        return End(point), End(rng.choice(later), cuts_power=True)
    if options.double:
        first = End(point, cuts_power=rng.random() < _CUT_FIRST)
        return first, End(rng.choice(points), cuts_power=True)
    return (End(point, cuts_power=True),)


def _changing(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if point.name in CHANGING_CALLS]


if __name__ == "__main__":
    sys.exit(main())
