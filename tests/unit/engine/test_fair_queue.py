"""The admission point: fairness, limits, backpressure, and no memory of what has left."""

import gc
import tracemalloc
from collections import Counter, OrderedDict
from datetime import UTC, datetime

import anyio
import pytest

from pipeline.engine.breaker import BreakerPolicy, Breakers
from pipeline.engine.envelope import Envelope
from pipeline.engine.passes import Pass
from pipeline.engine.pools import Answer, Flow
from pipeline.engine.tenancy import FairQueue, Limits
from pipeline.testing.clock import VirtualClock, settle
from tests.unit.engine.toy_line import seeded


class Admission:
    """A fair queue, its breakers and its clock."""

    def __init__(self, limits: Limits) -> None:
        self.clock = VirtualClock()
        self.lanes = Breakers(BreakerPolicy(), self.clock, seeded())
        self.hubs = Breakers(BreakerPolicy(), self.clock, seeded())
        self.recalled: list[str] = []
        self.queue = FairQueue(
            limits, lanes=self.lanes, hubs=self.hubs, recall=self.recalled.append
        )

    def offer(self, tenant: str, *, lane: str = "disk", weight: int = 1) -> Answer:
        return self.queue.offer(self.envelope(tenant, lane=lane, weight=weight))

    def envelope(self, tenant: str, *, lane: str = "disk", weight: int = 1) -> Envelope[object]:
        return Envelope(
            item=object(),
            tenant=tenant,
            lane=lane,
            hub="hub",
            weight_bytes=weight,
            entered_at=0.0,
            trip=Pass(tenant, started=datetime(2026, 1, 1, tzinfo=UTC), began=0.0),
        )

    def take_all(self) -> list[Envelope[object]]:
        """Everything that may be in flight now."""
        taken: list[Envelope[object]] = []
        while (envelope := self.queue._next()) is not None:
            taken.append(envelope)
        return taken


async def test_tenants_are_served_in_turn_however_many_items_one_has() -> None:
    admission = Admission(Limits(queued=10_000, queued_per_tenant=5000, queued_per_lane=10_000))
    for _ in range(1000):
        admission.offer("huge")
    for number in range(100):
        admission.offer(f"small{number}")
        admission.offer(f"small{number}")

    served = []
    for _ in range(202):
        envelope = await admission.queue.take()
        admission.queue.settle(envelope)
        served.append(envelope.tenant)

    assert Counter(served)["huge"] == 2
    assert set(served[:101]) == {"huge", *(f"small{n}" for n in range(100))}


async def test_a_tenant_at_its_limit_leaves_the_others_their_turn() -> None:
    admission = Admission(Limits(per_tenant=2))
    for tenant in ("slow", "slow", "slow", "slow", "quick"):
        admission.offer(tenant)

    taken = admission.take_all()

    assert Counter(e.tenant for e in taken) == {"slow": 2, "quick": 1}


async def test_a_lane_at_its_limit_leaves_the_others_their_turn() -> None:
    admission = Admission(Limits(per_lane=2))
    for number in range(5):
        admission.offer(f"a{number}", lane="stuck")
    admission.offer("b", lane="fine")
    admission.offer("a0", lane="fine")

    taken = admission.take_all()

    assert Counter(e.lane for e in taken) == {"stuck": 2, "fine": 2}


async def test_a_settled_item_makes_room_for_the_next_of_its_tenant() -> None:
    admission = Admission(Limits(per_tenant=1))
    admission.offer("a")
    admission.offer("a")
    first = await admission.queue.take()

    assert admission.queue._next() is None
    admission.queue.settle(first)
    assert admission.queue._next() is not None


async def test_a_worker_that_waits_wakes_when_something_may_pass() -> None:
    admission = Admission(Limits(per_tenant=1))
    taken: list[Envelope[object]] = []

    async def work() -> None:
        while True:
            taken.append(await admission.queue.take())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        tasks.start_soon(work)
        await settle()
        admission.offer("a")
        admission.offer("a")
        await settle()
        assert len(taken) == 1
        admission.queue.settle(taken[0])
        await settle()
        assert len(taken) == 2
        tasks.cancel_scope.cancel()


async def test_room_freed_by_a_heavy_item_wakes_as_many_workers_as_it_serves() -> None:
    admission = Admission(Limits(in_flight_bytes=100))
    admission.offer("heavy", weight=100)
    for number in range(4):
        admission.offer(f"light{number}", weight=25)
    taken: list[Envelope[object]] = []

    async def work() -> None:
        while True:
            taken.append(await admission.queue.take())

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(work)
        await settle()
        assert [e.tenant for e in taken] == ["heavy"]
        admission.queue.settle(taken[0])
        await settle()
        assert len(taken) == 5
        tasks.cancel_scope.cancel()


async def test_items_in_flight_stay_within_the_byte_budget() -> None:
    admission = Admission(Limits(in_flight_bytes=100))
    for number in range(10):
        admission.offer(f"t{number}", weight=30)

    taken = admission.take_all()

    assert len(taken) == 3
    assert admission.queue.in_flight_bytes == 90


async def test_an_item_heavier_than_the_whole_budget_passes_alone() -> None:
    admission = Admission(Limits(in_flight_bytes=100))
    admission.offer("small", weight=10)
    admission.offer("giant", weight=500)
    admission.offer("after", weight=10)

    first = admission.take_all()
    admission.queue.settle(first[0])
    second = admission.take_all()
    nothing = admission.take_all()
    admission.queue.settle(second[0])
    third = admission.take_all()

    assert [e.tenant for e in (*first, *second, *nothing, *third)] == ["small", "giant", "after"]


@pytest.mark.parametrize(
    ("limits", "accepted"),
    [
        pytest.param(Limits(queued=7), 7, id="in all"),
        pytest.param(Limits(queued_per_tenant=3), 6, id="per tenant"),
        pytest.param(Limits(queued_per_lane=4), 4, id="per lane"),
        pytest.param(Limits(queued_per_hub=5), 5, id="per hub"),
    ],
)
async def test_the_queue_is_bounded(limits: Limits, accepted: int) -> None:
    admission = Admission(limits)

    answers = [admission.offer(tenant) for _ in range(10) for tenant in ("a", "b")]

    assert answers.count(Answer.TAKEN) == admission.queue.queued == accepted
    assert answers.count(Answer.FULL) == 20 - accepted


async def test_a_listing_that_found_the_queue_full_wakes_when_half_of_it_is_free() -> None:
    admission = Admission(Limits(queued_per_tenant=4))
    for _ in range(4):
        admission.offer("a")
    returned: list[str] = []

    async def wait() -> None:
        await admission.queue.wait_for_room(admission.envelope("a"))
        returned.append("a")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await settle()
        await admission.queue.take()
        await settle()
        assert returned == []
        await admission.queue.take()
        await settle()
        assert returned == ["a"]


async def test_tenants_turned_away_from_a_full_lane_are_recalled_one_by_one_as_room_comes() -> None:
    admission = Admission(Limits(queued_per_lane=4))
    for number in range(4):
        admission.offer(f"in{number}")
    for number in range(3):
        envelope = admission.envelope(f"out{number}")
        assert admission.queue.offer(envelope) is Answer.FULL
        admission.queue.turn_away(envelope)

    seen = []
    for _ in range(4):
        await admission.queue.take()
        seen.append(list(admission.recalled))

    assert seen == [[], ["out0"], ["out0", "out1"], ["out0", "out1", "out2"]]


async def test_an_item_given_back_comes_first_and_takes_no_second_place() -> None:
    admission = Admission(Limits(in_flight=1))
    admission.offer("a")
    admission.offer("b")
    first = await admission.queue.take()

    admission.queue.give_back(first)

    assert await admission.queue.take() is first
    assert admission.queue.in_flight == 1


async def test_dropping_a_tenant_leaves_the_others_and_what_is_in_flight() -> None:
    admission = Admission(Limits())
    for tenant in "aab":
        admission.offer(tenant)
    first = await admission.queue.take()

    dropped = admission.queue.drop_tenant("a")

    assert first.tenant == "a"
    assert len(dropped) == 1
    assert (admission.queue.queued, admission.queue.in_flight) == (1, 1)
    assert (await admission.queue.take()).tenant == "b"


async def test_nothing_is_queued_for_a_lane_whose_breaker_is_open() -> None:
    admission = Admission(Limits())
    for _ in range(5):
        admission.lanes["dead"].failed()

    assert admission.offer("a", lane="dead") is Answer.SHUT
    assert admission.offer("a", lane="fine") is Answer.TAKEN


async def test_one_probe_is_admitted_when_it_is_time_and_the_rest_follow_its_success() -> None:
    admission = Admission(Limits())
    for _ in range(5):
        admission.lanes["dead"].failed()
    await admission.clock.advance(10)
    for number in range(5):
        admission.offer(f"t{number}", lane="dead")

    probes = admission.take_all()
    admission.lanes["dead"].succeeded()
    admission.queue.reopen()
    rest = admission.take_all()

    assert len(probes) == 1
    assert len(rest) == 4


async def test_a_probe_that_ends_without_an_answer_lets_another_one_go() -> None:
    admission = Admission(Limits())
    for _ in range(5):
        admission.lanes["dead"].failed()
    await admission.clock.advance(10)
    admission.offer("a", lane="dead")
    admission.offer("b", lane="dead")

    (probe,) = admission.take_all()
    admission.queue.settle(probe)

    assert len(admission.take_all()) == 1


async def test_tenants_that_left_leave_no_memory_behind() -> None:
    admission = Admission(Limits())

    def come_and_go(count: int) -> None:
        for number in range(count):
            admission.offer(f"tenant{number}")
            envelope = admission.queue._next()
            assert envelope is not None
            admission.queue.settle(envelope)
            admission.offer(f"tenant{number}")
            admission.queue.drop_tenant(f"tenant{number}")

    come_and_go(100)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    come_and_go(2000)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert after - before < 20_000
    assert not admission.queue._tenants
    assert not admission.queue._flows


async def test_the_work_of_an_operation_does_not_grow_with_the_tenants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = 10_000
    admission = Admission(
        Limits(queued=count, queued_per_lane=count, queued_per_hub=count, per_lane=8)
    )
    moves = 0
    move_to = Flow.move_to

    def counted(flow: Flow, place: OrderedDict[Flow, None] | None) -> None:
        nonlocal moves
        moves += 1
        move_to(flow, place)

    monkeypatch.setattr(Flow, "move_to", counted)
    for number in range(count):
        admission.offer(f"tenant{number}")
    in_flight = admission.take_all()
    while in_flight:
        admission.queue.settle(in_flight.pop(0))
        in_flight += admission.take_all()

    assert admission.queue.queued == 0
    assert moves <= 5 * count
