"""Report: the options that lanes share, trials run or read back, a table, and the totals."""

import argparse
import json
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain, islice, zip_longest
from pathlib import Path

from pipeline.testing.auditor import Fault
from tests.crash.planted import PLANTS
from tests.crash.trials import STUCK, OpenGround, Outcome, Trial, outcome_of, run_trials

_FAULTS = tuple(Fault)
_HEADINGS = ("trials", "ended", *(fault.name.lower() for fault in _FAULTS), STUCK, "window")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of every lane."""
    scope = parser.add_mutually_exclusive_group(required=True)
    scope.add_argument("--sample", type=int, metavar="N", help="N trials, drawn by the seed")
    scope.add_argument("--full", action="store_true", help="every trial")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--double", action="store_true", help="end each recovery too, once")
    parser.add_argument("--only", nargs="*", default=(), metavar="NAME", help="only at these")
    parser.add_argument("--plant", choices=PLANTS, help="run with this bug planted")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="the I-th of N parts")
    parser.add_argument("--log", type=Path, help="keep outcomes here, and skip those it has")
    parser.add_argument("--json", action="store_true", help="outcomes as JSON lines, no table")


def chosen(trials: Sequence[Trial], options: argparse.Namespace) -> Sequence[Trial]:
    """All of them, or the sample that was asked for, with an equal share of each kind and call."""
    if options.full:
        return trials
    rng = random.Random(options.seed)  # noqa: S311 - to be repeatable
    by_kind: dict[str, list[Trial]] = defaultdict(list)
    for trial in rng.sample(trials, len(trials)):
        by_kind[f"{trial.kind} {trial.ends[0].point.name}"].append(trial)
    in_turn = chain.from_iterable(zip_longest(*by_kind.values()))
    return list(islice(filter(None, in_turn), options.sample))


def report(trials: Sequence[Trial], open_ground: OpenGround, options: argparse.Namespace) -> int:
    """Run trials and tell what came of them; 1 when any of them broke the promise."""
    part, parts = map(int, options.shard.split("/"))
    mine = trials[part - 1 :: parts]
    known = _known(options.log)
    began = time.monotonic()
    outcomes = [known[str(trial)] for trial in mine if str(trial) in known]
    left = [trial for trial in mine if str(trial) not in known]
    for outcome in run_trials(left, open_ground, jobs=options.jobs):
        _keep(options.log, outcome)
        _tell(outcome, as_json=options.json)
        outcomes.append(outcome)
    if not options.json:
        seconds = time.monotonic() - began
        _say(f"{table(outcomes)}\n{len(left)} trials in {seconds:.0f} s, {options.jobs} jobs")
    return int(any(outcome.violations for outcome in outcomes))


def table(outcomes: Iterable[Outcome]) -> str:
    """One line for each kind of trial, and their sum."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        for name in (outcome.kind, "total"):
            rows[name].update(_counts(outcome))
    rows["total"] = rows.pop("total", Counter())
    width = max(map(len, rows))
    lines = [" " * width + "".join(f"{heading:>13}" for heading in _HEADINGS)]
    for name, counts in rows.items():
        lines.append(f"{name:{width}}" + "".join(f"{counts[key]:13}" for key in _HEADINGS))
    return "\n".join(lines)


def _counts(outcome: Outcome) -> Iterator[str]:
    yield "trials"
    if outcome.is_reached:
        yield "ended"
    if outcome.repeated:
        yield "window"
    if any(text.startswith(f"{STUCK}:") for text in outcome.violations):
        yield STUCK
    for fault in _FAULTS:
        if any(text.startswith(f"{fault}:") for text in outcome.violations):
            yield fault.name.lower()


def _known(log: Path | None) -> dict[str, Outcome]:
    if log is None or not log.exists():
        return {}
    outcomes = map(outcome_of, log.read_text(encoding="utf-8").splitlines())
    return {outcome.trial: outcome for outcome in outcomes}


def _keep(log: Path | None, outcome: Outcome) -> None:
    if log is not None:
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(outcome)) + "\n")


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        _say(json.dumps(asdict(outcome)))
    elif outcome.violations:
        _say("\n  ".join((outcome.trial, *outcome.violations)))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
