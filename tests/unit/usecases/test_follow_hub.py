from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import Location
from pipeline.domain.errors import HubUnavailable
from pipeline.domain.links import DossierLinks
from pipeline.domain.shards import WHOLE, Shard
from pipeline.engine.scheduler import Pace, Scheduler
from pipeline.testing.clock import VirtualClock
from pipeline.testing.memory_hub import MEMORY_CAPABILITIES, MemoryHub
from pipeline.testing.memory_state import MemoryState
from pipeline.testing.script import Operation
from pipeline.usecases.follow_hub import FollowHub
from pipeline.usecases.keep_directory import Directory
from pipeline.usecases.keep_due import DueBook

PACKAGE = AccountingPackage("p", "Winbooks", {Location.PURCHASE_INVOICES: "/books/[kind]"})
SWEEP = timedelta(hours=6)
NO_FEED = replace(MEMORY_CAPABILITIES, has_change_feed=False)


def dossier(number: int) -> Dossier:
    return Dossier("memory", f"d{number}", f"Enterprise {number}", package=PACKAGE)


class Bench:
    """A hub with three dossiers, and what follows it."""

    def __init__(self, *, has_change_feed: bool = True) -> None:
        self.clock = VirtualClock()
        capabilities = replace(MEMORY_CAPABILITIES, has_change_feed=has_change_feed)
        dossiers = [dossier(number) for number in (1, 2, 3)]
        self.hub = MemoryHub(dossiers=dossiers, capabilities=capabilities)
        self.state = MemoryState(self.clock)
        self.prepared: list[int] = []
        self.restart()

    def restart(self, shard: Shard = WHOLE) -> None:
        """A new process on the same state."""
        self.scheduler = Scheduler(self.clock)
        self.directory = Directory(self.state)
        self.follower = FollowHub(
            hub=self.hub,
            state=self.state,
            directory=self.directory,
            scheduler=self.scheduler,
            due=DueBook(),
            clock=self.clock,
            pace=Pace(minimum=SWEEP, maximum=SWEEP),
            interval=timedelta(seconds=15),
            refresh_every=SWEEP,
            prepare_destinations=self.prepare_destinations,
            shard=shard,
        )

    async def prepare_destinations(self) -> None:
        self.prepared.append(len(self.directory))

    async def woken(self) -> list[str]:
        """Tenants that are due now, in their order; each pass ends at once."""
        self.scheduler.close_when_idle()
        found = []
        while (tenant := await self.scheduler.next_due()) is not None:
            found.append(tenant)
            self.scheduler.finished(tenant)
        return sorted(found)


async def started() -> Bench:
    """A bench whose dossiers were all listed once, and are idle."""
    bench = Bench()
    await bench.follower.catch_up()
    await bench.woken()
    bench.restart()
    await bench.directory.load({"memory": bench.hub})
    return bench


async def test_every_dossier_is_listed_when_it_is_first_seen() -> None:
    bench = Bench()

    await bench.follower.catch_up()

    assert await bench.woken() == ["memory/d1", "memory/d2", "memory/d3"]


async def test_destinations_are_opened_before_the_dossiers_that_lead_to_them_are_listed() -> None:
    bench = Bench()

    await bench.follower.catch_up()

    assert bench.prepared == [3]


async def test_idle_dossiers_of_a_feed_are_not_listed_again() -> None:
    bench = await started()

    await bench.follower.catch_up()

    assert await bench.woken() == []


async def test_the_feed_wakes_the_dossiers_with_news_and_no_others() -> None:
    bench = await started()
    bench.hub.add("d2", "doc", b"x")

    await bench.follower.catch_up()

    assert await bench.woken() == ["memory/d2"]


async def test_a_kill_after_the_feed_was_read_forgets_no_dossier() -> None:
    bench = await started()
    bench.hub.add("d2", "doc", b"x")
    await bench.follower.catch_up()
    bench.restart()
    await bench.directory.load({"memory": bench.hub})

    await bench.follower.catch_up()

    assert await bench.woken() == ["memory/d2"]


async def test_without_a_feed_every_dossier_is_listed() -> None:
    bench = Bench(has_change_feed=False)
    await bench.follower.catch_up()
    await bench.woken()
    bench.restart()

    await bench.follower.catch_up()

    assert len(await bench.woken()) == 3


async def test_a_dossier_that_is_linked_later_is_listed_at_once() -> None:
    bench = await started()
    bench.hub.put_dossier(dossier(4))

    await bench.follower.catch_up()

    assert await bench.woken() == ["memory/d4"]


async def test_a_dossier_that_is_not_shared_any_more_is_left_alone() -> None:
    bench = await started()
    bench.hub.put_dossier(replace(dossier(2), shares_documents=False))
    bench.hub.add("d2", "doc", b"x")

    await bench.follower.catch_up()

    assert await bench.woken() == []


async def test_what_another_process_asked_for_is_woken_at_the_next_turn() -> None:
    bench = await started()
    await bench.follower.catch_up()
    await bench.state.mark_due("memory", ["d3"])

    await bench.follower.turn()

    assert await bench.woken() == ["memory/d3"]


async def test_a_hub_that_is_down_is_told_to_the_caller() -> None:
    bench = Bench()
    bench.hub.script.fail(Operation.TENANTS, HubUnavailable("The hub is down."))

    with pytest.raises(HubUnavailable):
        await bench.follower.catch_up()


async def test_an_event_wakes_its_dossier_and_one_for_all_reads_the_feed() -> None:
    bench = await started()
    await bench.follower.catch_up()
    bench.hub.add("d2", "doc", b"x")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.follower.listen)
        await anyio.wait_all_tasks_blocked()
        await bench.hub.close()

    assert await bench.woken() == ["memory/d2"]


async def test_the_poller_looks_again_after_its_interval_and_at_once_when_poked() -> None:
    bench = await started()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.follower.poll)
        await anyio.wait_all_tasks_blocked()
        first = bench.hub.script.calls[Operation.CHANGES]
        bench.follower.poke()
        await anyio.wait_all_tasks_blocked()
        poked = bench.hub.script.calls[Operation.CHANGES]
        await bench.clock.advance(15)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()

    assert poked == first + 1
    assert bench.hub.script.calls[Operation.CHANGES] == poked + 1


async def test_other_channels_are_linked_anew_when_the_offices_own_dossiers_change() -> None:
    bench = Bench()
    client = Dossier("bank", "client", "ENTERPRISE 1", accounting_file_id="001")
    bank = MemoryHub("bank", dossiers=[client], capabilities=NO_FEED)
    bench.directory.links = DossierLinks(frozenset({"bank"}))
    follower = replace(bench.follower, hub=bank)

    await bench.follower.turn()
    await follower.turn()
    first = bench.directory.get("bank", "client")
    bench.hub.put_dossier(replace(dossier(1), accounting_file_id="001"))
    await bench.follower.turn()
    await bench.clock.advance(60)
    await follower.turn()
    second = bench.directory.get("bank", "client")
    await follower.turn()

    assert first is not None
    assert not first.is_linked
    assert second is not None
    assert (second.owner, second.package) == ("memory/d1", PACKAGE)
    assert bank.script.calls[Operation.TENANTS] == 2
    assert await bench.state.load_dossiers("bank") == [second]


@pytest.mark.parametrize(("minimum_s", "asked"), [(5, 9), (30, 5), (60, 3), (7200, 3)])
async def test_an_office_that_changes_all_the_time_has_no_hub_asked_more_often_than_it_permits(
    minimum_s: int, asked: int
) -> None:
    bench = Bench()
    capabilities = replace(NO_FEED, minimum_poll=timedelta(seconds=minimum_s))
    client = Dossier("bank", "client", "ENTERPRISE 1", accounting_file_id="001")
    bank = MemoryHub("bank", dossiers=[client], capabilities=capabilities)
    bench.directory.links = DossierLinks(frozenset({"bank"}))
    follower = replace(bench.follower, hub=bank)

    for number in range(9):  # two minutes, in steps of DOSSIERPOST_FEED_SECONDS
        bench.hub.put_dossier(replace(dossier(1), accounting_file_id=f"{number}"))
        await bench.follower.turn()
        await follower.turn()
        await bench.clock.advance(15)

    assert bank.script.calls[Operation.TENANTS] == asked


# -- several processes ------------------------------------------------------------------------
DOSSIERS = ["d1", "d2", "d3"]


def of_shard(shard: Shard) -> list[str]:
    return [f"memory/{each}" for each in DOSSIERS if shard.has(f"memory/{each}")]


async def woken_in(bench: Bench, shard: Shard) -> list[str]:
    """What a process wakes that starts now and has this shard."""
    bench.restart(shard)
    await bench.directory.load({"memory": bench.hub})
    await bench.follower.catch_up()
    return await bench.woken()


@pytest.mark.parametrize("number", [1, 2])
async def test_a_process_lists_the_dossiers_of_its_shard_and_no_others(number: int) -> None:
    shard = Shard(number, 2)

    assert await woken_in(Bench(), shard) == of_shard(shard)


async def test_the_feed_that_one_process_has_read_still_wakes_the_dossiers_of_another() -> None:
    bench = await started()
    shards = [Shard(1, 2), Shard(2, 2)]
    for shard in shards:
        await woken_in(bench, shard)
    for each in DOSSIERS:
        bench.hub.add(each, "doc", b"x")

    assert [await woken_in(bench, shard) for shard in shards] == [*map(of_shard, shards)]


@pytest.mark.parametrize(
    "history",
    [
        [WHOLE, Shard(1, 2), WHOLE],
        [Shard(1, 2), Shard(2, 2), WHOLE, Shard(1, 2), Shard(2, 2)],
        [Shard(1, 2), Shard(1, 3), Shard(2, 3), Shard(3, 3)],
    ],
    ids=["back to one", "two, one, two", "two, three"],
)
async def test_no_news_is_missed_whatever_the_shards_were_before(history: list[Shard]) -> None:
    bench = await started()
    due: set[str] = set()

    for number, shard in enumerate(history):
        for each in DOSSIERS:
            bench.hub.add(each, f"doc {number}", b"x")
            due.add(f"memory/{each}")
        woken = await woken_in(bench, shard)

        assert set(woken) == due & set(of_shard(shard))
