"""``latency``: from available at the hub to the file in its folder, pushed and polled.

The service is a process of its own; the embedded hub is in this one. Documents come at random
moments, one at a time, so that each of them is alone in its batch.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import anyio
import anyio.to_thread
import msgspec

from benchmarks.documents import Corpus
from benchmarks.hubs import HubAddress
from benchmarks.idle import inherited, service
from benchmarks.job import environment_for
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import percentile
from benchmarks.standin import PACKAGE
from pipeline.connectors.clock import SystemClock
from pipeline.domain.documents import DocumentKind
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Dossier, Failure, Package

BETWEEN_S = 0.2
"""On average, between two documents."""
FEED_S = 1
_LOOK_S = 0.001
_LONGEST_S = 30.0
_REFUSED_EVENTS = Failure("server_error", operations=["streamEvents"])


def run(options: Options) -> Report:
    """Events first, then the change feed alone."""
    report = Report()
    rows: list[Sequence[Cell]] = []
    count = 20 if options.quick else 200
    for name, failures in (("push", ()), ("feed", (_REFUSED_EVENTS,))):
        folder = options.folder / "latency" / name
        folder.mkdir(parents=True)
        times = sorted(anyio.run(_measure, folder, failures, count))
        figures = {f"p{each}": percentile(times, each) * 1e3 for each in (50, 95, 99)}
        rows.append((name, count, *figures.values()))
        report.figures |= {f"latency_{name}_{key}_ms": value for key, value in figures.items()}
    columns = ("how", "documents", "p50 ms", "p95 ms", "p99 ms")
    note = f"feed: events are refused, and the change feed is looked at every {FEED_S} s."
    title = "From available at the hub to the file in its folder"
    report.tables.append(Table(title, columns, rows, note))
    return report


async def _measure(folder: Path, failures: Sequence[Failure], count: int) -> list[float]:
    corpus, rng = Corpus(1, count), Random(1)  # noqa: S311 - test data
    inbox = folder / "books" / "winbooks" / corpus.dossier_ids[0] / "purchase"
    inbox.mkdir(parents=True)
    times = []
    async with _followed(folder, failures, corpus) as hub:
        for document in corpus:
            await anyio.sleep(rng.expovariate(1 / BETWEEN_S))
            before = _files(inbox)
            await hub.seed(documents=[_arriving(document.id, document.dossier_id, document.body)])
            began = anyio.current_time()
            with anyio.fail_after(_LONGEST_S):
                while _files(inbox) == before:  # noqa: ASYNC110 - no event tells it
                    await anyio.sleep(_LOOK_S)
            times.append(anyio.current_time() - began)
    return times


@asynccontextmanager
async def _followed(
    folder: Path, failures: Sequence[Failure], corpus: Corpus
) -> AsyncIterator[EmbeddedHub]:
    """A hub with one dossier, and a service that follows it."""
    with tempfile.TemporaryDirectory() as data:
        async with EmbeddedHub(Path(data), clock=SystemClock(), allow_failures=True) as hub:
            dossier = corpus.dossier_ids[0]
            await hub.seed(
                packages=[msgspec.convert(PACKAGE, Package)],
                dossiers=[
                    Dossier(
                        id=dossier,
                        enterprise_name="Bakery BV",
                        accounting_file_id=dossier,
                        accounting_package_id=str(PACKAGE["id"]),
                    )
                ],
            )
            hub.fail(*failures)
            given = hub.credentials
            address = HubAddress(hub.url, given.client_id, given.client_secret, os.getpid())
            environment = {
                **inherited(),
                **environment_for(address, folder),
                "DOSSIERPOST_METRICS_PORT": "0",
                "DOSSIERPOST_FEED_SECONDS": str(FEED_S),
            }
            running = service(environment, folder / "notify")
            await anyio.to_thread.run_sync(running.__enter__)  # the hub answers meanwhile
            try:
                yield hub
            finally:
                await anyio.to_thread.run_sync(running.__exit__, None, None, None)


def _files(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())


def _arriving(id_: str, dossier: str, body: bytes) -> NewDocument:
    return NewDocument(
        dossier_id=dossier,
        id=id_,
        kind=DocumentKind.PURCHASE_INVOICE,
        body=body,
        received_at=datetime.now(UTC),  # noqa: TID251 - real time is measured
        content_type="application/xml",
        file_name=f"{id_}.xml",
    )
