"""``validation``: what it takes to look into an invoice, by size, and beside others who do.

First everything that is checked, then the rules alone, then where it is done: in threads of the
service or in processes, and how long the event loop waits meanwhile.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial

from benchmarks import placement, rules
from benchmarks.checkers import (
    Found,
    eu_einvoice,
    mock_einvoice,
    ours,
    saxon_and_schema,
    versions,
)
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.sized import costs_us, mean_size, name_of_figure, sized_invoices
from pipeline.validation.rule_files import RuleSetName
from pipeline.validation.rules.engine import EngineChoice
from pipeline.validation.xml import XmlLimits, parse_xml

_ROUNDS = 12
_ORACLE = "SaxonC: XSD, EN"
_PARSE = "parse alone"
_PYTHON = "Python: XSD, EN, Peppol"
_NATIVE = "native: XSD, EN, Peppol"
_NATIVE_EN = "native: XSD, EN"
_EU = "eu-einvoice: XSD, EN"
_MOCK = "mock-einvoice: EN, Peppol"
_FIGURES = {
    _PYTHON: "python",
    _NATIVE: "native",
    _NATIVE_EN: "native_en",
    _EU: "eu_einvoice",
    _MOCK: "mock_einvoice",
}


def run(options: Options) -> Report:
    """All checks, the rules alone, threads and processes."""
    report = Report()
    with ExitStack() as stack:
        found: dict[str, Found] = {
            _PARSE: partial(parse_xml, limits=XmlLimits()),
            _ORACLE: saxon_and_schema(),
            _PYTHON: ours(EngineChoice.PYTHON),
            _NATIVE: ours(EngineChoice.NATIVE),
            _NATIVE_EN: ours(EngineChoice.NATIVE, [RuleSetName.EN16931]),
            _EU: stack.enter_context(eu_einvoice()),
            _MOCK: mock_einvoice(),
        }
        report.tables += _everything(report, found, 4 if options.quick else _ROUNDS)
    for part in (rules.run(options), placement.run(options)):
        report.tables += part.tables
        report.ratios |= part.ratios
        report.figures |= part.figures
    return report


def _everything(report: Report, found: dict[str, Found], rounds: int) -> list[Table]:
    checks = {name: each for name, each in found.items() if not isinstance(each, str)}
    missing = [f"NOT MEASURED: {each}." for each in found.values() if isinstance(each, str)]
    rows: list[Sequence[Cell]] = []
    ratios: list[Sequence[Cell]] = []
    for size, bodies in sized_invoices().items():
        costs = costs_us(checks, bodies, rounds)
        rows.append((size, mean_size(bodies), *(1e6 / cost for cost in costs.values())))
        times = {name: costs[_ORACLE] / costs[name] for name in _FIGURES if name in costs}
        ratios.append((size, *times.values()))
        _keep(report, size, costs, times)
    note = " ".join(
        [f"CPU time on one core, medians of batches that take turns. {versions()}.", *missing]
    )
    names = [name for name in _FIGURES if name in checks]
    return [
        Table("Documents a second and core", ("size", "bytes", *checks), rows, note),
        Table("Times lxml with SaxonC", ("size", *names), ratios),
    ]


def _keep(report: Report, size: str, costs: dict[str, float], times: dict[str, float]) -> None:
    for name, ratio in times.items():
        figure = f"validation_{_FIGURES[name]}_{name_of_figure(size)}"
        report.ratios[f"{figure}_times_saxon"] = ratio
        report.figures[f"{figure}_us"] = costs[name]
