"""What hubs push is followed at once, costs next to nothing, and does nothing but wake."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import pytest

from pipeline.ports.hub import Hint
from pipeline.testing.script import Operation
from pipeline.usecases.hear_events import GAP, HearEvents
from tests.unit.usecases.test_follow_hub import Bench


@dataclass
class Office:
    """Dossiers that were all listed once, a lister that counts, and events about them."""

    bench: Bench
    hearing: HearEvents
    listed: list[tuple[float, str]] = field(default_factory=list)

    def hear(self, dossier_id: str | None) -> None:
        self.hearing.hear("memory", Hint(dossier_id))

    async def list_what_is_due(self) -> None:
        scheduler = self.bench.scheduler
        while (tenant := await scheduler.next_due()) is not None:
            self.listed.append((self.bench.clock.monotonic(), tenant.removeprefix("memory/")))
            await self.bench.clock.sleep(1)
            scheduler.finished(tenant)


class NobodyCalms(HearEvents):
    def hear(self, hub: str, hint: Hint) -> None:
        self._followers[hub].hear(hint)


@asynccontextmanager
async def opened(
    *, has_change_feed: bool = False, kind: type[HearEvents] = HearEvents
) -> AsyncIterator[Office]:
    bench = Bench(has_change_feed=has_change_feed)
    hearing = kind({"memory": bench.follower}, bench.clock)
    office = Office(bench, hearing)
    await bench.follower.catch_up()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(office.list_what_is_due)
        tasks.start_soon(hearing.work)
        await bench.clock.advance(60)
        office.listed.clear()
        yield office
        tasks.cancel_scope.cancel()


async def test_an_event_has_its_dossier_listed_at_once() -> None:
    async with opened() as office:
        office.hear("d2")
        await office.bench.clock.advance(1)

        assert office.listed == [(60, "d2")]


async def test_an_event_that_names_nobody_has_all_dossiers_of_the_hub_listed() -> None:
    async with opened() as office:
        office.hear(None)
        await office.bench.clock.advance(5)

        assert sorted(dossier for _, dossier in office.listed) == ["d1", "d2", "d3"]


async def test_an_event_that_names_nobody_has_a_change_feed_read() -> None:
    async with opened(has_change_feed=True) as office:
        bench = office.bench
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bench.follower.poll)
            await bench.clock.advance(1)
            before = bench.hub.script.calls[Operation.CHANGES]

            office.hear(None)
            await bench.clock.advance(1)

            assert bench.hub.script.calls[Operation.CHANGES] == before + 1
            assert office.listed == []
            tasks.cancel_scope.cancel()


async def listings_of_a_flood(office: Office, dossier: str | None) -> list[float]:
    """When ``d2`` was listed because of 10,000 events in five seconds."""
    for number in range(10_000):
        office.hear(dossier)
        if number % 2_000 == 0:
            await office.bench.clock.advance(1)
    await office.bench.clock.advance(600)
    return [moment for moment, listed in office.listed if listed == "d2"]


@pytest.mark.parametrize("dossier", ["d2", None])
async def test_ten_thousand_events_cost_two_listings(dossier: str | None) -> None:
    async with opened() as office:
        moments = await listings_of_a_flood(office, dossier)

        assert len(moments) == 2
        assert moments[1] - moments[0] >= GAP.total_seconds() - 3


async def test_a_flood_that_nobody_calms_is_found_out() -> None:
    async with opened(kind=NobodyCalms) as office:
        assert len(await listings_of_a_flood(office, "d2")) > 2


async def test_what_comes_while_a_dossier_rests_is_followed_when_it_has() -> None:
    async with opened() as office:
        office.hear("d1")
        await office.bench.clock.advance(3)
        office.hear("d1")
        await office.bench.clock.advance(10)

        assert office.listed == [(60, "d1"), (60 + GAP.total_seconds(), "d1")]


async def test_dossiers_that_nobody_knows_are_not_remembered() -> None:
    async with opened() as office:
        for number in range(1_000):
            office.hear(f"nobody-{number}")

        assert len(office.hearing) == 0
