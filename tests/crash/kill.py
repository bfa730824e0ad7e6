"""The kill lane: SIGKILL at system calls and fault points of a small run; then restart and audit.

python -m tests.crash.kill --full --faults   at every fault point
python -m tests.crash.kill --sample 48       at some system calls
python -m tests.crash.kill --full            at every system call
python -m tests.crash.kill --full --double   and once more during each recovery
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.crash.bench import Point, Setup
from tests.crash.report import add_options, chosen, report
from tests.crash.trials import End, Ground, Trial, plain_ground

SETUPS = (
    Setup(is_eager=True, flush="files"),
    Setup(is_eager=False, flush="files"),
    Setup(is_eager=True, flush="volume"),
    Setup(is_eager=True, flush="files", is_first_start=True),
)
"""A first start makes a state and a staging folder, too; the others have them already."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials that were asked for; 1 when any of them broke the promise."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.kill", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_options(parser)
    parser.add_argument("--faults", action="store_true", help="at fault points, not at calls")
    options = parser.parse_args(arguments)
    with plain_ground("kill") as ground:
        trials = [
            trial
            for setup in SETUPS
            for trial in _trials(ground, replace(setup, planted=options.plant), options)
        ]
    return report(chosen(trials, options), plain_ground, options)


def _trials(ground: Ground, setup: Setup, options: argparse.Namespace) -> Iterator[Trial]:
    rng = random.Random(options.seed)  # noqa: S311 - to be repeatable
    points = fault_points(ground, setup) if options.faults else calls(ground, setup)
    for point in points:
        if not options.only or point.name in options.only:
            again = (End(rng.choice(points)),) if options.double else ()
            yield Trial("kill", setup, (End(point), *again))


def fault_points(ground: Ground, setup: Setup) -> list[Point]:
    """Every passing of every fault point in a run."""
    with ground.bench.case(setup) as case:
        passed = case.told().passed
    return [
        Point(name, number, is_fault_point=True)
        for name, times in passed.items()
        for number in range(1, times + 1)
    ]


def calls(ground: Ground, setup: Setup) -> list[Point]:
    """Every system call of a run."""
    with ground.bench.case(setup) as case:
        made = Counter(case.calls())
    return [Point(name, number) for name, times in made.items() for number in range(1, times + 1)]


if __name__ == "__main__":
    sys.exit(main())
