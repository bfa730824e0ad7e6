"""How tasks of the engine wait: for a ring of a bell, or for a moment."""

import asyncio
from collections import deque

import anyio

from pipeline.ports.clock import Clock


class Bell:
    """Wakes tasks that wait for something to change; they look again and may wait again.

    A ring is not remembered: look first, then wait, without an ``await`` in between. Every item
    wakes several tasks on its way, so they wait for bare futures.
    """

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_awaited(self) -> bool:
        """Whether a ring would wake anybody."""
        return bool(self._waiting)

    async def wait(self) -> None:
        """Return at the next ring meant for this task."""
        rung = asyncio.get_running_loop().create_future()
        self._waiting.append(rung)
        try:
            await rung
        except BaseException:
            self._give_up(rung)
            raise

    def _give_up(self, rung: asyncio.Future[None]) -> None:
        """Hand a ring on that reached a task which is being cancelled."""
        if rung in self._waiting:
            self._waiting.remove(rung)
        elif not rung.cancelled():
            self.ring()

    def ring(self) -> None:
        """Wake the task that waits longest."""
        while self._waiting:
            rung = self._waiting.popleft()
            if not rung.done():  # it is when its task is being cancelled
                rung.set_result(None)
                return

    def ring_all(self) -> None:
        """Wake every task that waits."""
        while self._waiting:
            self.ring()


class Alarm:
    """Lets one task sleep until a moment, or until somebody has an earlier one."""

    __slots__ = ("_clock", "_nap", "_until")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._nap: anyio.CancelScope | None = None
        self._until: float | None = None

    async def wait(self, until: float | None) -> None:
        """Return at ``until`` (monotonic seconds; None: never) or when rung."""
        with anyio.CancelScope() as nap:
            self._nap, self._until = nap, until
            try:
                await self._sleep(until)
            finally:
                self._nap = None

    async def _sleep(self, until: float | None) -> None:
        if until is None:
            await anyio.sleep_forever()
        else:
            await self._clock.sleep(until - self._clock.monotonic())

    def ring(self, at: float | None = None) -> None:
        """End the wait, unless it ends by itself no later than ``at``."""
        is_soon_enough = at is not None and self._until is not None and self._until <= at
        if self._nap is not None and not is_soon_enough:
            self._nap.cancel()
