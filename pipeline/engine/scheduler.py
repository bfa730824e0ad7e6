"""When each tenant is listed next: a heap of due times, and no task per tenant."""

import heapq
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import anyio

from pipeline.engine.wakeup import Alarm
from pipeline.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a tenant is listed when nothing wakes it.

    The interval starts at ``minimum``, is divided by ``shrink`` after a pass that found something
    and multiplied by ``growth`` after one that did not; every wait is spread by ``jitter`` (a share
    of it) to both sides. Tenants of a hub with a change feed take a long minimum: the feed wakes
    them.
    """

    minimum: timedelta = timedelta(minutes=1)
    maximum: timedelta = timedelta(minutes=15)
    growth: float = 1.5
    shrink: float = 4.0
    jitter: float = 0.2


class _Entry:
    """A tenant; ``ticket`` is the number of its one valid heap entry, None while there is none."""

    __slots__ = ("interval_s", "is_owed", "is_woken", "pace", "tenant", "ticket")

    def __init__(self, tenant: str, pace: Pace, interval_s: float) -> None:
        self.tenant = tenant
        self.pace = pace
        self.interval_s = interval_s
        self.is_woken = False
        self.is_owed = False
        self.ticket: int | None = None


class Scheduler:
    """Hands out tenants when they are due, and none whose pass still runs."""

    def __init__(
        self, clock: Clock, *, pace: Pace | None = None, rng: random.Random | None = None
    ) -> None:
        self._clock = clock
        self._pace = pace or Pace()
        self._rng = rng or random.Random()  # noqa: S311 - spreads load, keeps no secret
        self._entries: dict[str, _Entry] = {}
        self._heap: list[tuple[float, int, _Entry]] = []
        self._tickets = 0
        self._alarm = Alarm(clock)
        self._turn = anyio.Lock(fast_acquire=True)
        self._running: set[str] = set()
        self._owed = 0
        self._is_closed = False
        self._closes_when_idle = False

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, tenant: str) -> bool:
        return tenant in self._entries

    @property
    def running(self) -> int:
        """How many passes run."""
        return len(self._running)

    # -- who is known -------------------------------------------------------------------------
    def add(
        self, tenant: str, *, after: timedelta = timedelta(0), pace: Pace | None = None
    ) -> None:
        """Know a tenant, due ``after`` that time; one that is known only takes the new pace."""
        pace = pace or self._pace
        entry = self._new_entry(tenant, pace, pace.minimum.total_seconds())
        if entry is not None:
            self._put(entry, after.total_seconds())

    def add_all(self, tenants: Iterable[tuple[str, float]], *, pace: Pace) -> None:
        """As `add`, for as many as there may be, each with the seconds until it is due."""
        now, interval_s = self._clock.monotonic(), pace.minimum.total_seconds()
        for tenant, after_s in tenants:
            entry = self._new_entry(tenant, pace, interval_s)
            if entry is not None:
                self._heap.append(self._ticket(entry, now + after_s))
        heapq.heapify(self._heap)
        if self._heap:
            self._alarm.ring(self._heap[0][0])

    def _new_entry(self, tenant: str, pace: Pace, interval_s: float) -> _Entry | None:
        """The entry of a tenant that has to be put in the heap; None when that has its time."""
        entry = self._entries.get(tenant)
        if entry is not None:
            entry.pace = pace
            return None
        entry = self._entries[tenant] = _Entry(tenant, pace, interval_s)
        if tenant in self._running:  # removed and added again while its pass runs
            entry.is_woken = True
            return None
        return entry

    def remove(self, tenant: str) -> None:
        """Forget a tenant; a pass that runs may end."""
        entry = self._entries.pop(tenant, None)
        if entry is not None:
            entry.ticket = None
            self._owe(entry, is_owed=False)
            self._tidy()

    # -- when they are due --------------------------------------------------------------------
    def wake(self, tenant: str) -> bool:
        """Make a tenant due now, or right after its running pass; False when it is not known."""
        entry = self._entries.get(tenant)
        if entry is None:
            return False
        if tenant in self._running:
            entry.is_woken = True
        else:
            self._put(entry, 0.0)
        return True

    def wake_all(self, tenants: Iterable[str] | None = None) -> None:
        """Wake the tenants given, or everyone."""
        for tenant in list(self._entries) if tenants is None else tenants:
            self.wake(tenant)

    def postpone(self, tenant: str, delay: timedelta) -> None:
        """Make a tenant that does not run due after ``delay`` and a little more."""
        entry = self._entries.get(tenant)
        if entry is not None and tenant not in self._running:
            self._put(entry, self._later(entry, delay))

    async def next_due(self) -> str | None:
        """Wait for the next due tenant; it counts as running until `finished` is called.

        None when the scheduler was closed.
        """
        entry = None if self._is_closed else self._pop_due()
        return await self._wait_for_due() if entry is None else self._start(entry)

    async def _wait_for_due(self) -> str | None:
        """One waits, the others wait for their turn: a lock, which those that need none spare."""
        async with self._turn:
            while not self._is_closed:
                entry = self._pop_due()
                if entry is not None:
                    return self._start(entry)
                if self._closes_when_idle and not self._running and not self._owed:
                    break
                await self._alarm.wait(self._heap[0][0] if self._heap else None)
        return None

    def finished(
        self,
        tenant: str,
        *,
        found: bool = False,
        again_in: timedelta | None = None,
        is_owed: bool = False,
    ) -> None:
        """End the pass of a tenant that was handed out, and say when it is due again.

        ``found`` says that the pass found something to do; ``again_in`` overrides the interval.
        A wake that came meanwhile wins over both. ``is_owed`` says that the pass ended in the
        middle of its listing: the rest is due even when the scheduler closes when idle.
        """
        self._running.discard(tenant)
        entry = self._entries.get(tenant)
        if entry is not None:
            self._adapt(entry, found=found)
            self._plan(entry, again_in, is_owed=is_owed)
        if self._closes_when_idle:
            self._alarm.ring()

    # -- the end ------------------------------------------------------------------------------
    def close_when_idle(self) -> None:
        """Close once no pass runs and none is due; a tenant that had its pass gets no other."""
        self._closes_when_idle = True
        self._alarm.ring()

    def close(self) -> None:
        """Hand out nobody any more."""
        self._is_closed = True
        self._alarm.ring()

    # -- the heap -----------------------------------------------------------------------------
    def _start(self, entry: _Entry) -> str:
        entry.is_woken, entry.ticket = False, None
        self._owe(entry, is_owed=False)
        self._running.add(entry.tenant)
        return entry.tenant

    def _owe(self, entry: _Entry, *, is_owed: bool) -> None:
        self._owed += is_owed - entry.is_owed
        entry.is_owed = is_owed

    def _adapt(self, entry: _Entry, *, found: bool) -> None:
        pace = entry.pace
        wanted = entry.interval_s / pace.shrink if found else entry.interval_s * pace.growth
        longest, shortest = pace.maximum.total_seconds(), pace.minimum.total_seconds()
        entry.interval_s = min(max(wanted, shortest), longest)

    def _plan(self, entry: _Entry, again_in: timedelta | None, *, is_owed: bool) -> None:
        if entry.is_woken:
            self._put(entry, 0.0)
        elif again_in is not None and (is_owed or not self._closes_when_idle):
            self._owe(entry, is_owed=is_owed)
            self._put(entry, self._later(entry, again_in))
        elif not self._closes_when_idle:
            self._put(entry, self._spread(entry))

    def _spread(self, entry: _Entry) -> float:
        jitter = entry.pace.jitter
        return entry.interval_s * self._rng.uniform(1 - jitter, 1 + jitter)

    def _later(self, entry: _Entry, delay: timedelta) -> float:
        return delay.total_seconds() * self._rng.uniform(1, 1 + entry.pace.jitter)

    def _put(self, entry: _Entry, delay_s: float) -> None:
        due = self._clock.monotonic() + delay_s
        heapq.heappush(self._heap, self._ticket(entry, due))
        self._tidy()
        self._alarm.ring(due)

    def _ticket(self, entry: _Entry, due: float) -> tuple[float, int, _Entry]:
        self._tickets += 1
        entry.ticket = self._tickets
        return due, self._tickets, entry

    def _pop_due(self) -> _Entry | None:
        now = self._clock.monotonic()
        while self._heap:
            due, ticket, entry = self._heap[0]
            if entry.ticket == ticket and due > now:
                return None
            heapq.heappop(self._heap)
            if entry.ticket == ticket:
                return entry
        return None

    def _tidy(self) -> None:
        """Drop outdated heap entries once they are the larger half."""
        if len(self._heap) > 2 * len(self._entries) + 64:
            self._heap = [item for item in self._heap if item[2].ticket == item[1]]
            heapq.heapify(self._heap)
