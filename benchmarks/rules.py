"""The compiled rules of EN 16931 against SaxonC running the same file; part of ``validation``.

All take turns in one process on the same documents, parse included, and report what fails: SaxonC,
our engine in Python and the native one. The floors are their parses, in which the automaton runs
and the tree is built.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.checkers import Check, rule_files, saxon
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.sized import costs_us, mean_size, name_of_figure, sized_invoices
from pipeline.validation.rules.ruleset import RuleFile, RuleSet

ROUNDS = 15
USUAL = "16 kB"
"""The size of invoice that the ratio for scripts is about."""


def run(options: Options) -> Report:
    """Checks by size, then what it takes to load the rules."""
    report = Report()
    files = rule_files()
    variants: dict[str, Check] = {"SaxonC": saxon(), **_engines(files)}
    report.tables.append(_by_size(report, variants, 5 if options.quick else ROUNDS))
    report.tables.append(_loading(report, files))
    return report


def _engines(files: Sequence[RuleFile]) -> dict[str, Check]:
    """What there is on this machine: without the extension no column is native."""
    alone, both = RuleSet.load(files[0]), RuleSet.load(*files)
    found: dict[str, Check] = {
        "floor": alone.python.parse,
        "Python": alone.python.check,
        "Python with Peppol": both.python.check,
    }
    if alone.native is not None and both.native is not None:
        found["native floor"] = alone.native.parse
        found["native"] = alone.native.check
        found["native with Peppol"] = both.native.check
    return found


def _by_size(report: Report, variants: dict[str, Check], rounds: int) -> Table:
    rows: list[Sequence[Cell]] = []
    engines = [name for name in ("Python", "native") if name in variants]
    for name, bodies in sized_invoices().items():
        costs = costs_us(variants, bodies, rounds)
        times = {engine: costs["SaxonC"] / costs[engine] for engine in engines}
        size = name_of_figure(name)
        report.ratios[f"rules_{size}_times_saxon"] = times["Python"]
        if "native" in times:
            report.ratios[f"rules_native_{size}_times_saxon"] = times["native"]
        if name == USUAL:
            all_rules = min(cost for engine, cost in costs.items() if "Peppol" in engine)
            report.ratios["rules_vs_saxonche"] = costs["SaxonC"] / all_rules
        rows.append((name, mean_size(bodies), *costs.values(), *times.values()))
    columns = ("size", "bytes", *(f"{name} us" for name in variants))
    return Table(
        "Rules of EN 16931",
        (*columns, *(f"{engine}: times SaxonC" for engine in engines)),
        rows,
        "CPU time on one core, medians of batches of 16 (4 of 1 MB) that take turns.",
    )


def _loading(report: Report, files: Sequence[RuleFile]) -> Table:
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        cache.chmod(0o700)
        load = partial(RuleSet.load, *files, cache=cache)
        compiled, kept = _seconds(load), _seconds(load)
    report.figures |= {"rules_compile_s": compiled, "rules_load_s": kept}
    rows = [("compiled", compiled), ("from the cache", kept)]
    return Table("Loading EN 16931 and Peppol", ("how", "seconds"), rows)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
