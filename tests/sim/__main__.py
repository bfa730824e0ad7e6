"""Run many seeds, or one again: ``python -m tests.sim --seeds 10000``, ``--seed 4711``."""

import argparse
import sys

from tests.sim.simulation import Outcome, simulate


def main() -> int:
    """Print what failed; exit code 1 when anything did."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds to run")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="run this one alone and tell what happened")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        return _report([simulate(arguments.seed)], is_verbose=True)
    seeds = range(arguments.start, arguments.start + arguments.seeds)
    return _report([outcome for seed in seeds if (outcome := simulate(seed)).violations])


def _report(outcomes: list[Outcome], *, is_verbose: bool = False) -> int:
    failed = [outcome for outcome in outcomes if outcome.violations]
    for outcome in outcomes if is_verbose else failed:
        sys.stdout.write(f"{outcome}\n")
    sys.stdout.write(f"{len(failed)} failed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
