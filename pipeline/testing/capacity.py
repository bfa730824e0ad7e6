"""A hub that can do so much and no more, in virtual or real time; it has no documents."""

import heapq
from dataclasses import dataclass, field

from pipeline.domain.errors import HubUnavailable
from pipeline.ports.clock import Clock

SERVICE_S = 0.1


@dataclass
class HubOfCapacity:
    """A hub that works on ``capacity`` requests at once, each for `SERVICE_S`.

    The others wait; beyond ``queue`` that wait, they are refused. The capacity may change while
    requests are under way; ``most`` is how many were.
    """

    clock: Clock
    capacity: int
    queue: int = 10_000
    under_way: int = 0
    most: int = 0
    answered: int = 0
    free_at: list[float] = field(default_factory=list)

    async def answer(self) -> None:
        """Return when the request is answered.

        Raises:
            HubUnavailable: too many wait.
        """
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            if self.under_way > self.capacity + self.queue:
                raise HubUnavailable("too many requests")
            await self.clock.sleep(self._takes_s())
            self.answered += 1
        finally:
            self.under_way -= 1

    def _takes_s(self) -> float:
        """What is left of the request before it, and its own time."""
        now = self.clock.monotonic()
        starts = now
        while len(self.free_at) >= self.capacity:
            starts = max(now, heapq.heappop(self.free_at))
        heapq.heappush(self.free_at, starts + SERVICE_S)
        return starts + SERVICE_S - now
