"""Redeliver: the plan changes nothing, the run does what was planned and goes on after a kill."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.delivery import RowStatus
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import ConfigurationError, HubUnavailable
from pipeline.ports.hub import Forwarded, Redelivery, Relisting
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_values import RECEIVED, bring_to
from pipeline.testing.memory_hub import MEMORY_CAPABILITIES, MemoryHub
from pipeline.testing.memory_state import MemoryState
from pipeline.testing.script import Operation
from pipeline.usecases.redeliver import PlannedDossier, Redeliver, Request

PACKAGE = AccountingPackage("p", "Winbooks", {})
DOSSIERS = [Dossier("memory", each, each.upper(), package=PACKAGE) for each in ("a", "b", "c")]
REQUEST = Request(since=RECEIVED - timedelta(days=1))


class Office:
    """Three dossiers with one delivered and acknowledged document each."""

    def __init__(self, redelivery: Redelivery = MEMORY_CAPABILITIES.redelivery) -> None:
        capabilities = replace(MEMORY_CAPABILITIES, redelivery=redelivery)
        self.hub = MemoryHub(dossiers=DOSSIERS, capabilities=capabilities)
        clock = VirtualClock()
        self.state = MemoryState(clock)
        self.redeliver = Redeliver({"memory": self.hub}, self.state, clock)

    async def open(self) -> "Office":
        await self.state.save_dossiers(DOSSIERS)
        for dossier in DOSSIERS:
            ref = self.hub.add(dossier.id, "1", b"x", received_at=RECEIVED)
            await bring_to(self.state, ref.key, RowStatus.ACKED)
            await self.hub.ack([Forwarded(ref.key)])
        return self

    async def plan(self, request: Request = REQUEST) -> list[PlannedDossier]:
        return [each async for each in self.redeliver.plan(request)]

    async def run(self, request: Request = REQUEST) -> list[str]:
        plan = await self.plan(request)
        return [each.dossier async for each in self.redeliver.run(request, plan)]

    async def listed(self, dossier: Dossier) -> Sequence[DocumentKey]:
        return [ref.key for ref in (await self.hub.list(dossier, None, 10)).refs]


@pytest.fixture
async def office() -> Office:
    return await Office().open()


async def test_the_plan_tells_what_would_come_and_changes_nothing(office: Office) -> None:
    plan = await office.plan()

    assert [(each.dossier, each.listed, each.forwarded, each.failed) for each in plan] == [
        ("a", 1, 1, 0),
        ("b", 1, 1, 0),
        ("c", 1, 1, 0),
    ]
    assert [await office.listed(each) for each in DOSSIERS] == [[], [], []]
    assert await office.state.load_due("memory") == {}


async def test_documents_before_the_date_are_left_out(office: Office) -> None:
    plan = await office.plan(replace(REQUEST, since=RECEIVED + timedelta(days=1)))

    assert {(each.listed, each.forwarded) for each in plan} == {(0, 0)}
    assert await office.run(replace(REQUEST, since=RECEIVED + timedelta(days=1))) == []


async def test_the_run_asks_the_hub_and_makes_dossiers_due(office: Office) -> None:
    assert await office.run() == ["a", "b", "c"]

    assert [len(await office.listed(each)) for each in DOSSIERS] == [1, 1, 1]
    assert set(await office.state.load_due("memory")) == {"a", "b", "c"}


async def test_one_dossier_is_asked_for_alone(office: Office) -> None:
    assert await office.run(replace(REQUEST, dossier="b")) == ["b"]

    assert [len(await office.listed(each)) for each in DOSSIERS] == [0, 1, 0]


async def test_a_hub_that_is_none_of_these_is_refused(office: Office) -> None:
    with pytest.raises(ConfigurationError, match="There are: memory"):
        await office.plan(replace(REQUEST, hub="nowhere"))


async def test_a_run_that_was_ended_goes_on_where_it_was(office: Office) -> None:
    run: AsyncIterator[PlannedDossier] = office.redeliver.run(REQUEST, await office.plan())
    first = await anext(run)  # and then it is killed

    again = await office.plan()

    assert first.dossier == "a"
    assert [each.is_done for each in again] == [True, False, False]
    assert await office.run() == ["b", "c"]
    assert not any(each.is_done for each in await office.plan())


async def test_another_date_is_another_run(office: Office) -> None:
    await anext(office.redeliver.run(REQUEST, await office.plan()))

    other = await office.plan(replace(REQUEST, since=RECEIVED - timedelta(days=2)))

    assert not any(each.is_done for each in other)


async def test_a_hub_that_fails_ends_the_run_and_what_was_done_stays_done(office: Office) -> None:
    plan = await office.plan()
    office.hub.script.fail(Operation.REDELIVER, HubUnavailable("The hub is down."), subject="b")

    with pytest.raises(HubUnavailable):
        _ = [each async for each in office.redeliver.run(REQUEST, plan)]

    assert await office.run() == ["b", "c"]


async def test_a_hub_that_cannot_be_asked_is_a_problem_of_its_dossier(office: Office) -> None:
    office.hub.script.fail(Operation.REDELIVER, HubUnavailable("The hub is down."), subject="b")

    plan = await office.plan()

    assert [each.problem for each in plan] == [None, "The hub is down.", None]


@pytest.mark.parametrize("way", [Relisting.SWEPT, Relisting.BY_PROVIDER, Relisting.NEVER])
async def test_a_hub_that_cannot_list_again_says_what_to_do(way: Relisting) -> None:
    office = await Office(Redelivery(way, hint="Ask them.")).open()

    plan = await office.plan()

    assert {(each.listed, each.hint, each.forwarded) for each in plan} == {(None, "Ask them.", 1)}
    assert await office.run() == []


async def test_what_is_forwarded_is_wanted_once_more_as_a_document_of_its_own(
    office: Office,
) -> None:
    request = replace(REQUEST, again=True)

    await office.run(request)
    await office.run(request)

    [wanted] = (await office.state.survey("memory", "a", ())).wanted
    assert wanted.key.document_id == "1"
    assert wanted.key.hub_version == "1"
    assert wanted.key.version != "1"
    assert wanted.is_released
    row = await office.state.row(wanted.key)
    assert row is not None
    assert row.is_reported
    assert [each.forwarded for each in await office.plan(request)] == [1, 1, 1]


async def test_a_hub_that_keeps_nothing_is_asked_for_nothing_once_more() -> None:
    office = await Office(Redelivery()).open()

    assert await office.run(replace(REQUEST, again=True)) == []
