"""``python -m benchmarks``: run the benchmarks, or those that are named."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    adaptive,
    engine,
    growth,
    idle,
    latency,
    machine,
    memory,
    state,
    validation,
    whole_job,
    write,
)
from benchmarks.disks import place_to_write
from benchmarks.peers import comparison
from benchmarks.report import Options, Report

BENCHMARKS: dict[str, Callable[[Options], Report]] = {
    "whole_job": whole_job.run,
    "peers": comparison.run,
    "growth": growth.run,
    "latency": latency.run,
    "memory": memory.run,
    "engine": engine.run,
    "adaptive": adaptive.run,
    "idle": idle.run,
    "write": write.run,
    "state": state.run,
    "validation": validation.run,
}


def main() -> None:
    """Run, and print tables as each benchmark ends."""
    given = _arguments()
    described = machine.described()
    print(f"{described}\n")
    ratios: dict[str, float] = {}
    figures: dict[str, float] = {}
    for name in given.only or BENCHMARKS:
        busy_before = machine.Everyone()
        with place_to_write(given.folder) as place:
            report = BENCHMARKS[name](Options(given.quick, place.folder, given.dossiers))
        ratios |= report.ratios
        figures |= report.figures
        print(f"## {name}\n")
        for table in report.tables:
            print(f"{table.markdown()}\n")
        print(
            f"Disk: {place.kind}. Others used {busy_before.share_of_others():.0%} of all cores.\n"
        )
    if given.as_json:
        print(json.dumps({"machine": described, "ratios": ratios, "figures": figures}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="below a minute; only to see it work")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=BENCHMARKS, help="run these")
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="end with one line of JSON"
    )
    parser.add_argument("--dossiers", type=int, default=0, help="how large an office is to be")
    parser.add_argument("--folder", type=Path, help="write here, on the disk that is to be judged")
    return parser.parse_args()


if __name__ == "__main__":
    main()
