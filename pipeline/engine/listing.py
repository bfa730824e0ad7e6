"""Listers: take due tenants from the scheduler, and queue what the source lists for them."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.domain.errors import TenantBlocked, TransientError
from pipeline.engine.envelope import Envelope
from pipeline.engine.exits import Exits
from pipeline.engine.passes import Pass
from pipeline.engine.pools import Answer
from pipeline.engine.runner import attempt
from pipeline.engine.stage import Plan
from pipeline.engine.tenancy import FairQueue

STAGE = "list"
"""The name of the listing among the stages."""


@dataclass(slots=True, kw_only=True)
class Listers:
    """What all listers of a line share.

    When the whole queue is full every lister waits: that is the backpressure. When only one
    tenant, lane or hub has its queue full, at most half of the listers wait for it; the others end
    the pass early and go to tenants that have room, passing by those that are known to have none.
    The rest is listed in the next pass, which begins when there is room.
    """

    plan: Plan
    queue: FairQueue
    exits: Exits
    patience: int
    _waiting: int = field(default=0, init=False)

    async def list(self, trip: Pass) -> None:
        """Walk through the pages of one tenant; whatever happens is noted in its pass."""
        hub = self.plan.hub_of(trip.tenant)
        breaker = self.exits.gates.hub(hub)
        try:
            if not breaker.would_admit:
                self._postpone(trip, hub, self.exits.gates.unavailable(hub))
            elif self._passes_by(trip.tenant, hub):
                trip.is_partial = True
            else:
                await self._list(trip, hub, is_probe=breaker.admit())
        finally:
            trip.is_listing = False
            trip.is_partial |= self.exits.is_draining
            if trip.is_over:
                self.exits.on_over(trip)

    def _passes_by(self, tenant: str, hub: str) -> bool:
        """Leave out a tenant whose items could only be turned away, unless we may wait for room."""
        if self._waiting < self.patience:
            return False
        return self.queue.turn_away_unlisted(tenant, hub, self.plan.lanes_of(tenant))

    async def _list(self, trip: Pass, hub: str, *, is_probe: bool) -> None:
        error = await attempt(self._walk, trip, hub)
        if error is not None:
            self.exits.note_failure(hub, error)
            self._note(trip, hub, error)
        if is_probe:
            self.exits.gates.hub(hub).lapsed()

    def _note(self, trip: Pass, hub: str, error: Exception) -> None:
        match error:
            case TransientError():
                self._postpone(trip, hub, error)
            case TenantBlocked():
                self.exits.block(trip, str(error))
            case _:
                self.exits.note_bug(STAGE, trip.tenant, error)
                self._postpone(trip, hub, error)

    def _postpone(self, trip: Pass, hub: str, error: Exception) -> None:
        retry_after = getattr(error, "retry_after", None)
        trip.postpone(str(error), self.exits.again_in(hub, retry_after=retry_after))

    # -- pages --------------------------------------------------------------------------------
    async def _walk(self, trip: Pass, hub: str) -> None:
        pages = self.plan.source(trip.tenant)
        try:
            async for page in pages:
                self.exits.gates.succeeded("hub", hub)
                if not await self._queue_page(trip, hub, page):
                    return
            self.exits.gates.succeeded("hub", hub)
        finally:
            if isinstance(pages, AsyncGenerator):
                await pages.aclose()

    async def _queue_page(self, trip: Pass, hub: str, page: Sequence[Any]) -> bool:
        """Queue the items of a page; False when the rest is left for the next pass."""
        for item in page:
            if self._must_stop(trip, hub):
                return False
            envelope = self._envelope(trip, hub, item)
            answer = await self._put(envelope)
            if answer is Answer.FULL:
                self.queue.turn_away(envelope)
                trip.is_partial = True
                return False
            trip.listed += 1
            trip.pending += 1
            if answer is Answer.SHUT:
                error = self.exits.gates.unavailable(hub, envelope.lane)
                self.exits.drop(envelope, str(error))
        return True

    def _must_stop(self, trip: Pass, hub: str) -> bool:
        if self.exits.gates.is_shut("hub", hub):
            self._postpone(trip, hub, self.exits.gates.unavailable(hub))
            return True
        return trip.is_blocked or self.exits.is_draining

    async def _put(self, envelope: Envelope[Any]) -> Answer:
        while (answer := self.queue.offer(envelope)) is Answer.FULL:
            if not self.queue.is_full and self._waiting >= self.patience:
                break
            self._waiting += 1
            try:
                await self.queue.wait_for_room(envelope)
            finally:
                self._waiting -= 1
        return answer

    def _envelope(self, trip: Pass, hub: str, item: Any) -> Envelope[Any]:
        return Envelope(
            item=item,
            tenant=trip.tenant,
            lane=self.plan.lane_of(item),
            hub=hub,
            weight_bytes=self.plan.weight_of(item),
            entered_at=self.exits.clock.monotonic(),
            trip=trip,
        )
