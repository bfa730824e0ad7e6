"""``fairness``: what small dossiers notice of a huge one that is due at the same moment."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from benchmarks.cores import client_core, hub_core
from benchmarks.documents import Corpus
from benchmarks.hubs import hub_process
from benchmarks.job import Outcome
from benchmarks.office import Office
from benchmarks.report import Options, Report, Table
from benchmarks.rounds import median, percentile

SMALL = 1000
HUGE = 100_000
ROUNDS = 3
"""The huge dossier alone is most of the time, so there are few rounds and none to warm up."""


def run(options: Options) -> Report:
    """Small dossiers by themselves and beside the huge one, in turn."""
    small = Corpus(SMALL // 10 if options.quick else SMALL, 4)
    corpora = (small, replace(small, huge=HUGE // 50 if options.quick else HUGE))
    with ExitStack() as opened:
        offices = [_office(opened, options, corpus) for corpus in corpora]
        rounds = 1 if options.quick else ROUNDS
        runs = [[office.run("standin_xsd") for office in offices] for _ in range(rounds)]
    alone, beside = (list(outcomes) for outcomes in zip(*runs, strict=True))
    return _report(small, corpora[1], alone, beside)


def _office(opened: ExitStack, options: Options, corpus: Corpus) -> Office:
    hub = opened.enter_context(hub_process("standin", corpus, hub_core()))
    folder = options.folder / "fairness" / str(corpus.huge)
    return Office(corpus, folder, {"standin": hub}, corpus.digests(), client_core())


def _report(
    small: Corpus, mixed: Corpus, alone: Sequence[Outcome], beside: Sequence[Outcome]
) -> Report:
    both = (("alone", alone), (f"beside one of {mixed.huge:,} documents", beside))
    rows = [
        (
            name,
            median(len(small) / _served_s(small, one) for one in outcomes),
            median(_served_s(small, one) for one in outcomes),
            median(one.seconds for one in outcomes),
        )
        for name, outcomes in both
    ]
    report = Report(ratios={"fairness_p99": rows[1][2] / rows[0][2]})
    title = f"{small.dossiers:,} small dossiers, alone and beside a huge one"
    columns = ("small dossiers", "their docs/s", "99 % served s", "all served s")
    note = (
        "Parse and XSD, everything due at 0. 99 % served: when so many of the small dossiers had"
        " their last document."
    )
    report.tables.append(Table(title, columns, rows, note))
    return report


def _served_s(small: Corpus, outcome: Outcome) -> float:
    """When 99 % of the small dossiers had their last document."""
    ids = set(small.dossier_ids)
    return percentile([at for each, at in outcome.dossier_seconds.items() if each in ids], 99)
