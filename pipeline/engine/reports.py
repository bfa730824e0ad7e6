"""Opens and closes passes: tells who asked that one is over, then lets its tenant be due again."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.engine.channel import Channel
from pipeline.engine.metrics import PASSES
from pipeline.engine.passes import Pass, PassSummary
from pipeline.engine.retry import RetryPolicy
from pipeline.engine.runner import attempt
from pipeline.engine.scheduler import Scheduler
from pipeline.engine.wakeup import Bell
from pipeline.ports.clock import Clock
from pipeline.ports.meters import Meters

OnPassEnd = Callable[[Sequence[PassSummary]], Awaitable[None]]
"""Is awaited for passes that are over, each once, before their tenants can be due again."""

BACKLOG = 256
"""Passes that may wait for their report before listing pauses."""


AT_ONCE = 64
"""Passes that are reported together."""

_UNTIL_RECALLED = timedelta(minutes=15)
"""For a tenant that found no room at all; the fair queue recalls it long before."""


@dataclass(slots=True, kw_only=True)
class Reports:
    """The passes of a running line, from their start to the end of their report."""

    scheduler: Scheduler
    channel: Channel[Pass]
    on_pass_end: OnPassEnd
    report_bug: Callable[[Exception, str], None]
    retry: RetryPolicy
    clock: Clock
    meters: Meters
    open_passes: int = 0
    _change: Bell = field(default_factory=Bell, init=False)

    def begin(self, tenant: str) -> Pass:
        """Open a pass for a tenant the scheduler handed out."""
        self.open_passes += 1
        return Pass(tenant, started=self.clock.now(), began=self.clock.monotonic())

    def end(self, trip: Pass) -> None:
        """Queue the report of a pass that is over."""
        self.channel.put(trip)

    async def wait_for_room(self) -> None:
        """Return when the backlog of reports is small enough to open another pass."""
        while len(self.channel) >= BACKLOG:
            await self._change.wait()

    async def all_ended(self) -> None:
        """Return when no pass is open."""
        while self.open_passes:
            await self._change.wait()

    async def work(self) -> None:
        """Report passes until cancelled, those together that ended meanwhile."""
        while True:
            trips = [await self.channel.take(), *await self.channel.drain(AT_ONCE - 1)]
            summaries = [trip.summary(self.clock.monotonic()) for trip in trips]
            error = await attempt(self.on_pass_end, summaries)
            if error is not None:
                tenants = ", ".join(trip.tenant for trip in trips)
                self.report_bug(error, f"end of pass, tenant {tenants}")
            for trip, summary in zip(trips, summaries, strict=True):
                self._finish(trip, summary)

    def _finish(self, trip: Pass, summary: PassSummary) -> None:
        outcome = "blocked" if trip.is_blocked else "clean" if summary.is_clean else "problem"
        self.meters.count(PASSES, outcome=outcome)
        found = bool(summary.completed or summary.rejected or summary.held)
        self.scheduler.finished(
            trip.tenant,
            found=found,
            again_in=self._again_in(trip, found=found),
            is_owed=trip.is_partial and trip.problem is None,
        )
        self.open_passes -= 1
        self._change.ring_all()

    def _again_in(self, trip: Pass, *, found: bool) -> timedelta | None:
        if trip.is_blocked:
            return self.retry.blocked
        if trip.again_in is None and trip.is_partial:
            return timedelta(0) if found else _UNTIL_RECALLED
        return trip.again_in
