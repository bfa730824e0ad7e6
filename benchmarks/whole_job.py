"""``whole_job``: list, download, validate, write, acknowledge, for an office of dossiers."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from benchmarks.documents import Corpus
from benchmarks.hubs import hub_process
from benchmarks.job import Outcome
from benchmarks.office import Office
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import interleaved, median, percentile

STAGES = ("list", "download", "validate", "write", "acknowledge")
LABELS = (*STAGES, "receive", "state commits", "engine", "passes", "dossiers")
NAMES = {
    "standin_bare": "stand-in hub, no validation",
    "standin_general": "stand-in hub, no validation, everything through aiohttp",
    "standin_xsd": "stand-in hub, parse and XSD",
    "standin_rules": "stand-in hub, parse, XSD and all rules",
    "standin_new": "stand-in hub, parse and XSD, folders made on the way",
    "standin_unsafe": "stand-in hub, parse and XSD, unsafe order of writing",
    "embedded_xsd": "embedded hub, parse and XSD",
}
ACCOUNTED = ("standin_general", "standin_bare", "standin_xsd", "standin_rules")


def run(options: Options) -> Report:
    """Every variant in turn, two of them also with accounts."""
    corpus = Corpus(options.dossiers or (100 if options.quick else 1000), per_dossier=4)
    with ExitStack() as opened:
        hubs = {
            kind: opened.enter_context(hub_process(kind, corpus))
            for kind in ("standin", "embedded")
        }
        office = Office(corpus, options.folder / "whole_job", hubs, corpus.digests())
        variants: dict[tuple[str, bool], Callable[[], Outcome]] = {
            (name, is_accounted): partial(office.run, name, is_accounted=is_accounted)
            for is_accounted, names in ((False, NAMES), (True, ACCOUNTED))
            for name in names
        }
        results = interleaved(variants, quick=options.quick)
    timed = {name: results[name, False] for name in NAMES}
    return _report(corpus, timed, {name: _middle(results[name, True]) for name in ACCOUNTED})


def _middle(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome with the median CPU time."""
    return sorted(outcomes, key=lambda outcome: outcome.cpu_seconds)[len(outcomes) // 2]


def _report(
    corpus: Corpus, results: Mapping[str, list[Outcome]], accounted: Mapping[str, Outcome]
) -> Report:
    size = len(corpus)
    report = Report()
    rows: list[Sequence[Cell]] = []
    for name, outcomes in results.items():
        figures = _figures(outcomes, size)
        report.figures |= {f"whole_job_{name}_{key}": value for key, value in figures.items()}
        rows.append((NAMES[name], *figures.values()))
    columns = ("variant", "docs/s", "CPU us", "peak RSS MB", "p50 ms", "p95 ms", "p99 ms")
    title = f"The whole job, {corpus.dossiers} dossiers x {corpus.per_dossier} documents"
    report.tables = [
        Table(title, columns, rows, "p50 to p99: from listed to durable in its folder."),
        _stage_table(accounted, size),
        _counter_table(accounted["standin_xsd"], size),
    ]
    report.ratios = _ratios(report.figures, accounted["standin_xsd"])
    report.figures["p99_listed_to_placed_ms"] = report.figures["whole_job_standin_xsd_p99_ms"]
    report.figures |= {
        f"cpu_us_per_document_{label.replace(' ', '_')}": cost
        for label, cost in _costs(accounted["standin_xsd"], size).items()
    }
    return report


def _figures(outcomes: Sequence[Outcome], size: int) -> dict[str, float]:
    return {
        "documents_per_s": median(size / each.seconds for each in outcomes),
        "cpu_us": median(each.cpu_seconds / size * 1e6 for each in outcomes),
        "rss_mb": median(each.rss_mb for each in outcomes),
        **{
            f"p{percent}_ms": median(percentile(o.placed_after, percent) * 1e3 for o in outcomes)
            for percent in (50, 95, 99)
        },
    }


def _ratios(figures: Mapping[str, float], accounted: Outcome) -> dict[str, float]:
    rate = {name: figures[f"whole_job_{name}_documents_per_s"] for name in NAMES}
    costs = _costs(accounted, accounted.listed)
    return {
        "engine_share_of_cpu": costs["engine"] / costs["all"],
        "validation_share_of_cpu": costs["validate"] / costs["all"],
        "rules_vs_xsd": rate["standin_rules"] / rate["standin_xsd"],
        "lean_http_vs_aiohttp": rate["standin_bare"] / rate["standin_general"],
        "xsd_vs_bare": rate["standin_xsd"] / rate["standin_bare"],
        "whole_job_safe_vs_unsafe": rate["standin_xsd"] / rate["standin_unsafe"],
        "embedded_vs_standin": rate["embedded_xsd"] / rate["standin_xsd"],
    }


def _stage_table(accounted: Mapping[str, Outcome], size: int) -> Table:
    columns = [_costs(outcome, size) for outcome in accounted.values()]
    rows: list[Sequence[Cell]] = [
        (label, *(each[label] for each in columns)) for label in columns[0]
    ]
    note = (
        "Measured on the CPU clock of each thread, at every step of a coroutine and around every"
        " call in a worker thread, less what the clock itself takes. receive: what comes in from"
        " sockets, nearly all of it downloads. state commits: BEGIN to COMMIT without the"
        " statements, which are in their stages. rest: event loop, sockets, hand-over to threads,"
        " garbage."
    )
    titles = ("CPU us per document", *(NAMES[name] for name in accounted))
    return Table("Where the CPU time goes", titles, rows, note)


def _costs(outcome: Outcome, size: int) -> dict[str, float]:
    """CPU us per document by label, and their sum."""
    costs = {label: outcome.stage_seconds.get(label, 0.0) / size * 1e6 for label in LABELS}
    total = (outcome.cpu_seconds - outcome.accounting_seconds) / size * 1e6
    return {**costs, "rest": total - sum(costs.values()), "all": total}


def _counter_table(accounted: Outcome, size: int) -> Table:
    rows = [(name, total, total / size) for name, total in sorted(accounted.counts.items())]
    note = "These do not depend on the machine. flushes are those of the destination's disk."
    return Table("Counters", ("what", "in all", "per document"), rows, note)
