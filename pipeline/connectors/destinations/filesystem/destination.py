"""Destination on a folder tree: the blocking steps, each batch in one hop off the event loop."""

import errno
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

import anyio
import anyio.to_thread

from pipeline.connectors.destinations.filesystem.opened import OpenDestination
from pipeline.connectors.destinations.filesystem.opening import Opening
from pipeline.connectors.destinations.filesystem.places import StagingPlace
from pipeline.connectors.destinations.filesystem.problems import unavailable
from pipeline.connectors.destinations.filesystem.self_test import Flush
from pipeline.connectors.destinations.filesystem.turns import Turns
from pipeline.domain.delivery import PlannedDelivery, PlannedFile
from pipeline.ports.clock import Clock
from pipeline.ports.destination import LogComparison, LoggedRows, MoveOutcome, Staged, TokenState
from pipeline.ports.disk import Disk
from pipeline.ports.faults import FaultPoint, no_faults
from pipeline.ports.state import LogMark

MIN_FREE_BYTES = 64 * 1024 * 1024
_THREADS = 2

T = TypeVar("T")


class Hop(Protocol):
    """Runs a blocking call somewhere else."""

    def __call__(self, call: Callable[[], T], /) -> Awaitable[T]:
        """Return what ``call`` returns, or raise what it raises."""
        ...


def own_threads() -> Hop:
    """A hop into at most two threads: a share that does not answer holds no others."""
    limiter = anyio.CapacityLimiter(_THREADS)

    async def hop(call: Callable[[], T], /) -> T:
        return await anyio.to_thread.run_sync(call, limiter=limiter)

    return hop


class FilesystemDestination:
    """A `Destination` on a folder tree; see the port for what each method promises.

    ``root`` must exist; ``<root>/.dossierpost`` becomes the staging folder, or a folder in it when
    a ``worker`` of several has the destination. ``disk`` belongs to this destination alone.
    ``flush`` fixes how a batch is made durable, None lets the first self-test time both ways.
    Below ``min_free_bytes`` the destination counts as full, so that other programs on the volume
    keep working.
    """

    def __init__(
        self,
        *,
        name: str,
        root: str,
        worker: int | None = None,
        disk: Disk,
        clock: Clock,
        hop: Hop | None = None,
        flush: Flush | None = None,
        min_free_bytes: int = MIN_FREE_BYTES,
        faultpoint: FaultPoint = no_faults,
    ) -> None:
        self.name = name
        self._place = StagingPlace(root, worker)
        self._opening = Opening(self._place, disk, clock, min_free_bytes, faultpoint)
        self._hop = hop or own_threads()
        self._flush = flush
        self._opened: OpenDestination | None = None
        self._serial = 0
        self._turns = Turns()

    @property
    def is_network(self) -> bool:
        """See `Destination.is_network`."""
        return self._opened is not None and self._opened.is_network

    @property
    def boot_id(self) -> str:
        """See `Destination.boot_id`."""
        return self._steps.boot_id

    def in_use(self) -> AbstractAsyncContextManager[None]:
        """See `Destination.in_use`."""
        return self._turns.shared()

    def alone(self) -> AbstractAsyncContextManager[None]:
        """See `Destination.alone`."""
        return self._turns.exclusive()

    def new_fence(self) -> str:
        """See `Destination.new_fence`.

        The log grows with every token that is logged or, never having been, is given up by
        recovery; the serial number with every token of this process. Together they never repeat,
        and the number of the worker keeps them apart from those of other staging folders.
        """
        self._serial += 1
        fence = f"{self._steps.delivery_log.position}-{self._serial}"
        return fence if self._place.worker is None else f"{fence}-{self._place.worker}"

    async def open(
        self, installation_id: str, *, inboxes: Sequence[str] = (), take_over: bool = False
    ) -> None:
        """See `Destination.open`."""
        await self.close()
        self._opened = await self._off_loop(
            lambda: self._opening.open(
                installation_id, inboxes, take_over=take_over, flush=self._flush
            )
        )
        self._flush = self._opened.flush

    async def stage(
        self, deliveries: Sequence[PlannedDelivery], *, existing: Mapping[str, str]
    ) -> Staged:
        """See `Destination.stage`."""
        return await self._off_loop(functools.partial(self._steps.stage, deliveries, existing))

    async def log(self, deliveries: Sequence[PlannedDelivery]) -> LogMark:
        """See `Destination.log`."""
        return await self._off_loop(functools.partial(self._steps.log, deliveries))

    async def move(self, deliveries: Sequence[Sequence[PlannedFile]]) -> Sequence[MoveOutcome]:
        """See `Destination.move`."""
        return await self._off_loop(functools.partial(self._steps.move, deliveries))

    async def withdraw(self, stems: Sequence[str]) -> None:
        """See `Destination.withdraw`."""
        await self._off_loop(functools.partial(self._steps.withdraw, stems))

    async def compare_log(self, mark: LogMark | None) -> LogComparison:
        """See `Destination.compare_log`."""
        return await self._off_loop(functools.partial(self._steps.delivery_log.compare, mark))

    async def read_log(self, start: int) -> AsyncIterator[LoggedRows]:
        """See `Destination.read_log`."""
        chunks = self._steps.delivery_log.read(start, self.name)
        while (chunk := await self._off_loop(lambda: next(chunks, None))) is not None:
            yield chunk

    async def flush(self, folders: Sequence[str]) -> None:
        """See `Destination.flush`."""
        await self._off_loop(functools.partial(self._steps.flush_folders, folders))

    async def tokens(self) -> Sequence[str]:
        """See `Destination.tokens`."""
        return await self._off_loop(self._steps.tokens)

    async def inspect(self, files: Sequence[PlannedFile]) -> Sequence[TokenState]:
        """See `Destination.inspect`."""
        return await self._off_loop(functools.partial(self._steps.inspect, files))

    async def close(self) -> None:
        """See `Destination.close`."""
        if self._opened is not None:
            await self._off_loop(self._opened.close)
            self._opened = None

    @property
    def _steps(self) -> OpenDestination:
        if self._opened is None:
            raise unavailable(self._opening.root, OSError(errno.EAGAIN, "it is not open yet"))
        return self._opened

    async def _off_loop(self, call: Callable[[], T]) -> T:
        try:
            return await self._hop(call)
        except OSError as error:
            raise unavailable(self._opening.root, error) from error
