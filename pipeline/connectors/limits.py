"""Limits of one credential: several windows at once, a concurrency cap, and Retry-After."""

from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Self

import anyio

from pipeline.ports.clock import Clock
from pipeline.ports.hub import Window

MARGIN = 1.02
"""Windows are kept 2 % longer than asked: requests reach the hub with differing delays."""


class _Log:
    """The moments of the last requests of one window."""

    def __init__(self, window: Window) -> None:
        self._period_s = window.period.total_seconds() * MARGIN
        self._moments: deque[float] = deque(maxlen=window.requests)

    def free_at(self) -> float:
        """When the next request may start."""
        is_full = len(self._moments) == self._moments.maxlen
        return self._moments[0] + self._period_s if is_full else float("-inf")

    def note(self, moment: float) -> None:
        self._moments.append(moment)


class CredentialLimiter:
    """Async context manager around each request made with one credential.

    Requests start first come, first served, so tenants that a fair queue hands out are served
    fairly. All hub instances and connections that share a credential share one limiter.
    """

    def __init__(self, clock: Clock, *, windows: Sequence[Window] = (), concurrency: int) -> None:
        self._clock = clock
        self._logs = tuple(_Log(window) for window in windows)
        self._slots = anyio.Semaphore(concurrency, fast_acquire=True)
        self._turn = anyio.Lock(fast_acquire=True)
        self._paused_until = float("-inf")

    def pause(self, wait: timedelta) -> None:
        """Start nothing for ``wait``; a longer pause that is already under way stays."""
        until = self._clock.monotonic() + wait.total_seconds()
        self._paused_until = max(self._paused_until, until)

    async def __aenter__(self) -> Self:
        await self._slots.acquire()
        try:
            await self._take_turn()
        except BaseException:
            self._slots.release()
            raise
        return self

    async def __aexit__(self, *_raised: object) -> None:
        self._slots.release()

    async def _take_turn(self) -> None:
        if not self._logs and self._paused_until <= self._clock.monotonic():
            return  # nothing to wait for; a lock costs more than the rest of this method
        async with self._turn:
            while (wait_s := self._free_at() - self._clock.monotonic()) > 0:
                await self._clock.sleep(wait_s)
            now = self._clock.monotonic()
            for log in self._logs:
                log.note(now)

    def _free_at(self) -> float:
        return max([self._paused_until, *(log.free_at() for log in self._logs)])


class Limiters:
    """One limiter for each credential of the process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._limiters: dict[str, CredentialLimiter] = {}

    def get(
        self, credential: str, *, windows: Sequence[Window] = (), concurrency: int
    ) -> CredentialLimiter:
        """The limiter of a credential; made by whoever asks first."""
        if credential not in self._limiters:
            self._limiters[credential] = CredentialLimiter(
                self._clock, windows=windows, concurrency=concurrency
            )
        return self._limiters[credential]
