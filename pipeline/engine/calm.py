"""Lets wakes through one by one: the first at once, those that follow as one after a while."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Generic, TypeVar

from pipeline.engine.delays import Delays
from pipeline.ports.clock import Clock

Key = TypeVar("Key")


class Calm(Generic[Key]):
    """Wakes each key at most once in ``gap``, and forgets no wake.

    It remembers the keys that were woken within that time; whoever asks sees to it that they are
    of a bounded set.
    """

    def __init__(self, clock: Clock, gap: timedelta, wake: Callable[[Key], None]) -> None:
        self._gap_s = gap.total_seconds()
        self._wake = wake
        self._delays = Delays(clock)
        self._resting: dict[Key, bool] = {}

    def __len__(self) -> int:
        return len(self._resting)

    def ask(self, key: Key) -> None:
        """Wake a key now, or once more at the end of its rest."""
        if key in self._resting:
            self._resting[key] = True
        else:
            self._let_through(key)

    async def work(self) -> None:
        """End rests until cancelled."""
        await self._delays.work()

    def _let_through(self, key: Key) -> None:
        self._resting[key] = False
        self._wake(key)
        self._delays.put(self._gap_s, partial(self._rested, key))

    def _rested(self, key: Key) -> None:
        if self._resting.pop(key):
            self._let_through(key)
