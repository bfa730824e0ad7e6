"""``workers``: the whole job by one process and by two that share the dossiers and the state.

One has the client's core to itself, two have both cores, of which the hub needs a part: so the
hub's CPU is printed, and what two workers could do at most beside it. Two also wait for one disk,
so the same is done in folders in memory, where nobody waits.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import msgspec

from benchmarks.cores import client_core, cores, hub_core
from benchmarks.documents import Corpus
from benchmarks.hubs import HubAddress, hub_process, list_again
from benchmarks.job import READY, Outcome, Spec
from benchmarks.machine import busy_seconds, cpu_seconds_of
from benchmarks.nginx import PROGRAM
from benchmarks.office import Office, empty_folders, job_command
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import interleaved, median

MOST = 2
CORES = len(cores())
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it

Variant = tuple[str, int]
"""Where the folders and the state lie, and how many workers there are."""

SUFFIX = {"disk": "", "memory": "_in_memory"}


@dataclass(frozen=True, slots=True)
class Shared:
    """What all workers of a run took together, and what the hub and strangers took meanwhile."""

    seconds: float
    cpu_seconds: float
    hub_seconds: float
    strangers_seconds: float

    @property
    def cores_left(self) -> float:
        """How many cores strangers left to the workers and the hub."""
        return CORES - self.strangers_seconds / self.seconds


@dataclass(frozen=True, slots=True)
class Team:
    """Runs the job with so many workers, in folders below some place."""

    office: Office
    hub: HubAddress
    places: Mapping[str, Path]
    numbers: "count[int]"

    def run(self, where: str, workers: int) -> Shared:
        """One run, believed once everything was found as it should be."""
        folder = self.places[where] / str(next(self.numbers))
        empty_folders(self.office.corpus, folder / "books" / "winbooks", "purchase")
        list_again(self.hub)
        hub_before = cpu_seconds_of(self.hub.pid)
        outcomes, busy = _work(Spec(self.hub, str(folder), "xsd", workers=workers, waits=True))
        hub_seconds = cpu_seconds_of(self.hub.pid) - hub_before
        together = _together(outcomes)
        self.office.check(f"{workers} workers", folder, together)
        shutil.rmtree(folder)
        strangers = max(busy - together.cpu_seconds - hub_seconds, 0.0)
        return Shared(together.seconds, together.cpu_seconds, hub_seconds, strangers)


def run(options: Options) -> Report:
    """One and two in turn, at the cheapest hub that is to be had."""
    corpus = Corpus(options.dossiers or (100 if options.quick else 1000), per_dossier=8)
    kind = "nginx" if PROGRAM else "standin"
    disk = options.folder / "workers"
    with hub_process(kind, corpus, hub_core()) as hub, _places(disk) as places:
        office = Office(corpus, disk, {kind: hub}, corpus.digests())
        team = Team(office, hub, places, count())
        variants: dict[Variant, partial[Shared]] = {
            (where, number): partial(team.run, where, number)
            for where in places
            for number in range(1, MOST + 1)
        }
        results = interleaved(variants, quick=options.quick)
    return _report(kind, corpus, results)


@contextmanager
def _places(disk: Path) -> Iterator[Mapping[str, Path]]:
    if not os.access(IN_MEMORY, os.W_OK):
        yield {"disk": disk}
        return
    with tempfile.TemporaryDirectory(prefix="workers-", dir=IN_MEMORY) as memory:
        yield {"disk": disk, "memory": Path(memory)}


def _work(spec: Spec) -> tuple[list[Outcome], float]:
    """All workers at once, and the CPU that the machine used from when every one was ready."""
    core = client_core() if spec.workers == 1 else None
    with ExitStack() as running:
        processes = []
        for worker in range(1, spec.workers + 1):
            mine = msgspec.structs.replace(spec, worker=worker)
            process = subprocess.Popen(  # noqa: S603
                job_command(mine, core),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            processes.append(running.enter_context(process))
            assert process.stdout is not None
            assert process.stdout.readline().strip() == READY
        before = busy_seconds()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        told = [process.communicate()[0] for process in processes]
        busy = busy_seconds() - before
    return [msgspec.json.decode(each.splitlines()[-1], type=Outcome) for each in told], busy


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    return msgspec.structs.replace(
        outcomes[0],
        seconds=max(each.seconds for each in outcomes),
        cpu_seconds=sum(each.cpu_seconds for each in outcomes),
        listed=sum(each.listed for each in outcomes),
        acknowledged=max(each.acknowledged for each in outcomes),
        problems=[problem for each in outcomes for problem in each.problems],
    )


def _report(kind: str, corpus: Corpus, results: dict[Variant, list[Shared]]) -> Report:
    size, report = len(corpus), Report()
    rows: list[Sequence[Cell]] = []
    for (where, workers), runs in results.items():
        figures = {
            "documents_per_s": median(size / each.seconds for each in runs),
            "cpu_us": median(each.cpu_seconds / size * 1e6 for each in runs),
            "hub_cpu_us": median(each.hub_seconds / size * 1e6 for each in runs),
            "cores_left": median(each.cores_left for each in runs),
        }
        name = f"workers_{workers}{SUFFIX[where]}"
        report.figures |= {f"{name}_{key}": value for key, value in figures.items()}
        rows.append((f"{workers}", where, *figures.values()))
    notes = [_compare(report, where) for where in dict.fromkeys(where for where, _ in results)]
    note = "Parse and XSD, durable, acknowledged. " + " ".join(notes)
    title = f"Workers, {corpus.dossiers} dossiers x {corpus.per_dossier} documents at {kind}"
    columns = ("workers", "folders on", "docs/s", "CPU us", "hub's CPU us", "cores others left")
    report.tables.append(Table(title, columns, rows, note))
    return report


def _compare(report: Report, where: str) -> str:
    """Note what two do for what one does and for what is possible; return it in words."""
    end, figures = SUFFIX[where], report.figures
    one, two = (figures[f"workers_{number}{end}_documents_per_s"] for number in (1, MOST))
    possible = _possible(figures, end)
    report.ratios |= {
        f"two_workers{end}_vs_one": two / one,
        f"two_workers{end}_vs_possible": two / possible,
    }
    return (
        f"With folders on {where} two do {two / one:.2f} times what one does. With as much CPU a"
        " document as one takes, and what the hub takes, the cores that were left to two would do"
        f" {possible:,.0f} documents/s; they did {two / possible:.2f} of that."
    )


def _possible(figures: Mapping[str, float], end: str) -> float:
    """Documents a second on the cores that were left, if a second worker cost nothing more."""
    cost_us = figures[f"workers_1{end}_cpu_us"] + figures[f"workers_2{end}_hub_cpu_us"]
    return figures[f"workers_2{end}_cores_left"] / cost_us * 1e6
