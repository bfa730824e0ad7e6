"""How many requests a hub gets follows what it can do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio
import pytest

from pipeline.connectors import concurrency
from pipeline.connectors.concurrency import LEAST
from pipeline.connectors.limits import CONCURRENCY, CredentialLimiter, Limiters
from pipeline.domain.errors import HubUnavailable, TransientError
from pipeline.testing.capacity import SERVICE_S, HubOfCapacity
from pipeline.testing.clock import VirtualClock


@asynccontextmanager
async def asked(limiter: CredentialLimiter, hub: HubOfCapacity) -> AsyncIterator[None]:
    """While this lasts, more requests than anybody needs want to be sent."""

    async def ask() -> None:
        while True:
            try:
                async with limiter:
                    await hub.answer()
            except TransientError:
                await hub.clock.sleep(SERVICE_S)

    async with anyio.create_task_group() as group:
        for _ in range(70):
            group.start_soon(ask)
        yield
        group.cancel_scope.cancel()


@pytest.mark.parametrize("capacity", [4, 12])
async def test_a_hub_that_becomes_slower_gets_fewer_requests_and_more_when_it_recovers(
    capacity: int,
) -> None:
    clock = VirtualClock()
    limiter = CredentialLimiter(clock, concurrency=64)
    hub = HubOfCapacity(clock, 64)

    async with clock.running(), asked(limiter, hub):
        await clock.sleep(5)
        assert limiter.concurrency == 64
        hub.capacity = capacity
        await clock.sleep(60)
        slow = [await _limit_after(clock, limiter) for _ in range(40)]
        hub.capacity = 64
        await clock.sleep(60)

    assert capacity / 2 <= sum(slow) / len(slow) <= 3 * capacity
    assert limiter.concurrency > 48


async def _limit_after(clock: VirtualClock, limiter: CredentialLimiter) -> int:
    await clock.sleep(1)
    return limiter.concurrency


async def test_a_hub_that_refuses_is_not_hammered_and_still_used() -> None:
    clock = VirtualClock()
    limiter = CredentialLimiter(clock, concurrency=64)
    hub = HubOfCapacity(clock, 8, queue=2)

    async with clock.running(), asked(limiter, hub):
        await clock.sleep(20)
        hub.most, hub.answered = 0, 0
        await clock.sleep(20)

    assert hub.most <= 14
    assert hub.answered >= 0.7 * 20 / SERVICE_S * 8


async def test_a_burst_of_refusals_counts_once() -> None:
    limiter = CredentialLimiter(VirtualClock(), concurrency=32)
    for _ in range(20):
        limiter.heed(HubUnavailable("busy"))
    assert limiter.concurrency == 16


async def test_there_are_never_fewer_than_the_least_nor_more_than_the_credential_allows() -> None:
    clock = VirtualClock()
    limiter = CredentialLimiter(clock, concurrency=32)
    hub = HubOfCapacity(clock, 1, queue=0)

    async with clock.running(), asked(limiter, hub):
        for _ in range(40):
            await clock.sleep(0.5)
            assert LEAST <= limiter.concurrency <= 32

    single = CredentialLimiter(clock, concurrency=1)
    single.heed(HubUnavailable("busy"))
    assert single.concurrency == 1


async def test_what_a_hub_may_get_is_told_under_its_name() -> None:
    told: list[tuple[str, float, str]] = []

    class Noting:
        def count(self, name: str, amount: float = 1, **labels: str) -> None: ...

        def gauge(self, name: str, value: float, **labels: str) -> None:
            told.append((name, value, labels["hub"]))

        def observe(self, name: str, seconds: float, **labels: str) -> None: ...

    limiters = Limiters(VirtualClock(), Noting())
    limiter = limiters.of("office").get("key", concurrency=8)
    limiters.of("other").get("key", concurrency=8)
    limiter.heed(TransientError("busy", retry_after=timedelta(seconds=1)))

    assert told == [(CONCURRENCY, 8, "office"), (CONCURRENCY, 4, "office")]


async def test_a_limit_that_never_adapts_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: waiting requests count as normal."""
    monkeypatch.setattr(concurrency, "_SLOWER", float("inf"))
    with pytest.raises(AssertionError):
        await test_a_hub_that_becomes_slower_gets_fewer_requests_and_more_when_it_recovers(4)


async def test_a_cancelled_request_leaves_its_place_to_the_next() -> None:
    limiter = CredentialLimiter(VirtualClock(), concurrency=1)
    order: list[str] = []

    async def ask(name: str) -> None:
        async with limiter:
            order.append(name)

    async with anyio.create_task_group() as group, limiter, anyio.create_task_group() as inner:
        inner.start_soon(ask, "cancelled")
        await anyio.wait_all_tasks_blocked()
        group.start_soon(ask, "last")
        await anyio.wait_all_tasks_blocked()
        inner.cancel_scope.cancel()

    assert order == ["last"]
