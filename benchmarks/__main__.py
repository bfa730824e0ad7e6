"""``python -m benchmarks``: run the benchmarks, or those that are named."""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from benchmarks import (
    adaptive,
    connectors,
    engine,
    fairness,
    growth,
    guard,
    idle,
    latency,
    machine,
    memory,
    start,
    state,
    validation,
    whole_job,
    workers,
    write,
)
from benchmarks.disks import place_to_write
from benchmarks.peers import comparison
from benchmarks.report import NotHere, Options, Report

BENCHMARKS: dict[str, Callable[[Options], Report]] = {
    "whole_job": whole_job.run,
    "peers": comparison.run,
    "growth": growth.run,
    "fairness": fairness.run,
    "workers": workers.run,
    "latency": latency.run,
    "memory": memory.run,
    "engine": engine.run,
    "adaptive": adaptive.run,
    "idle": idle.run,
    "write": write.run,
    "state": state.run,
    "start": start.run,
    "validation": validation.run,
    "connectors": connectors.run,
    "guard": guard.run,
}


def main() -> None:
    """Run, and print tables as each benchmark ends; exit code 1 when a bound was not kept."""
    given = _arguments()
    signal.signal(signal.SIGTERM, _leave)
    described = machine.described()
    print(f"{described}\n")
    reports = [_run(name, given) for name in given.only or BENCHMARKS]
    if given.as_json:
        ratios = {name: value for each in reports for name, value in each.ratios.items()}
        figures = {name: value for each in reports for name, value in each.figures.items()}
        print(json.dumps({"machine": described, "ratios": ratios, "figures": figures}))
    if failures := [text for each in reports for text in each.failures]:
        sys.exit("\n".join(failures))


def _leave(number: int, _frame: FrameType | None) -> None:
    """End as on Ctrl-C, so that the hubs and services that were started end as well."""
    sys.exit(128 + number)


def _run(name: str, given: argparse.Namespace) -> Report:
    busy_before = machine.Everyone()
    print(f"## {name}\n")
    with place_to_write(given.folder) as place:
        try:
            report = BENCHMARKS[name](Options(given.quick, place.folder, given.dossiers))
        except NotHere as missing:
            print(f"NOT RUN: {missing}\n")
            return Report()
    for table in report.tables:
        print(f"{table.markdown()}\n")
    for plot, drawing in report.plots.items() if given.plots else ():
        given.plots.mkdir(parents=True, exist_ok=True)
        (given.plots / f"{plot}.svg").write_text(drawing, encoding="utf-8")
    print(f"Disk: {place.kind}. Others used {busy_before.share_of_others():.0%} of all cores.\n")
    return report


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="below a minute; only to see it work")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=BENCHMARKS, help="run these")
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="end with one line of JSON"
    )
    parser.add_argument("--plots", type=Path, help="draw what can be drawn into this folder")
    parser.add_argument("--dossiers", type=int, default=0, help="how large an office is to be")
    parser.add_argument("--folder", type=Path, help="write here, on the disk that is to be judged")
    return parser.parse_args()


if __name__ == "__main__":
    main()
