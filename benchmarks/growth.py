"""``growth``: the whole job as offices grow and hubs move away, with TLS and large files."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from benchmarks.cores import client_core, hub_core
from benchmarks.documents import LINES_OF_10_KB, Corpus
from benchmarks.hubs import hub_process
from benchmarks.job import Outcome
from benchmarks.office import Office
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import interleaved, median, percentile

ONE_IN_70_LARGE = 70
"""With 10 kB otherwise, half of the documents are below 10 kB and one percent has 5 MB."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to grow."""

    name: str
    corpus: Corpus
    after_ms: int = 0
    is_tls: bool = False


def variants(*, quick: bool) -> Sequence[Variant]:
    """All of them; a quick run has a tenth of everything."""
    part = 10 if quick else 1
    base = Corpus(1000 // part, 4)
    mixed = Corpus(1000 // part, 4, lines=LINES_OF_10_KB, large_every=ONE_IN_70_LARGE)
    return (
        *(
            Variant(f"{count:,} dossiers", Corpus(count, max(4000 // part // count, 1)))
            for count in (100 // part, 1000 // part, 10_000 // part, 50_000 // part)
        ),
        *(Variant(f"hub {ms} ms away", base, after_ms=ms) for ms in (1, 20, 200)),
        Variant("TLS", base, is_tls=True),
        Variant("mixed sizes", mixed),
    )


def run(options: Options) -> Report:
    """Every variant, each with a hub of its own."""
    report, chosen = Report(), variants(quick=options.quick)
    with ExitStack() as opened:
        runs = {}
        for number, variant in enumerate(chosen):
            hub = opened.enter_context(
                hub_process(
                    "standin",
                    variant.corpus,
                    hub_core(),
                    after_s=variant.after_ms / 1000,
                    is_tls=variant.is_tls,
                )
            )
            folder = options.folder / "growth" / str(number)
            digests = variant.corpus.digests()
            office = Office(variant.corpus, folder, {"standin": hub}, digests, client_core())
            runs[variant.name] = partial(office.run, "standin_xsd")
        results = interleaved(runs, quick=options.quick)
    report.tables.append(_table(chosen, results))
    return report


def _table(chosen: Sequence[Variant], results: Mapping[str, Sequence[Outcome]]) -> Table:
    rows: list[Sequence[Cell]] = []
    for variant in chosen:
        size, outcomes = len(variant.corpus), results[variant.name]
        rows.append(
            (
                variant.name,
                size,
                median(size / each.seconds for each in outcomes),
                median(each.cpu_seconds / size * 1e6 for each in outcomes),
                median(each.rss_mb for each in outcomes),
                median(percentile(each.placed_after, 99) * 1e3 for each in outcomes),
                median(percentile([*each.dossier_seconds.values()], 99) for each in outcomes),
            )
        )
    columns = ("what", "documents", "docs/s", "CPU us", "peak RSS MB", "p99 ms", "99 % served s")
    note = (
        "Parse and XSD. p99: from listed to durable in its folder. 99 % served: when so many of the"
        " dossiers had their last document, all of them due at 0."
    )
    return Table("Growth", columns, rows, note)
