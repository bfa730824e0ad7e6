"""Items that wait for their next attempt, without holding a worker."""

import heapq
import itertools
from collections.abc import Callable

from pipeline.engine.wakeup import Alarm
from pipeline.ports.clock import Clock


class Delays:
    """A heap of moments and what is to be done then; one task serves all of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._alarm = Alarm(clock)
        self._order = itertools.count()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, delay_s: float, action: Callable[[], None]) -> None:
        """Call ``action`` after ``delay_s``."""
        due = self._clock.monotonic() + delay_s
        heapq.heappush(self._heap, (due, next(self._order), action))
        self._alarm.ring(due)

    async def work(self) -> None:
        """Serve the heap until cancelled."""
        while True:
            self._run_until(self._clock.monotonic())
            await self._alarm.wait(self._heap[0][0] if self._heap else None)

    def flush(self) -> None:
        """Do everything now."""
        self._run_until(float("inf"))

    def _run_until(self, moment: float) -> None:
        while self._heap and self._heap[0][0] <= moment:
            heapq.heappop(self._heap)[2]()
