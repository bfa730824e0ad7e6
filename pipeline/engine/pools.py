"""The book-keeping of the fair queue: who waits, who is in flight, who is held up by whom."""

import enum
from collections import OrderedDict, deque
from typing import Any

from pipeline.engine.breaker import Breaker
from pipeline.engine.envelope import Envelope
from pipeline.engine.wakeup import Bell


class Answer(enum.Enum):
    """What became of an offered item; SHUT means that a breaker is open."""

    TAKEN = enum.auto()
    FULL = enum.auto()
    SHUT = enum.auto()


class Flow:
    """The queued items of one tenant for one lane, oldest first.

    ``place`` is the one collection the flow stands in: the ring of those that may be served, or
    the parking place of the pool that holds it up.
    """

    __slots__ = ("items", "place", "pools")

    def __init__(self, pools: "tuple[Pool, ...]") -> None:
        self.pools = pools
        self.items: deque[Envelope[Any]] = deque()
        self.place: OrderedDict[Flow, None] | None = None

    def move_to(self, place: "OrderedDict[Flow, None] | None") -> None:
        """Leave the present place, and stand last in the new one."""
        if self.place is not None:
            del self.place[self]
        self.place = place
        if place is not None:
            place[self] = None

    def holdup(self) -> "Pool | None":
        """The pool that does not let the next item pass; None when all do."""
        for pool in self.pools:
            if not pool.admits:
                return pool
        return None


class Pool:
    """The places of one tenant, one lane or one hub: in the queue, and in flight.

    ``home`` is where all of its kind are found by name.
    """

    __slots__ = (
        "breaker",
        "flows",
        "home",
        "in_flight",
        "max_in_flight",
        "max_queued",
        "name",
        "parked",
        "queued",
        "room",
        "turned_away",
    )

    def __init__(
        self,
        home: "dict[str, Pool]",
        name: str,
        *,
        max_in_flight: int,
        max_queued: int,
        breaker: Breaker | None = None,
    ) -> None:
        self.home = home
        self.name = name
        self.max_in_flight = max_in_flight
        self.max_queued = max_queued
        self.breaker = breaker
        self.in_flight = 0
        self.queued = 0
        self.flows: dict[Flow, None] = {}
        self.parked: OrderedDict[Flow, None] = OrderedDict()
        self.room = Bell()
        self.turned_away: OrderedDict[str, None] = OrderedDict()

    @property
    def admits(self) -> bool:
        """Whether one more item may be in flight."""
        return self.in_flight < self.max_in_flight and (
            self.breaker is None or self.breaker.would_admit
        )

    @property
    def is_full(self) -> bool:
        """Whether no item more may be queued."""
        return self.queued >= self.max_queued

    @property
    def is_shut(self) -> bool:
        """Whether queueing is pointless: not even a probe may pass."""
        return self.breaker is not None and self.breaker.is_open

    @property
    def is_unused(self) -> bool:
        """Whether the pool may be forgotten."""
        return not self.queued and not self.in_flight and not self.room.is_awaited

    def forget_if_unused(self) -> None:
        """Make room for others; whoever needs it again makes a new one."""
        if self.is_unused:
            self.home.pop(self.name, None)

    def leave_queue(self, count: int) -> None:
        """Take items out of the count, and call the listing back when half the room is free.

        Half, not one: so that a listing that waits puts many items each time it wakes.
        """
        low = self.max_queued // 2
        was_high = self.queued > low
        self.queued -= count
        if was_high and self.queued <= low:
            self.room.ring_all()

    def recalled(self) -> str | None:
        """The tenant that may be listed again, of those turned away; None while room is short."""
        if self.turned_away and self.queued <= self.max_queued // 2:
            return self.turned_away.popitem(last=False)[0]
        return None
