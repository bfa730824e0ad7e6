"""How tasks of the engine wait: for a ring of a bell, or for a moment."""

from collections import deque

import anyio

from pipeline.ports.clock import Clock


class Bell:
    """Wakes tasks that wait for something to change; they look again and may wait again.

    A ring is not remembered: look first, then wait, without an ``await`` in between.
    """

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: deque[anyio.Event] = deque()

    @property
    def is_awaited(self) -> bool:
        """Whether a ring would wake anybody."""
        return bool(self._waiting)

    async def wait(self) -> None:
        """Return at the next ring meant for this task."""
        event = anyio.Event()
        self._waiting.append(event)
        try:
            await event.wait()
        except BaseException:
            self._give_up(event)
            raise

    def _give_up(self, event: anyio.Event) -> None:
        """Hand a ring on that reached a task which is being cancelled."""
        if event.is_set():
            self.ring()
        else:
            self._waiting.remove(event)

    def ring(self) -> None:
        """Wake the task that waits longest."""
        if self._waiting:
            self._waiting.popleft().set()

    def ring_all(self) -> None:
        """Wake every task that waits."""
        while self._waiting:
            self._waiting.popleft().set()


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
