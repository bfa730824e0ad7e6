"""Accounts for one run of the product: CPU by stage, and counts that no machine changes.

Everything is attached from outside, while a context lasts; the product knows nothing of it.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp.client_proto
import anyio.to_thread

from benchmarks.attach import replaced
from benchmarks.stopwatch import Stopwatch
from pipeline.app import opening
from pipeline.connectors.disks.linux import LinuxDisk
from pipeline.connectors.disks.linux import disk as linux_disk
from pipeline.connectors.http import HttpClient
from pipeline.connectors.lean_http.connection import Connection
from pipeline.connectors.state.sqlite import workers
from pipeline.engine.delays import Delays
from pipeline.engine.reports import Reports
from pipeline.engine.runner import BatchRunner, SingleRunner
from pipeline.engine.running import RunningLine
from pipeline.ports.disk import Folder, NewFile
from pipeline.stages.acknowledge import Acknowledge
from pipeline.stages.download import Download
from pipeline.stages.list import ListDocuments
from pipeline.stages.reject import Reject
from pipeline.stages.validate import Validate
from pipeline.stages.write import Write
from pipeline.usecases.follow_hub import FollowHub
from pipeline.usecases.record_passes import RecordPasses

STAGES = {
    Download: "download",
    Validate: "validate",
    Write: "write",
    Acknowledge: "acknowledge",
    Reject: "reject",
    RecordPasses: "passes",
}
RECEIVE = "receive"
ENGINE = "engine"
COMMIT = "state commits"
ENGINE_TASKS = (
    (SingleRunner, "_work"),
    (BatchRunner, "_work"),
    (RunningLine, "_list"),
    (Reports, "work"),
    (Delays, "work"),
)
"""The tasks that carry documents: what no stage is charged of them is the engine's."""


@dataclass(slots=True)
class Accounts:
    """What was spent and counted; ``seconds`` are filled in when the context ends."""

    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def seconds(self) -> Mapping[str, float]:
        """CPU seconds by stage."""
        return self.stopwatch.seconds()


@contextmanager
def accounted() -> Iterator[Accounts]:
    """Keep accounts of everything that this process does inside."""
    accounts = Accounts()
    watch, counts = accounts.stopwatch, accounts.counts
    with ExitStack() as attached:
        for stage, label in STAGES.items():
            attached.enter_context(replaced(stage, "__call__", partial(_stage, watch, label)))
        for part, name in ENGINE_TASKS:
            attached.enter_context(replaced(part, name, partial(_stage, watch, ENGINE)))
        for owner, name, make in (
            (ListDocuments, "__call__", partial(_pages, watch)),
            (FollowHub, "catch_up", partial(_stage, watch, "dossiers")),
            (aiohttp.client_proto.ResponseHandler, "data_received", partial(_received, watch)),
            (Connection, "data_received", partial(_received, watch)),
            (anyio.to_thread, "run_sync", partial(_hop, watch, counts)),
            (workers.Workers, "call", partial(_state_call, watch, counts)),
            (workers.Writer, "run", partial(_under, watch, COMMIT)),
            (workers.Writer, "_commit", partial(_counted, counts, "commits")),
            (workers.Reader, "run", partial(_under, watch, COMMIT)),
            (linux_disk, "_flush_failure", partial(_under, watch, "write")),
            (HttpClient, "request", partial(_request, counts)),
            (opening, "make_disk", lambda _: lambda: CountingDisk(counts)),
        ):
            attached.enter_context(replaced(owner, name, make))
        yield accounts


class CountingDisk(LinuxDisk):
    """A disk that counts what it flushes."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__()
        self._counts = counts

    def make_folder(self, parent: Folder, name: str) -> None:
        self._counts["folders made"] += 1
        self._counts["flushes"] += 1
        super().make_folder(parent, name)

    def create(
        self, folder: Folder, files: Sequence[NewFile], *, flush: bool
    ) -> Mapping[str, OSError]:
        self._counts["flushes"] += len(files) if flush else 0
        return super().create(folder, files, flush=flush)

    def append(self, folder: Folder, name: str, data: bytes) -> int:
        self._counts["flushes"] += 1
        return super().append(folder, name, data)

    def flush_folder(self, folder: Folder) -> None:
        self._counts["flushes"] += 1
        super().flush_folder(folder)

    def flush_volume(self, folder: Folder) -> None:
        self._counts["flushes"] += 1
        super().flush_volume(folder)


# -- attaching ------------------------------------------------------------------------------------
Call = Callable[..., Any]


def _stage(watch: Stopwatch, label: str, original: Call) -> Call:
    def call(*args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        return watch.timed(label, original(*args, **kwargs))

    return call


def _pages(watch: Stopwatch, original: Call) -> Call:
    async def pages(*args: Any) -> AsyncIterator[Any]:
        listing = original(*args)
        try:
            while True:
                yield await watch.timed("list", listing.__anext__())
        except StopAsyncIteration:
            return
        finally:
            await listing.aclose()

    return pages


def _under(watch: Stopwatch, label: str, original: Call) -> Call:
    def call(*args: Any, **kwargs: Any) -> Any:
        with watch.under(label):
            return original(*args, **kwargs)

    return call


def _received(watch: Stopwatch, original: Call) -> Call:
    return _under(watch, RECEIVE, original)


def _counted(counts: Counter[str], name: str, original: Call) -> Call:
    def call(*args: Any, **kwargs: Any) -> Any:
        counts[name] += 1
        return original(*args, **kwargs)

    return call


def _hop(watch: Stopwatch, counts: Counter[str], original: Call) -> Call:
    async def run_sync(work: Call, *args: Any, **options: Any) -> Any:
        counts["thread hops"] += 1
        return await original(_under(watch, watch.label or "other hops", work), *args, **options)

    return run_sync


def _state_call(watch: Stopwatch, counts: Counter[str], original: Call) -> Call:
    async def call(self: Any, work: Call, **options: Any) -> Any:
        counts["state calls"] += 1
        return await original(self, _under(watch, watch.label or "other", work), **options)

    return call


def _request(counts: Counter[str], original: Call) -> Call:
    async def request(self: HttpClient, method: str, url: Any, **options: Any) -> Any:
        counts["requests"] += 1
        counts["acknowledging requests"] += url.path.endswith("/documents/status")
        return await original(self, method, url, **options)

    return request
