"""``start``: the service with 50,000 dossiers and a million documents that it knows."""

import time
from functools import partial
from pathlib import Path

import anyio

from benchmarks.documents import Corpus
from benchmarks.hubs import hub_process
from benchmarks.idle import inherited, service, sync
from benchmarks.job import environment_for
from benchmarks.machine import rss_of_all_mb
from benchmarks.report import Options, Report, Table
from benchmarks.rounds import median
from benchmarks.state import Clock, document, fill
from pipeline.app.names import NATIVE
from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.delivery import RowStatus

STARTS = 5


def run(options: Options) -> Report:
    """Fill the state of an installation, then start it several times."""
    dossiers, documents = (500, 10_000) if options.quick else (50_000, 1_000_000)
    corpus, folder = Corpus(dossiers, 0), options.folder / "start"
    folder.mkdir(parents=True)
    with hub_process("standin", corpus) as hub:
        environment = {
            **inherited(),
            **environment_for(hub, folder),
            "DOSSIERPOST_METRICS_PORT": "0",
        }
        sync(environment)
        anyio.run(_fill, folder / "state", documents, corpus)
        starts, sizes = [], []
        for number in range(STARTS):
            with service(environment, folder / f"notify-{number}") as (process, seconds):
                time.sleep(1)
                starts.append(seconds)
                sizes.append(rss_of_all_mb(process.pid))
    report = Report(figures={"start_seconds_1m_documents": median(starts)})
    columns = ("dossiers", "documents known", "median s", "worst s", "RSS MB")
    row = (f"{dossiers:,}", documents, median(starts), max(starts), median(sizes))
    note = "From the start of the process to READY=1; the interpreter and the imports are in it."
    report.tables.append(Table("Start of the service", columns, [row], note))
    return report


async def _fill(folder: Path, documents: int, corpus: Corpus) -> None:
    state = await SqliteState.open(folder, Clock())
    make = partial(document, hub=NATIVE, dossiers=corpus.dossier_ids)
    await fill(state, 0, documents, until=RowStatus.ACKED, make=make)
    await state.close()
