"""Documents looked into in threads and in processes: how many, and how long the loop waits for it.

Part of ``validation``. The delay of the event loop is that of a task that wants to run every
millisecond, as the network does.
"""

import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import anyio

from benchmarks.checkers import document
from benchmarks.documents import invoice
from benchmarks.report import Options, Report, Table
from benchmarks.rounds import median, percentile
from pipeline.domain.documents import Document
from pipeline.ports.profile import DocumentValidator
from pipeline.validation.processes.pool import WorkerPool
from pipeline.validation.recipe import Recipe
from pipeline.validation.rule_files import RulePlaces, RuleSetName
from pipeline.validation.xml import XmlLimits

_LINES = 8
_BATCH = 32
_TICK_S = 0.001
_VARIANTS = ((1, "threads", 1), (1, "processes", 1), (2, "threads", 1), (2, "processes", 1),
             (2, "threads", 2), (2, "processes", 2))  # fmt: skip


@dataclass(slots=True)
class _Run:
    """What one run saw; CPU time is that of this process and of its workers."""

    documents: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    delays: list[float] = field(default_factory=list)


def run(options: Options) -> Report:
    """One row for each placement, on one core and on two."""
    report = Report()
    seconds, rounds = (0.5, 1) if options.quick else (3.0, 3)
    variants = [each for each in _VARIANTS if each[0] <= len(os.sched_getaffinity(0))]
    runs: dict[tuple[int, str, int], list[_Run]] = {each: [] for each in variants}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o700)
        for _ in range(rounds):
            for cores, where, workers in variants:
                with _cores(cores):
                    done = anyio.run(
                        _measure,
                        *(where, workers, seconds, Path(folder)),
                        backend_options={"use_uvloop": True},
                    )
                runs[cores, where, workers].append(done)
    report.tables.append(_table(report, runs))
    return report


def _table(report: Report, runs: dict[tuple[int, str, int], list[_Run]]) -> Table:
    rows = []
    for (cores, where, workers), done in runs.items():
        speed = median(one.documents / one.seconds for one in done)
        cpu_us = median(one.cpu_seconds / one.documents for one in done) * 1e6
        delays = [delay * 1e3 for one in done for delay in one.delays]
        rows.append(
            (
                f"cores {cores}, {where} {workers}",
                *(speed, cpu_us, median(delays), percentile(delays, 99), max(delays)),
            )
        )
        report.figures[f"validation_{cores}_cores_{workers}_{where}_p99_ms"] = percentile(
            delays, 99
        )
    columns = ("where", "docs/s", "CPU us", "loop waits ms", "99 % below ms", "longest ms")
    return Table("In threads and in processes, 15 kB", columns, rows)


async def _measure(where: str, workers: int, seconds: float, cache: Path) -> _Run:
    """A run, without what it takes to start and to end."""
    empty = await _one_run(where, workers, 0.0, cache)
    done = await _one_run(where, workers, seconds, cache)
    done.cpu_seconds -= empty.cpu_seconds
    return done


async def _one_run(where: str, workers: int, seconds: float, cache: Path) -> _Run:
    documents = [document(invoice(Random(n), _LINES)) for n in range(_BATCH)]  # noqa: S311
    done, began_s = _Run(), _cpu_seconds()
    async with _validator(where, workers, cache) as validator:
        async with anyio.create_task_group() as warming:
            for _ in range(workers):
                warming.start_soon(validator.validate, documents)
        await _keep_busy(validator, documents, done, workers=workers, seconds=seconds)
    done.cpu_seconds = _cpu_seconds() - began_s
    return done


async def _keep_busy(
    validator: DocumentValidator,
    documents: list[Document],
    done: _Run,
    *,
    workers: int,
    seconds: float,
) -> None:
    began = time.perf_counter()

    async def work() -> None:
        while time.perf_counter() < began + seconds:
            done.documents += len(await validator.validate(documents))

    async with anyio.create_task_group() as beside:
        beside.start_soon(_tick, done.delays)
        async with anyio.create_task_group() as working:
            for _ in range(workers):
                working.start_soon(work)
        beside.cancel_scope.cancel()
    done.seconds = time.perf_counter() - began


async def _tick(delays: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await anyio.sleep(_TICK_S)
        delays.append(time.perf_counter() - began - _TICK_S)


@asynccontextmanager
async def _validator(where: str, workers: int, cache: Path) -> AsyncIterator[DocumentValidator]:
    files = tuple(RulePlaces().find(name) for name in RuleSetName)
    recipe = Recipe(files, cache, XmlLimits().max_bytes)
    if where == "threads":
        yield recipe.validator(threads=workers)
        return
    async with WorkerPool(recipe.examiner, size=workers) as pool:
        yield pool


@contextmanager
def _cores(count: int) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _cpu_seconds() -> float:
    """Of this process and of those that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
