"""Limits: how many requests a key may make in each of several windows."""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.ports.clock import Clock
from pipeline.ports.hub import Window

MAX_KEYS = 10_000


@dataclass(slots=True)
class _Count:
    """Requests of one key in one window that began at ``started``."""

    started: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Allowance:
    """The window nearest to its end, after this request; ``reset_s`` is seconds from now."""

    limit: int
    remaining: int
    reset_s: int
    is_allowed: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """What the client is told."""
        told = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_s),
        }
        return told if self.is_allowed else told | {"Retry-After": str(self.reset_s)}


class Limits:
    """Fixed windows per key; the keys longest unseen are forgotten beyond 10,000."""

    def __init__(self, windows: Sequence[Window], clock: Clock) -> None:
        self._windows = tuple(
            (window.requests, window.period.total_seconds()) for window in windows
        )
        self._clock = clock
        self._counts: OrderedDict[str, list[_Count]] = OrderedDict()

    def take(self, key: str) -> Allowance | None:
        """Count one request, unless a window is used up; None when there are no limits."""
        if not self._windows:
            return None
        now = self._clock.monotonic()
        counts = self._current(key, now)
        if (refused := self._tightest(counts, now)).remaining == 0:
            return Allowance(refused.limit, 0, refused.reset_s, is_allowed=False)
        for count in counts:
            count.used += 1
        return self._tightest(counts, now)

    def is_exhausted(self, key: str) -> bool:
        """Whether the next `take` of this key would be refused."""
        now = self._clock.monotonic()
        counts = self._counts.get(key)
        return counts is not None and self._tightest(self._current(key, now), now).remaining == 0

    def _current(self, key: str, now: float) -> list[_Count]:
        counts = self._counts.setdefault(key, [_Count(now) for _ in self._windows])
        self._counts.move_to_end(key)
        for index, (_, period) in enumerate(self._windows):
            if now - counts[index].started >= period:
                counts[index] = _Count(now)
        if len(self._counts) > MAX_KEYS:
            self._counts.popitem(last=False)
        return counts

    def _tightest(self, counts: list[_Count], now: float) -> Allowance:
        return min(
            (
                Allowance(limit, limit - count.used, math.ceil(count.started + period - now))
                for (limit, period), count in zip(self._windows, counts, strict=True)
            ),
            key=lambda allowance: (allowance.remaining, -allowance.reset_s),
        )
