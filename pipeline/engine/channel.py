"""The buffer before a stage: bounded, drained in batches, measurable."""

from collections import deque
from collections.abc import Collection
from datetime import timedelta
from typing import Generic, TypeVar

import anyio

from pipeline.engine.wakeup import Bell
from pipeline.ports.clock import Clock

T = TypeVar("T")

NO_LINGER = timedelta(0)
"""Take what is there, however little."""


class ChannelFull(RuntimeError):
    """More was put than the channel may hold: whoever fills it has lost count."""


class Channel(Generic[T]):
    """First in, first out; putting never waits, taking does.

    Putting need not wait because admission is bounded elsewhere (`tenancy.FairQueue`): a channel
    that holds as many items as may be in flight can never be full. That is also why no stage can
    block the one before it.
    """

    def __init__(self, capacity: int, clock: Clock) -> None:
        self._capacity = capacity
        self._clock = clock
        self._items: deque[T] = deque()
        self._filled = Bell()
        self._lingering: list[tuple[int, anyio.CancelScope]] = []

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Append an item and wake one worker.

        Raises:
            ChannelFull: The bound is passed, which only a bug can do.
        """
        self.put_all((item,))

    def put_all(self, items: Collection[T]) -> None:
        """Append items and wake one worker; raises as `put` does, and then appends none."""
        if len(self._items) + len(items) > self._capacity:
            raise ChannelFull(f"The channel holds {len(self._items)} of {self._capacity} items.")
        self._items.extend(items)
        self._filled.ring()
        for wanted, scope in self._lingering:
            if len(self._items) >= wanted:
                scope.cancel()

    async def filled(self) -> None:
        """Return when there is an item."""
        while not self._items:
            await self._filled.wait()

    async def take(self) -> T:
        """Return the oldest item, waiting for one."""
        await self.filled()
        return self._items.popleft()

    async def drain(self, max_items: int, linger: timedelta = NO_LINGER) -> list[T]:
        """Return the oldest items, at most ``max_items``; none when the channel is empty.

        When there are some, but fewer than ``max_items``, waits up to ``linger`` for more.
        """
        if linger and 0 < len(self._items) < max_items:
            await self._linger(max_items, linger)
        return [self._items.popleft() for _ in range(min(max_items, len(self._items)))]

    async def _linger(self, wanted: int, linger: timedelta) -> None:
        with anyio.CancelScope() as scope:
            entry = (wanted, scope)
            self._lingering.append(entry)
            try:
                await self._clock.sleep(linger.total_seconds())
            finally:
                self._lingering.remove(entry)
