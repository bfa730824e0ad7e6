"""The fair queue against a plain model, under every order of events; and planted faults."""

from collections import Counter, deque
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pipeline.engine.breaker import BreakerPolicy, Breakers
from pipeline.engine.envelope import Envelope
from pipeline.engine.passes import Pass
from pipeline.engine.pools import Answer, Flow, Pool
from pipeline.engine.tenancy import FairQueue, Limits
from pipeline.testing.clock import VirtualClock
from tests.unit.engine.toy_line import seeded

TENANTS = ["hub1/a", "hub1/b", "hub2/c", "hub2/d", "hub2/e"]
LANES = ["x", "y"]
LIMITS = Limits(
    in_flight=6,
    in_flight_bytes=100,
    per_tenant=2,
    per_lane=4,
    per_hub=4,
    queued=12,
    queued_per_tenant=5,
    queued_per_lane=9,
    queued_per_hub=9,
)


class FairQueueMachine(RuleBasedStateMachine):
    """Offers, takes, settles, drops and breaks at random; the model counts from scratch."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()
        policy = BreakerPolicy(failures=1)
        self.lanes = Breakers(policy, self.clock, seeded())
        self.hubs = Breakers(policy, self.clock, seeded())
        self.queued: dict[tuple[str, str], deque[Envelope[Any]]] = {}
        self.flying: list[Envelope[Any]] = []
        self.recalled: list[str] = []

    @initialize()
    def start(self) -> None:
        self.queue = FairQueue(
            LIMITS, lanes=self.lanes, hubs=self.hubs, recall=self.recalled.append
        )

    # -- events -------------------------------------------------------------------------------
    @rule(
        tenant=st.sampled_from(TENANTS),
        lane=st.sampled_from(LANES),
        weights=st.lists(st.sampled_from([0, 1, 1, 1, 30, 150]), min_size=1, max_size=5),
    )
    def list_items(self, tenant: str, lane: str, weights: list[int]) -> None:
        for weight in weights:
            self.offer(tenant, lane, weight)

    def offer(self, tenant: str, lane: str, weight: int) -> None:
        envelope = Envelope(
            item=object(),
            tenant=tenant,
            lane=lane,
            hub=tenant.partition("/")[0],
            weight_bytes=weight,
            entered_at=0.0,
            trip=Pass(tenant, started=datetime(2026, 1, 1, tzinfo=UTC), began=0.0),
        )
        if self.queue.offer(envelope) is Answer.TAKEN:
            self.queued.setdefault((tenant, lane), deque()).append(envelope)

    @rule(count=st.integers(1, 6))
    def workers_take(self, count: int) -> None:
        for _ in range(count):
            self.take()

    def take(self) -> None:
        admitting = {lane for lane in LANES if self.lanes[lane].would_admit}
        envelope = self.queue._next()
        if envelope is None:
            self.nothing_could_pass()
        else:
            assert envelope.lane in admitting
            flow = self.queued[envelope.tenant, envelope.lane]
            assert flow.popleft() is envelope  # oldest first within a tenant and lane
            self.flying.append(envelope)

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(self.flying) - 1))
        self.queue.settle(self.flying.pop(at))

    @rule(tenant=st.sampled_from(TENANTS))
    def drop(self, tenant: str) -> None:
        dropped = self.queue.drop_tenant(tenant)
        expected = [e for (t, _), flow in self.queued.items() if t == tenant for e in flow]
        assert Counter(map(id, dropped)) == Counter(map(id, expected))
        self.queued = {key: flow for key, flow in self.queued.items() if key[0] != tenant}

    @rule(lane=st.sampled_from(LANES), probe_is_due=st.booleans())
    def a_lane_fails(self, lane: str, probe_is_due: bool) -> None:
        if self.lanes[lane].failed():
            self.queue.drop_lane(lane)
            self.queued = {key: flow for key, flow in self.queued.items() if key[1] != lane}
        if probe_is_due:
            self.clock._elapsed += 1000

    @rule(lane=st.sampled_from(LANES))
    def a_lane_works(self, lane: str) -> None:
        if self.lanes[lane].succeeded():
            self.queue.reopen()

    # -- what must hold -----------------------------------------------------------------------
    def nothing_could_pass(self) -> None:
        """No queued head may pass, unless one of those that may is too heavy for now."""
        weights = [
            flow[0].weight_bytes
            for (tenant, lane), flow in self.queued.items()
            if flow and self.has_place(tenant, lane)
        ]
        assert not weights or not all(map(self.fits, weights))

    def fits(self, weight: int) -> bool:
        flying = sum(e.weight_bytes for e in self.flying)
        return not flying or flying + weight <= LIMITS.in_flight_bytes

    def has_place(self, tenant: str, lane: str) -> bool:
        hub = tenant.partition("/")[0]
        return (
            len(self.flying) < LIMITS.in_flight
            and sum(e.tenant == tenant for e in self.flying) < LIMITS.per_tenant
            and sum(e.lane == lane for e in self.flying) < LIMITS.per_lane
            and sum(e.hub == hub for e in self.flying) < LIMITS.per_hub
            and self.lanes[lane].would_admit
        )

    @invariant()
    def limits_hold(self) -> None:
        for name, limit in (
            ("tenant", LIMITS.per_tenant),
            ("lane", LIMITS.per_lane),
            ("hub", LIMITS.per_hub),
        ):
            counts = Counter(getattr(e, name) for e in self.flying)
            assert max(counts.values(), default=0) <= limit, name
        assert len(self.flying) <= LIMITS.in_flight
        weights = [e.weight_bytes for e in self.flying]
        assert sum(weights) <= LIMITS.in_flight_bytes or len([w for w in weights if w]) == 1

    @invariant()
    def counts_agree(self) -> None:
        if not hasattr(self, "queue"):
            return
        assert self.queue.in_flight == len(self.flying)
        assert self.queue.in_flight_bytes == sum(e.weight_bytes for e in self.flying)
        assert self.queue.queued == sum(map(len, self.queued.values())) <= LIMITS.queued
        tenants = {e.tenant for e in self.flying} | {t for (t, _), f in self.queued.items() if f}
        assert set(self.queue._tenants) == tenants


def check(max_examples: int = 60, **options: Any) -> None:
    run_state_machine_as_test(
        FairQueueMachine,
        settings=settings(
            max_examples=max_examples,
            stateful_step_count=50,
            deadline=None,
            database=None,
            **options,
        ),
    )


def test_limits_hold_and_no_worker_idles_in_any_order_of_events() -> None:
    check()


def forgets_the_tenant_limit(patch: pytest.MonkeyPatch) -> None:
    holdup = Flow.holdup

    def without_tenant(flow: Flow) -> Pool | None:
        pool = holdup(flow)
        return None if pool is flow.pools[0] else pool

    patch.setattr(Flow, "holdup", without_tenant)


def never_nudges(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FairQueue, "_nudge", lambda _self, _pool: None)


def ignores_the_byte_budget(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FairQueue, "_fits", lambda _self, _weight: True)


def lets_everyone_be_the_probe(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pool, "admits", property(lambda pool: pool.in_flight < pool.max_in_flight))


def keeps_tenants_that_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pool, "is_unused", property(lambda _: False))


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.__name__)
        for fault in (
            forgets_the_tenant_limit,
            never_nudges,
            ignores_the_byte_budget,
            lets_everyone_be_the_probe,
            keeps_tenants_that_left,
        )
    ],
)
def test_a_planted_fault_is_found(fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)

    with pytest.raises(AssertionError):
        check(max_examples=1000, derandomize=True, phases=[Phase.generate])
