"""``memory``: what the service holds while documents come and go for a long time."""

from collections.abc import Sequence
from pathlib import Path

import anyio

from benchmarks.documents import LARGE_BYTES, LINES_OF_10_KB, Corpus
from benchmarks.live import arriving, followed
from benchmarks.machine import rss_of_all_mb
from benchmarks.report import Cell, Options, Report, Table
from benchmarks.rounds import median

DOSSIERS = 200
A_SECOND = 20
MINUTES = 30
QUICK_S = 20.0
WARM_UP = 1 / 6
"""The part of the time that is not counted: caches fill, the allocator finds its size."""
LARGE_EVERY = 2000


def run(options: Options) -> Report:
    """Documents come all the time, the folders are emptied as accounting software does it."""
    seconds = QUICK_S if options.quick else MINUTES * 60.0
    folder = options.folder / "memory"
    folder.mkdir(parents=True)
    samples = anyio.run(_measure, folder, seconds)
    counted = samples[int(len(samples) * WARM_UP) :]
    quarter = max(len(counted) // 4, 1)
    first, last = median(counted[:quarter]), median(counted[-quarter:])
    report = Report(figures={"memory_first_mb": first, "memory_last_mb": last})
    report.ratios["memory_last_vs_first"] = last / first
    rows: list[Sequence[Cell]] = [
        (
            f"{seconds / 60:.1f} minutes",
            int(seconds * A_SECOND),
            first,
            last,
            max(samples),
            last / first,
        )
    ]
    columns = ("how long", "documents", "first MB", "last MB", "most MB", "last / first")
    note = (
        f"RSS of the service and its processes, medians of the first and the last"
        f" quarter after warming up. {A_SECOND} documents a second to {DOSSIERS} dossiers, one in"
        f" {LARGE_EVERY} with {LARGE_BYTES / 1e6:.0f} MB in it."
    )
    report.tables.append(Table("Memory over time", columns, rows, note))
    return report


async def _measure(folder: Path, seconds: float) -> list[float]:
    count = int(seconds * A_SECOND)
    corpus = Corpus(DOSSIERS, -(-count // DOSSIERS), LINES_OF_10_KB, large_every=LARGE_EVERY)
    samples = []
    async with followed(folder, corpus) as live:
        for second in range(int(seconds)):
            began = anyio.current_time()
            numbers = range(second * A_SECOND, (second + 1) * A_SECOND)
            await live.hub.seed(documents=[arriving(corpus.document(each)) for each in numbers])
            samples.append(rss_of_all_mb(live.pid))
            await anyio.to_thread.run_sync(_import_all, folder / "books")
            await anyio.sleep(max(began + 1 - anyio.current_time(), 0))
    return samples


def _import_all(books: Path) -> None:
    """What accounting software does with files that it has read."""
    for file in books.glob("winbooks/*/purchase/*.xml"):
        file.unlink()
