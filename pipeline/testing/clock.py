"""Virtual time: sleepers wake when a test, or the clock itself, moves it."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import anyio
import anyio.lowlevel

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_FIRST_TURNS = 4


class VirtualClock:
    """A `pipeline.ports.clock.Clock` that stands still until it is moved.

    Move it by hand with `advance`, or let it jump to the next sleeper whenever every task waits:
    ``async with clock.running(): ...``. It knows nothing of threads: time may jump while one works.
    """

    def __init__(self, start: datetime = _EPOCH) -> None:
        self._start = start
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self._came = anyio.Event()

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._elapsed

    def now(self) -> datetime:
        """Wall time: the start plus what has passed."""
        return self._start + timedelta(seconds=self._elapsed)

    @property
    def sleepers(self) -> int:
        """How many tasks sleep; cancelled ones are not counted."""
        return len(self._sleepers)

    async def sleep(self, seconds: float) -> None:
        """Return when time was moved on by ``seconds``; zero or less yields once."""
        if seconds <= 0:
            await anyio.lowlevel.checkpoint()
            return
        sleeper = (self._elapsed + seconds, next(self._order), anyio.Event())
        heapq.heappush(self._sleepers, sleeper)
        self._came.set()
        try:
            await sleeper[2].wait()
        except BaseException:
            self._forget(sleeper)
            raise

    def _forget(self, sleeper: tuple[float, int, anyio.Event]) -> None:
        if sleeper in self._sleepers:
            self._sleepers.remove(sleeper)
            heapq.heapify(self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Move time on, waking sleepers in order; the other tasks run in between."""
        end = self._elapsed + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            await self._wake_next()
        self._elapsed = end
        await settle()

    async def _wake_next(self) -> None:
        """Move on to the next moment somebody waits for, and wake all who wait for it."""
        moment = self._sleepers[0][0]
        self._elapsed = max(self._elapsed, moment)
        while self._sleepers and self._sleepers[0][0] <= moment:
            heapq.heappop(self._sleepers)[2].set()
        await settle()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Jump to the next sleeper by itself, inside the ``with`` block."""
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._run)
            try:
                yield
            except Exception as error:  # noqa: BLE001 - raised below, outside the task group
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _run(self) -> None:
        while True:
            await settle()
            if self._sleepers:
                await self._wake_next()
            else:
                self._came = anyio.Event()
                await self._came.wait()


async def settle() -> None:
    """Let every other task run until all of them wait for something."""
    turns = _FIRST_TURNS
    while True:
        for _ in range(turns):
            await anyio.lowlevel.checkpoint()
        if _all_others_wait():
            return
        turns *= 2


def _all_others_wait() -> bool:
    """Look at what tasks wait for, as `anyio.wait_all_tasks_blocked` does, but without its pause.

    That one sleeps for a tenth of a second of real time whenever a task is still busy.
    """
    this_task = asyncio.current_task()
    for task in asyncio.all_tasks():
        if task is not this_task:
            waits_for = task._fut_waiter  # type: ignore[attr-defined]  # noqa: SLF001 - no other way
            if waits_for is None or waits_for.done():
                return False
    return True
