"""Limits of one credential: several windows at once, concurrency, and Retry-After."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, Self

import anyio

from pipeline.connectors.concurrency import Concurrency
from pipeline.domain.errors import TransientError
from pipeline.ports.clock import Clock
from pipeline.ports.hub import Window
from pipeline.ports.meters import Meters

CONCURRENCY: Final = "dossierpost_hub_concurrency"
"""Gauge of how many requests a hub gets at once, by the name of the hub."""

MARGIN = 1.02
"""Windows are kept 2 % longer than asked: requests reach the hub with differing delays."""


def _nobody(_concurrency: int) -> None:
    """Nobody asked how many requests may be under way."""


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
    ``concurrency`` is how many may be under way at most; there are fewer while the hub is slow.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        windows: Sequence[Window] = (),
        concurrency: int,
        on_change: Callable[[int], None] = _nobody,
    ) -> None:
        self._clock = clock
        self._logs = tuple(_Log(window) for window in windows)
        self._slots = Concurrency(clock, concurrency, on_change=on_change)
        self._turn = anyio.Lock(fast_acquire=True)
        self._paused_until = float("-inf")

    @property
    def concurrency(self) -> int:
        """How many requests may be under way now."""
        return self._slots.limit

    def heed(self, error: Exception) -> None:
        """Ask for less after an answer that is a `TransientError`, and wait as long as it says."""
        if isinstance(error, TransientError):
            self._slots.refused()
            if error.retry_after is not None:
                self.pause(error.retry_after)

    def pause(self, wait: timedelta) -> None:
        """Start nothing for ``wait``; a longer pause that is already under way stays."""
        until = self._clock.monotonic() + wait.total_seconds()
        self._paused_until = max(self._paused_until, until)

    async def __aenter__(self) -> Self:
        await self._slots.acquire()
        if self._logs or self._paused_until > self._clock.monotonic():
            await self._take_turn()
        self._slots.began()
        return self

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._slots.ended()
        if isinstance(error, TransientError):
            self._slots.refused()
        self._slots.release()

    async def _take_turn(self) -> None:
        """Wait until pause and windows permit a request; gives the slot back when cancelled."""
        try:
            async with self._turn:
                while (wait_s := self._free_at() - self._clock.monotonic()) > 0:
                    await self._clock.sleep(wait_s)
                now = self._clock.monotonic()
                for log in self._logs:
                    log.note(now)
        except BaseException:
            self._slots.release()
            raise

    def _free_at(self) -> float:
        return max([self._paused_until, *(log.free_at() for log in self._logs)])


class Limiters:
    """One limiter for each credential of the process.

    Each hub has a view of them by its name, under which the concurrency of what it asked for first
    is told to ``meters``. With several ``workers``, each process has that part of the concurrency.
    A credential that cannot be divided is for one of them: its hubs' ``is_indivisible`` says so.
    """

    def __init__(self, clock: Clock, meters: Meters | None = None, *, workers: int = 1) -> None:
        self._clock = clock
        self._meters = meters
        self._workers = workers
        self._hub = ""
        self._limiters: dict[str, CredentialLimiter] = {}
        self.is_indivisible = False

    def of(self, hub: str) -> "Limiters":
        """The same limiters, as a hub of this name asks for them."""
        mine = Limiters(self._clock, self._meters, workers=self._workers)
        mine._hub, mine._limiters = hub, self._limiters
        return mine

    def get(
        self, credential: str, *, windows: Sequence[Window] = (), concurrency: int
    ) -> CredentialLimiter:
        """The limiter of a credential; made by whoever asks first."""
        share = concurrency // self._workers
        if windows or not share:  # who sent how many requests when is known to one process only
            self.is_indivisible, share = True, concurrency
        if credential not in self._limiters:
            self._limiters[credential] = CredentialLimiter(
                self._clock, windows=windows, concurrency=share, on_change=self._tell
            )
        return self._limiters[credential]

    def _tell(self, concurrency: int) -> None:
        if self._meters is not None:
            self._meters.gauge(CONCURRENCY, concurrency, hub=self._hub)
