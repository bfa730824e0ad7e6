"""``latency``: from available at the hub to the file in its folder, pushed and polled.

The service is a process of its own; the embedded hub is in this one. Documents come at random
moments, one at a time, so that each of them is alone in its batch.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import anyio

from benchmarks.documents import Corpus
from benchmarks.live import FEED_S, arriving, followed
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import percentile
from pipeline.hub.wire import Failure

BETWEEN_S = 0.2
"""On average, between two documents."""
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
    async with followed(folder, corpus, failures) as live:
        for document in corpus:
            await anyio.sleep(rng.expovariate(1 / BETWEEN_S))
            before = _files(inbox)
            await live.hub.seed(documents=[arriving(document)])
            began = anyio.current_time()
            with anyio.fail_after(_LONGEST_S):
                while _files(inbox) == before:  # noqa: ASYNC110 - no event tells it
                    await anyio.sleep(_LOOK_S)
            times.append(anyio.current_time() - began)
    return times


def _files(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())
