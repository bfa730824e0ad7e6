"""``start``: the service with 50,000 dossiers and a million documents that it knows."""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import anyio

from benchmarks.documents import Corpus
from benchmarks.hubs import hub_process
from benchmarks.idle import inherited, service, sync
from benchmarks.job import environment_for
from benchmarks.machine import cpu_seconds_of, rss_of_all_mb
from benchmarks.nginx import free_port
from benchmarks.report import Options, Report, Table
from benchmarks.rounds import median
from benchmarks.state import AT_ONCE, Clock, document, fill
from pipeline.app.names import NATIVE
from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.delivery import RowStatus

STARTS = 5
PORT = "DOSSIERPOST_METRICS_PORT"


class Start(NamedTuple):
    """One start of the service, until it was ready; its memory a second later."""

    seconds: float
    cpu_s: float
    rss_mb: float


def run(options: Options) -> Report:
    """Fill the state of an installation, then start it several times, with and without metrics."""
    dossiers, documents = (500, 10_000) if options.quick else (50_000, 1_000_000)
    corpus, folder = Corpus(dossiers, 0), options.folder / "start"
    folder.mkdir(parents=True)
    with hub_process("standin", corpus) as hub:
        bare = {**inherited(), **environment_for(hub, folder), PORT: "0"}
        sync(bare)
        anyio.run(_fill, folder / "state", documents, corpus)
        starts: list[Start] = []
        observed: list[Start] = []
        for _ in range(STARTS):
            starts.append(_start(bare, folder / "notify"))
            observed.append(_start({**bare, PORT: str(free_port())}, folder / "notify"))
    size = (f"{dossiers:,}", f"{documents:,}")
    return Report(
        figures={
            "start_seconds_1m_documents": median([each.seconds for each in starts]),
            "start_cpu_seconds_1m_documents": median([each.cpu_s for each in starts]),
        },
        tables=[
            Table(
                "Start of the service",
                (
                    *("dossiers", "documents known", "metrics"),
                    *("median s", "worst s", "CPU s", "RSS MB"),
                ),
                [(*size, "off", *_row(starts)), (*size, "on", *_row(observed))],
                "From the start of the process to READY=1; the interpreter and the imports are in"
                " it.",
            )
        ],
    )


def _start(environment: Mapping[str, str], notify: Path) -> Start:
    with service(environment, notify) as (process, seconds):
        cpu_s = cpu_seconds_of(process.pid)
        time.sleep(1)
        rss_mb = rss_of_all_mb(process.pid)
    notify.unlink()
    return Start(seconds, cpu_s, rss_mb)


def _row(starts: list[Start]) -> tuple[float, float, float, float]:
    seconds, cpu_s, rss_mb = zip(*starts, strict=True)
    return median(seconds), max(seconds), median(cpu_s), median(rss_mb)


async def _fill(folder: Path, documents: int, corpus: Corpus) -> None:
    state = await SqliteState.open(folder, Clock())
    make = partial(document, hub=NATIVE, dossiers=corpus.dossier_ids)
    await fill(state, 0, documents, until=RowStatus.ACKED, make=make, batch=AT_ONCE)
    await state.close()
