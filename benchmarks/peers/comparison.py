"""``peers``: the whole job beside those who do the same, and beside the floor, in one run.

The client has one core and the hub, nginx, another. Every run starts with empty folders that are
there, and is believed once each file was found as the hub has it.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec

from benchmarks import nginx
from benchmarks.cores import client_core, hub_core, on_core
from benchmarks.documents import Corpus
from benchmarks.floor import LIBXML2, SCANNER
from benchmarks.hubs import HubAddress, hub_process, list_again
from benchmarks.office import Office, empty_folders
from benchmarks.peers.running import PEERS, Peer, Run, Work, run_peer
from benchmarks.plot import Bar, bars
from benchmarks.report import Cell, NotHere, Options, Report, Table
from benchmarks.rounds import interleaved, median

PER_DOSSIER = 4
OURS = {"bare": "no validation", "xsd": "parse and XSD", "rules": "parse, XSD and all rules"}
SHARES = {"curl_xargs": 20, "httpx_gather": 4, "sequential_requests": 4, "thread_requests": 4}
"""Those that would take minutes get one part in so many of the dossiers."""
Works = Mapping[str, Sequence[Work]]


@dataclass(frozen=True, slots=True)
class Bench:
    """Hubs of a kind by the share of the dossiers that they have, and room to write."""

    kind: str
    office: Office
    corpora: Mapping[int, Corpus]
    hubs: Mapping[int, HubAddress]
    folder: Path

    def ours(self, validation: str) -> Mapping[str, Work]:
        """A run of the product."""
        outcome = self.office.run(f"{self.kind}_{validation}")
        return {"": _each(Work(outcome.seconds, outcome.cpu_seconds), self.corpora[1])}

    def peer(self, peer: Peer, *, is_durable: bool) -> Mapping[str, Work]:
        """A run of a peer, over its share of the dossiers."""
        share = SHARES.get(peer.name, 1)
        corpus = self.corpora[share]
        run = Run(peer, self.hubs[share], corpus, self._room(peer.name), is_durable)
        return {"": _each(run_peer(run), corpus)}

    def floor(self) -> Mapping[str, Work]:
        """A run of the floor, step by step."""
        folder = self._room("floor")
        list_again(self.hubs[1])
        empty_folders(self.corpora[1], folder)
        command = [sys.executable, "-m", "benchmarks.floor", self.hubs[1].url, str(folder)]
        done = subprocess.run(  # noqa: S603
            [*on_core(client_core()), *command], stdout=subprocess.PIPE, check=True
        )
        steps = msgspec.json.decode(done.stdout, type=dict[str, Work])
        shutil.rmtree(folder)
        return {step: _each(work, self.corpora[1]) for step, work in steps.items()}

    def _room(self, name: str) -> Path:
        return self.folder / f"{name}-{next(self.office.numbers)}"


def _each(work: Work, corpus: Corpus) -> Work:
    """What one document took."""
    return Work(work.seconds / len(corpus), work.cpu_seconds / len(corpus))


def run(options: Options) -> Report:
    """All of them in turn.

    Raises:
        NotHere: nginx is not installed.
    """
    if nginx.PROGRAM is None:
        raise NotHere("the hub of this comparison is nginx: apt-get install nginx-light")
    dossiers = options.dossiers or (100 if options.quick else 5000)
    whole = Corpus(dossiers, PER_DOSSIER)
    shares = {1, *SHARES.values()}
    corpora = {share: replace(whole, dossiers=max(dossiers // share, 20)) for share in shares}
    folder = options.folder / "peers"
    with ExitStack() as opened:
        hubs = {
            share: opened.enter_context(hub_process("nginx", corpus, hub_core()))
            for share, corpus in corpora.items()
        }
        office = Office(whole, folder, {"nginx": hubs[1]}, whole.digests(), core=client_core())
        bench = Bench("nginx", office, corpora, hubs, folder)
        results = interleaved(dict(_variants(bench)), quick=options.quick)
    return _report(whole, results)


def _variants(bench: Bench) -> Iterator[tuple[str, Callable[[], Mapping[str, Work]]]]:
    for validation in OURS:
        yield validation, partial(bench.ours, validation)
    for name, peer in PEERS.items():
        if peer.is_there:
            yield name, partial(bench.peer, peer, is_durable=False)
            if peer.can_flush:
                yield f"{name} durable", partial(bench.peer, peer, is_durable=True)
    yield "floor", bench.floor


def _report(corpus: Corpus, results: Mapping[str, Sequence[Mapping[str, Work]]]) -> Report:
    steps = {
        step: median_work([each[step] for each in results["floor"]]) for step in results["floor"][0]
    }
    works = {
        name: median_work([each[""] for each in runs])
        for name, runs in results.items()
        if name != "floor"
    }
    works |= floors(steps)
    report = Report(ratios=_ratios(works), figures=_figures(works))
    report.tables = [_table(corpus, works), _floor_table(steps)]
    report.plots["peers"] = _plot(works)
    return report


def median_work(works: Sequence[Work]) -> Work:
    """Medians of time and CPU time."""
    return Work(median(w.seconds for w in works), median(w.cpu_seconds for w in works))


def floors(steps: Mapping[str, Work]) -> dict[str, Work]:
    """The floor with libxml2, with our scanner where it was built, and without any checks."""
    bare = [work for step, work in steps.items() if step not in (*LIBXML2, SCANNER)]
    found = {"floor": sum_of([*bare, *(steps[step] for step in LIBXML2)])}
    if SCANNER in steps:
        found["floor own scanner"] = sum_of([*bare, steps[SCANNER]])
    return {**found, "floor bare": sum_of(bare)}


def sum_of(works: Iterable[Work]) -> Work:
    """Time and CPU time of one after the other."""
    listed = list(works)
    return Work(sum(w.seconds for w in listed), sum(w.cpu_seconds for w in listed))


def _ratios(works: Mapping[str, Work]) -> dict[str, float]:
    """How many times as fast the whole job is; more than 1 is faster."""
    peers = [name for name in works if name.partition(" ")[0] in PEERS]
    times = {
        **{(name, "xsd"): works[name] for name in peers},
        **{(name, "bare"): works[name] for name in peers},
        **{(name, "xsd"): works[name] for name in ("floor", "floor own scanner") if name in works},
        ("floor", "bare"): works["floor bare"],
    }
    return {
        _named(name, validation): work.seconds / works[validation].seconds
        for (name, validation), work in times.items()
    }


def _named(peer: str, validation: str) -> str:
    job = "whole_job" if validation == "xsd" else f"whole_job_{validation}"
    return f"{job}_vs_{peer.replace(' ', '_')}"


def _figures(works: Mapping[str, Work]) -> dict[str, float]:
    rates = {
        f"documents_per_second_{name.replace(' ', '_')}": 1 / work.seconds
        for name, work in works.items()
    }
    return {**rates, "documents_per_second": 1 / works["xsd"].seconds}


def _plot(works: Mapping[str, Work]) -> str:
    drawn = [
        Bar(
            f"Dossierpost, {OURS[name]}" if name in OURS else name.replace("_", " "),
            1 / work.seconds,
            "ours" if name in OURS else "limit" if name.startswith("floor") else "others",
        )
        for name, work in works.items()
    ]
    note = "Dossierpost flushes and remembers; of the others only those called durable flush."
    return bars("The same job, one core", "Documents a second", drawn, note)


def _table(corpus: Corpus, works: Mapping[str, Work]) -> Table:
    rows: list[Sequence[Cell]] = [
        (
            f"Dossierpost, {OURS[name]}" if name in OURS else name.replace("_", " "),
            "yes" if name in OURS or name.endswith("durable") or name.startswith("floor") else "no",
            _checks(name),
            "no" if name == "rclone" else "yes",
            1 / work.seconds,
            work.cpu_seconds * 1e6,
            work.seconds / works["xsd"].seconds,
        )
        for name, work in works.items()
    ]
    columns = ("who", "durable", "checks", "tells the hub", "docs/s", "CPU us", "time, ours = 1")
    title = f"The same job, {corpus.dossiers:,} dossiers x {corpus.per_dossier} documents of 15 kB"
    return Table(title, columns, rows, _NOTE)


def _checks(name: str) -> str:
    if name in OURS:
        return OURS[name].removeprefix("no validation") or "no"
    return "parse and XSD" if name in ("floor", "floor own scanner") else "no"


_NOTE = (
    "Medians; the client on one core, nginx on another. ours = 1 is the one with parse and XSD. "
    "The slow ones had a part of the dossiers only. rclone lists files, downloads and writes, and "
    "does nothing else; the shell loop was given its list. Nobody but Dossierpost remembers what "
    "it delivered. floor: the sum of the steps below, with libxml2, with our scanner, or "
    "without checks."
)


def _floor_table(steps: Mapping[str, Work]) -> Table:
    rows: list[Sequence[Cell]] = [
        (step, work.seconds * 1e6, work.cpu_seconds * 1e6) for step, work in steps.items()
    ]
    return Table("The floor", ("step", "us", "CPU us"), rows, "For one document, by itself.")
