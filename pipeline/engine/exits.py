"""What becomes of an item after a stage: on to the next, back for another attempt, or out.

result                 what happens
---------------------  -----------------------------------------------------------------
an item                goes on; after the last stage it is completed
TransientError         waits for another attempt; without one left it is postponed, and the
                       tenant is due again later
DocumentRejected       goes to the sink, which records it
TenantBlocked          the tenant's queued items are dropped, its pass ends blocked
ConfigurationError     is not seen here: it stops the line
anything else          is a bug: reported, counted, and the item rejected as ``internal``
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from pipeline.domain.errors import DocumentHeld, DocumentRejected, TenantBlocked, TransientError
from pipeline.engine.delays import Delays
from pipeline.engine.envelope import Envelope, Rejected
from pipeline.engine.gates import Gates
from pipeline.engine.guard import RejectionGuard
from pipeline.engine.metrics import BUGS, ITEM_SECONDS, ITEMS
from pipeline.engine.passes import Pass
from pipeline.engine.retry import RetryBudget, RetryPolicy
from pipeline.engine.stage import Passed, Runner
from pipeline.engine.tenancy import FairQueue
from pipeline.ports.clock import Clock
from pipeline.ports.meters import Meters

ReportBug = Callable[[Exception, str], None]
"""Receives an error nobody planned for, and where it was met; logs it with its traceback."""

Failure = tuple[Envelope[Any], Exception]


@dataclass(slots=True, kw_only=True)
class Exits:
    """Sorts the outcomes of every stage of one running line.

    ``on_over`` is called once for every pass that is over. ``sink`` takes the rejected items.
    """

    queue: FairQueue
    gates: Gates
    retry: RetryPolicy
    budget: RetryBudget
    delays: Delays
    guard: RejectionGuard
    clock: Clock
    meters: Meters
    rng: random.Random
    report_bug: ReportBug
    on_over: Callable[[Pass], None]
    sink: Runner = field(init=False)
    completed: int = 0
    is_draining: bool = False

    # -- after a stage ------------------------------------------------------------------------
    def sort(
        self, stage: Runner, envelopes: Sequence[Envelope[Any]], results: Sequence[Any]
    ) -> None:
        """Hand every item on, back or out, by what the stage answered for it."""
        passed: list[Passed] = []
        failures: list[Failure] = []
        for envelope, result in zip(envelopes, results, strict=True):
            if isinstance(result, Exception):
                failures.append((envelope, result))
            else:
                passed.append((envelope, result))
        if passed:
            stage.hand_on(passed)
            self._note_success(stage, envelopes[0])
            stage.counts.passed += len(passed)
            self.meters.count(ITEMS, len(passed), stage=stage.spec.name, outcome="passed")
        if failures:
            self._note_failures(failures)
            self._sort_failures(stage, failures)

    def _note_success(self, stage: Runner, envelope: Envelope[Any]) -> None:
        per = stage.spec.per
        if per is not None:
            self.gates.succeeded(per, getattr(envelope, per))

    def _note_failures(self, failures: Iterable[Failure]) -> None:
        dropped = self.gates.failed((item.hub, item.lane, error) for item, error in failures)
        self._drop_all(dropped)

    def note_failure(self, hub: str, error: Exception) -> None:
        """Note that a hub could not be listed."""
        self._drop_all(self.gates.failed([(hub, None, error)]))

    def _drop_all(self, envelopes: Iterable[Envelope[Any]]) -> None:
        for envelope in envelopes:
            self.drop(envelope, str(self.gates.unavailable(envelope.hub, envelope.lane)))

    def _sort_failures(self, stage: Runner, failures: Sequence[Failure]) -> None:
        """Deal with the items of one call that failed; repeating them costs one retry token."""
        is_transient = any(isinstance(error, TransientError) for _, error in failures)
        may_retry = is_transient and not self.is_draining and self.budget.spend()
        spread = self.rng.random()
        for envelope, error in failures:
            match error:
                case TransientError():
                    self._retry(stage, envelope, error, spread if may_retry else None)
                case DocumentRejected() if stage is not self.sink:
                    self._reject(stage, envelope, error)
                case TenantBlocked() if stage is not self.sink:
                    self._block(stage, envelope, error)
                case _:
                    self._report(stage, envelope, error)

    # -- on -----------------------------------------------------------------------------------
    def complete(self, passed: Sequence[Passed]) -> None:
        """Let items leave that passed the last stage."""
        now = self.clock.monotonic()
        self.completed += len(passed)
        for envelope, _ in passed:
            envelope.trip.completed += 1
            self.guard.completed()
            self.meters.observe(ITEM_SECONDS, now - envelope.entered_at)
            self._leave(envelope)

    # -- back ---------------------------------------------------------------------------------
    def _retry(
        self, stage: Runner, envelope: Envelope[Any], error: TransientError, spread: float | None
    ) -> None:
        """Plan another attempt; ``spread`` (0 to 1) places it, None means that there is none."""
        delay_s = None
        if spread is not None and not self._is_shut(envelope):
            delay_s = self.retry.delay_s(envelope.attempt, error.retry_after, spread)
        if delay_s is None:
            self._postpone(stage, envelope, error)
            return
        stage.counts.retried += 1
        self.meters.count(ITEMS, stage=stage.spec.name, outcome="retried")
        envelope.attempt += 1
        self.delays.put(delay_s, partial(self._again, stage, envelope, error))

    def _again(self, stage: Runner, envelope: Envelope[Any], error: TransientError) -> None:
        if self.is_draining or self._is_shut(envelope):
            self._postpone(stage, envelope, error)
        else:
            stage.put(envelope)

    def _is_shut(self, envelope: Envelope[Any]) -> bool:
        gates = self.gates
        return gates.is_shut("lane", envelope.lane) or gates.is_shut("hub", envelope.hub)

    # -- out, for later -----------------------------------------------------------------------
    def turns_away(self, stage: Runner, envelopes: Sequence[Envelope[Any]]) -> bool:
        """Postpone a batch whose lane or hub is shut; False when the stage may go on."""
        per, first = stage.spec.per, envelopes[0]
        if per is None or not self.gates.is_shut(per, getattr(first, per)):
            return False
        error = self.gates.unavailable(first.hub, first.lane)
        for envelope in envelopes:
            self._postpone(stage, envelope, error)
        return True

    def _postpone(self, stage: Runner, envelope: Envelope[Any], error: Exception) -> None:
        stage.counts.postponed += 1
        self.meters.count(ITEMS, stage=stage.spec.name, outcome="postponed")
        retry_after = getattr(error, "retry_after", None)
        again_in = self.again_in(envelope.hub, envelope.lane, retry_after)
        envelope.trip.postpone(str(error), again_in)
        envelope.trip.postponed += 1
        self._leave(envelope)

    def again_in(
        self, hub: str, lane: str | None = None, retry_after: timedelta | None = None
    ) -> timedelta:
        """When it is worth listing again: after the breakers' waits, or the ordinary pause."""
        wait = max(self.gates.wait(hub, lane), retry_after or timedelta(0))
        return wait or self.retry.postponed

    def drop(self, envelope: Envelope[Any], problem: str) -> None:
        """Let an item leave that was queued and never taken."""
        trip = envelope.trip
        trip.postponed += 1
        trip.postpone(problem, self.again_in(envelope.hub, envelope.lane))
        self._settle(trip)

    # -- out, for good ------------------------------------------------------------------------
    def _reject(self, stage: Runner, envelope: Envelope[Any], error: DocumentRejected) -> None:
        stage.counts.rejected += 1
        self.meters.count(ITEMS, stage=stage.spec.name, outcome="rejected")
        envelope.item = Rejected(envelope.tenant, envelope.item, error, stage.spec.name)
        envelope.attempt = 1
        self.sink.put(envelope)

    def recorded(self, passed: Sequence[Passed]) -> None:
        """Let items leave whose rejection the sink has recorded."""
        for envelope, rejected in passed:
            self._recorded(envelope, rejected)

    def _recorded(self, envelope: Envelope[Any], rejected: Rejected) -> None:
        trip, error = envelope.trip, rejected.error
        is_held = isinstance(error, DocumentHeld)
        trip.held += is_held
        trip.rejected += not is_held
        if self.guard.condemns(trip):
            self.block(trip, f"{trip.rejected} documents were rejected. Last: {error}")
        self._leave(envelope)
        if not is_held:
            self.guard.rejected(envelope.tenant, error.rule)

    def _block(self, stage: Runner, envelope: Envelope[Any], error: TenantBlocked) -> None:
        stage.counts.blocked += 1
        self.meters.count(ITEMS, stage=stage.spec.name, outcome="blocked")
        self.block(envelope.trip, str(error))
        envelope.trip.postponed += 1
        self._leave(envelope)

    def block(self, trip: Pass, problem: str) -> None:
        """Stop a pass; its items in flight go on."""
        trip.block(problem)
        for envelope in self.queue.drop_tenant(trip.tenant):
            self.drop(envelope, problem)

    def _report(self, stage: Runner, envelope: Envelope[Any], error: Exception) -> None:
        """Deal with a bug: it costs this item, or its place in this pass when the sink has it."""
        stage.counts.bugs += 1
        self.note_bug(stage.spec.name, envelope.tenant, error)
        if stage is self.sink:
            self._postpone(stage, envelope, error)
            return
        text = f"The program failed on this document ({type(error).__name__}); see the log."
        rejection = DocumentRejected(text, rule="internal")
        rejection.__cause__ = error
        self._reject(stage, envelope, rejection)

    def note_bug(self, stage: str, tenant: str, error: Exception) -> None:
        """Report an error that nobody planned for."""
        self.meters.count(BUGS, stage=stage)
        self.report_bug(error, f"stage {stage}, tenant {tenant}")

    # -- the end of an item -------------------------------------------------------------------
    def _leave(self, envelope: Envelope[Any]) -> None:
        self.queue.settle(envelope)
        self._settle(envelope.trip)

    def _settle(self, trip: Pass) -> None:
        trip.pending -= 1
        if trip.is_over:
            self.on_over(trip)
