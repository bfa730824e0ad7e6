"""The one admission point of a line: fair by tenant, bounded in items and in bytes.

Items wait here between the listing and the first stage. A tenant is served one item a turn. An
item that was taken holds its place in the counts of its tenant, its lane, its hub and the whole
line until it is settled, wherever it is by then: so no stage behind can be filled by one slow
tenant or one dead lane, and no stage needs a bound of its own. A worker that asks for work is never
given a tenant to wait for: flows that may not pass stand parked at whatever holds them up, and
come back when that changes. Every operation is O(1), however many tenants there are.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import anyio.lowlevel

from pipeline.engine.breaker import Breaker, Breakers
from pipeline.engine.envelope import Envelope
from pipeline.engine.pools import Answer, Flow, Pool
from pipeline.engine.wakeup import Bell

_TURNS_BEFORE_A_YIELD = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be under way at once.

    In flight is what was taken and is not settled; ``in_flight_bytes`` bounds the sum of their
    weights, except that an item heavier than all of it passes alone. Queued is what was listed and
    is not taken. Keep the bounds of a lane and a hub below those of the whole when there are
    several of them: what is left is what a slow one cannot take from the others.
    """

    in_flight: int = 256
    in_flight_bytes: int = 64 * 1024 * 1024
    per_tenant: int = 8
    per_lane: int = 128
    per_hub: int = 256
    queued: int = 4096
    queued_per_tenant: int = 256
    queued_per_lane: int = 2048
    queued_per_hub: int = 4096


class FairQueue:
    """Items that wait to be taken in, and the count of those that were."""

    def __init__(
        self, limits: Limits, *, lanes: Breakers, hubs: Breakers, recall: Callable[[str], object]
    ) -> None:
        """``recall`` is told, one by one, which tenants that were turned away find room now."""
        self._limits = limits
        self._recall = recall
        self._lane_breakers = lanes
        self._hub_breakers = hubs
        self._tenants: dict[str, Pool] = {}
        self._lanes: dict[str, Pool] = {}
        self._hubs: dict[str, Pool] = {}
        self._flows: dict[tuple[str, str], Flow] = {}
        self._ring: OrderedDict[Flow, None] = OrderedDict()
        self._returned: deque[Envelope[Any]] = deque()
        self._all = Pool({}, "", max_in_flight=limits.in_flight, max_queued=limits.queued)
        self._work = Bell()
        self._is_calling = False
        self._turns = 0
        self.in_flight_bytes = 0

    # -- counts -------------------------------------------------------------------------------
    @property
    def queued(self) -> int:
        """Items listed and not taken."""
        return self._all.queued

    @property
    def in_flight(self) -> int:
        """Items taken and not settled."""
        return self._all.in_flight

    @property
    def is_full(self) -> bool:
        """Whether nobody may queue anything."""
        return self._all.is_full

    # -- listing side -------------------------------------------------------------------------
    def offer(self, envelope: Envelope[Any]) -> Answer:
        """Queue an item if there is room for it and its lane and hub are not shut."""
        pools = self._pools_of(envelope)
        answer = self._answer(pools)
        if answer is Answer.TAKEN:
            self._enqueue(envelope, pools)
        else:
            _forget_unused(pools)
        return answer

    def _answer(self, pools: tuple[Pool, ...]) -> Answer:
        answer = Answer.FULL if self._all.is_full else Answer.TAKEN
        for pool in pools:
            if pool.is_shut:
                return Answer.SHUT
            if pool.is_full:
                answer = Answer.FULL
        return answer

    async def wait_for_room(self, envelope: Envelope[Any]) -> None:
        """Return when it is worth offering a refused item again: this slows the listing down."""
        pools = (self._all, *self._pools_of(envelope))
        full = next((pool for pool in pools if pool.is_full), None)
        if full is not None:
            await full.room.wait()

    def turn_away(self, envelope: Envelope[Any]) -> None:
        """Remember the tenant of a refused item: it is recalled when its lane or hub has room."""
        _, *shared = self._pools_of(envelope)
        for pool in shared:
            if pool.is_full:
                pool.turned_away[envelope.tenant] = None
                return

    def turn_away_unlisted(self, tenant: str, hub: str, lanes: Collection[str]) -> bool:
        """Remember a tenant for which nothing could be queued now; False when something could.

        ``lanes`` are all that its items can have; with none, only its hub can be known to be full.
        """
        hub_pool = self._hubs.get(hub)
        pools = [self._lanes.get(lane) for lane in lanes]
        if hub_pool is not None and hub_pool.is_full:
            pools = [hub_pool]
        full = [pool for pool in pools if pool is not None and pool.is_full]
        if not full or len(full) < len(pools):
            return False
        for pool in full:
            pool.turned_away[tenant] = None
        return True

    def _enqueue(self, envelope: Envelope[Any], pools: tuple[Pool, ...]) -> None:
        key = (envelope.tenant, envelope.lane)
        flow = self._flows.get(key)
        if flow is None:
            flow = self._flows[key] = Flow(pools)
            flow.move_to(self._ring)
            for pool in pools:
                pool.flows[flow] = None
        flow.items.append(envelope)
        envelope.pools = pools
        self._all.queued += 1
        for pool in pools:
            pool.queued += 1
        if flow.place is self._ring:
            self._call_a_worker()

    # -- worker side --------------------------------------------------------------------------
    async def take(self) -> Envelope[Any]:
        """Return the next item that may be in flight, waiting until there is one.

        Whoever takes an item must `settle` it once, however it ends.
        """
        self._turns += 1
        if self._turns % _TURNS_BEFORE_A_YIELD == 0:
            await anyio.lowlevel.checkpoint()
        while (envelope := self._next()) is None:
            self._is_calling = False
            await self._work.wait()
            self._is_calling = False
        if self._ring or self._returned:
            self._call_a_worker()
        return envelope

    def _call_a_worker(self) -> None:
        """Wake one worker, unless one is on its way: it calls the next when it leaves work over."""
        if not self._is_calling and self._work.is_awaited:
            self._is_calling = True
            self._work.ring()

    def give_back(self, envelope: Envelope[Any]) -> None:
        """Hand out again, before all others, an item that is in flight already."""
        self._returned.append(envelope)
        self._call_a_worker()

    def _next(self) -> Envelope[Any] | None:
        if self._returned:
            return self._returned.popleft()
        while self._ring and self._all.admits:
            flow = next(iter(self._ring))
            holdup = flow.holdup()
            if holdup is None:
                return self._admit(flow) if self._fits(flow.items[0].weight_bytes) else None
            flow.move_to(holdup.parked)
            self._nudge_pools(flow)
        return None

    def _fits(self, weight_bytes: int) -> bool:
        """Whether the byte budget allows it; the heaviest of all passes when nothing else flies."""
        in_flight = self.in_flight_bytes
        return not in_flight or in_flight + weight_bytes <= self._limits.in_flight_bytes

    def _admit(self, flow: Flow) -> Envelope[Any]:
        envelope = flow.items.popleft()
        self._leave_queue(flow, 1)
        self.in_flight_bytes += envelope.weight_bytes
        self._all.in_flight += 1
        for pool in flow.pools:
            pool.in_flight += 1
        envelope.probes = _probed(flow.pools)
        if flow.items:
            flow.move_to(self._ring)
        else:
            self._forget(flow, envelope)
        self._nudge_pools(flow)
        return envelope

    def settle(self, envelope: Envelope[Any]) -> None:
        """Free the places of an item that left the line."""
        for breaker in envelope.probes:
            breaker.lapsed()
        self.in_flight_bytes -= envelope.weight_bytes
        self._all.in_flight -= 1
        for pool in envelope.pools:
            pool.in_flight -= 1
            if pool.parked:
                self._nudge(pool)
        _forget_unused(envelope.pools)
        if self._ring:
            self._call_a_worker()

    # -- breakers and blocked tenants ---------------------------------------------------------
    def reopen(self) -> None:
        """Look again at lanes and hubs whose breaker closed."""
        for pool in (*self._lanes.values(), *self._hubs.values()):
            self._nudge(pool)
        self._call_a_worker()

    def drop_tenant(self, tenant: str) -> list[Envelope[Any]]:
        """Remove and return the queued items of a tenant; those in flight go on."""
        return self._drop(self._tenants.get(tenant))

    def drop_lane(self, lane: str) -> list[Envelope[Any]]:
        """Remove and return the queued items for a lane."""
        return self._drop(self._lanes.get(lane))

    def drop_hub(self, hub: str) -> list[Envelope[Any]]:
        """Remove and return the queued items from a hub."""
        return self._drop(self._hubs.get(hub))

    def drop_all(self) -> list[Envelope[Any]]:
        """Remove and return everything that is queued."""
        return [item for lane in list(self._lanes) for item in self.drop_lane(lane)]

    def _drop(self, pool: Pool | None) -> list[Envelope[Any]]:
        dropped: list[Envelope[Any]] = []
        for flow in list(pool.flows) if pool is not None else ():
            items, flow.items = flow.items, deque()
            self._forget(flow, items[0])
            self._leave_queue(flow, len(items))
            self._nudge_pools(flow)
            dropped.extend(items)
        for envelope in dropped:
            _forget_unused(envelope.pools)
        return dropped

    # -- book-keeping -------------------------------------------------------------------------
    def _leave_queue(self, flow: Flow, count: int) -> None:
        self._all.leave_queue(count)
        for pool in flow.pools:
            pool.leave_queue(count)
            if pool.turned_away and (recalled := pool.recalled()) is not None:
                self._recall(recalled)

    def _nudge_pools(self, flow: Flow) -> None:
        for pool in flow.pools:
            if pool.parked:
                self._nudge(pool)

    def _nudge(self, pool: Pool) -> None:
        """Let one flow that is parked at a pool try again, when the pool admits anything."""
        if pool.parked and pool.admits:
            next(iter(pool.parked)).move_to(self._ring)

    def _pools_of(self, envelope: Envelope[Any]) -> tuple[Pool, Pool, Pool]:
        return (
            self._tenants.get(envelope.tenant) or self._new_tenant(envelope.tenant),
            self._lanes.get(envelope.lane) or self._new_lane(envelope.lane),
            self._hubs.get(envelope.hub) or self._new_hub(envelope.hub),
        )

    def _new_tenant(self, tenant: str) -> Pool:
        pool = self._tenants[tenant] = Pool(
            self._tenants,
            tenant,
            max_in_flight=self._limits.per_tenant,
            max_queued=self._limits.queued_per_tenant,
        )
        return pool

    def _new_lane(self, lane: str) -> Pool:
        pool = self._lanes[lane] = Pool(
            self._lanes,
            lane,
            max_in_flight=self._limits.per_lane,
            max_queued=self._limits.queued_per_lane,
            breaker=self._lane_breakers[lane],
        )
        return pool

    def _new_hub(self, hub: str) -> Pool:
        pool = self._hubs[hub] = Pool(
            self._hubs,
            hub,
            max_in_flight=self._limits.per_hub,
            max_queued=self._limits.queued_per_hub,
            breaker=self._hub_breakers[hub],
        )
        return pool

    def _forget(self, flow: Flow, envelope: Envelope[Any]) -> None:
        flow.move_to(None)
        del self._flows[envelope.tenant, envelope.lane]
        for pool in flow.pools:
            del pool.flows[flow]


def _forget_unused(pools: tuple[Pool, ...]) -> None:
    for pool in pools:
        if not pool.in_flight:
            pool.forget_if_unused()


def _probed(pools: tuple[Pool, ...]) -> Sequence[Breaker]:
    return [p.breaker for p in pools if p.breaker is not None and p.breaker.admit()]
