"""``memory``: what the service holds while documents come and go for a long time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from benchmarks.documents import LARGE_BYTES, LINES_OF_10_KB, Corpus
from benchmarks.live import arriving, followed
from benchmarks.machine import pss_of_all_mb
from benchmarks.report import Options, Report, Table
from benchmarks.rounds import median

DOSSIERS = 200
A_SECOND = 20
LARGE_EVERY = 2000
LAST_S = 60
"""How long the last documents may take."""


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds: those not counted, those counted, and what of them is compared at either end.

    Before the first, caches fill, and the process that checks documents is replaced once.
    """

    warm_up: int
    counted: int
    compared: int


WHOLE = Span(warm_up=10 * 60, counted=30 * 60, compared=5 * 60)
QUICK = Span(warm_up=6, counted=18, compared=3)


def run(options: Options) -> Report:
    """Documents come all the time, the folders are emptied as accounting software does it."""
    folder = options.folder / "memory"
    folder.mkdir(parents=True)
    span = QUICK if options.quick else WHOLE
    samples, placed = anyio.run(_measure, folder, span)
    report = reported(samples, span)
    if placed != len(samples) * A_SECOND:
        report.failures.append(f"memory: {placed} of {len(samples) * A_SECOND} documents came")
    return report


def reported(samples: Sequence[float], span: Span) -> Report:
    """What one sample a second says; the first is that of the start."""
    counted = samples[span.warm_up :]
    first, last = median(counted[: span.compared]), median(counted[-span.compared :])
    row = (
        f"{span.counted / 60:.1f} minutes",
        span.counted * A_SECOND,
        samples[0],
        first,
        last,
        max(counted),
        (last / first - 1) * 100,
    )
    columns = ("how long", "documents", "start MB", "first MB", "last MB", "most MB", "growth %")
    note = (
        f"After {span.warm_up} s of the same: medians of the first and the last {span.compared} s"
        " of the service and the process that checks documents; PSS, which counts shared pages"
        f" once. {A_SECOND} documents a second to {DOSSIERS} dossiers, one in {LARGE_EVERY} with"
        f" {LARGE_BYTES / 1e6:.0f} MB in it; all settings as they are by default."
    )
    return Report(
        tables=[Table("Memory over time", columns, [row], note)],
        figures={"memory_first_mb": first, "memory_last_mb": last},
        ratios={"memory_last_vs_first": last / first},
    )


async def _measure(folder: Path, span: Span) -> tuple[list[float], int]:
    """A sample for every second, and how many documents were placed."""
    seconds = span.warm_up + span.counted
    per_dossier = -(-seconds * A_SECOND // DOSSIERS)
    corpus = Corpus(DOSSIERS, per_dossier, LINES_OF_10_KB, large_every=LARGE_EVERY)
    samples, placed = [], 0
    async with followed(folder, corpus, settings={}) as live:
        for second in range(seconds):
            began = anyio.current_time()
            numbers = range(second * A_SECOND, (second + 1) * A_SECOND)
            await live.hub.seed(documents=[arriving(corpus.document(each)) for each in numbers])
            samples.append(pss_of_all_mb(live.pid))
            placed += await anyio.to_thread.run_sync(_import_all, folder / "books")
            await anyio.sleep(max(began + 1 - anyio.current_time(), 0))
        with anyio.move_on_after(LAST_S):
            while placed < seconds * A_SECOND:
                await anyio.sleep(1)
                placed += await anyio.to_thread.run_sync(_import_all, folder / "books")
    return samples, placed


def _import_all(books: Path) -> int:
    """What accounting software does with files that it has read; how many there were."""
    files = list(books.glob("winbooks/*/purchase/*.xml"))
    for file in files:
        file.unlink()
    return len(files)
