"""Lists that shrink, shift, starve, or are too large to be read at once."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.connectors.answers import AnswerTooLarge
from pipeline.connectors.hubs.queue import asking
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import TransientError
from pipeline.ports.hub import Forwarded, Relisting
from pipeline.testing.emulators.queue import Asked, Fault, Reply
from pipeline.testing.script import Operation
from tests.unit.connectors.queue.desk import COMPANY, OTHER, Desk, desk_of


def receive(desk: Desk, count: int, *, size: int = 10, company: str = COMPANY) -> None:
    for number in range(count):
        desk.emulator.receive(company, f"{company}-{number}", b"<Invoice/>".ljust(size))


async def everything(desk: Desk, *, acknowledges: bool = False, limit: int = 50) -> list[str]:
    dossier, cursor, found = await desk.dossier(), None, list[str]()
    while True:
        page = await desk.hub.list(dossier, cursor, limit)
        found += [ref.key.document_id for ref in page.refs]
        if acknowledges:
            await desk.hub.ack([Forwarded(ref.key) for ref in page.refs])
        cursor = page.cursor
        if cursor is None:
            return found


def sizes(desk: Desk, name: str) -> list[int]:
    """What was asked for, list by list."""
    return [int(asked.query[name]) for _, asked in desk.emulator.asked if name in asked.query]


async def test_a_list_of_first_documents_is_asked_for_no_more_than_is_left_and_a_page() -> None:
    desk = desk_of("letspeppol")
    receive(desk, 350)

    assert len(await everything(desk, acknowledges=True)) == 350
    assert sizes(desk, "size") == [100, 100, 100, 100]


async def test_a_list_of_first_documents_grows_while_nothing_is_acknowledged() -> None:
    desk = desk_of("letspeppol")
    receive(desk, 350)

    assert len(set(await everything(desk))) == 350
    assert sizes(desk, "size") == [100, 200, 300, 400]


async def test_documents_of_others_do_not_hide_ours() -> None:
    desk = desk_of("letspeppol")
    receive(desk, 1)
    receive(desk, 250, company=OTHER)
    for number in range(250):
        desk.emulator.receive(COMPANY, f"sent-{number}", b"<I/>", is_incoming=False)

    assert len(await everything(desk)) == 1


async def test_a_list_with_bodies_that_is_too_large_is_asked_for_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "LARGEST_LIST", 50_000)
    desk = desk_of("letspeppol")
    receive(desk, 60, size=2000)

    assert len(await everything(desk, acknowledges=True)) == 60
    assert min(sizes(desk, "size")) == 12


async def test_what_is_too_large_behind_given_documents_waits_for_the_next_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "LARGEST_LIST", 50_000)
    desk = desk_of("letspeppol")
    receive(desk, 60, size=2000)

    first = await everything(desk)
    await desk.hub.ack([Forwarded(DocumentKey("letspeppol", COMPANY, each)) for each in first])
    second = await everything(desk)

    assert first
    assert second
    assert not set(first) & set(second)


async def test_pages_that_are_too_large_are_asked_for_in_smaller_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking, "LARGEST_LIST", 50_000)
    desk = desk_of("peppyrus")
    receive(desk, 60, size=2000)

    assert len(await everything(desk)) == 60
    assert sizes(desk, "perPage")[:4] == [100, 50, 25, 12]


@pytest.mark.parametrize("name", ["peppyrus", "letspeppol"])
async def test_one_document_that_is_too_large_to_be_listed_is_told(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LARGEST_LIST", 100)
    desk = desk_of(name)
    receive(desk, 3, size=2000)

    with pytest.raises(AnswerTooLarge):
        await everything(desk)


@pytest.mark.parametrize(
    "twist",
    [
        lambda page: page | {"meta": {}},
        lambda page: page | {"meta": {"pages": 1000}},
        lambda page: page | {"items": page["items"] * 2},
        lambda page: page | {"items": page["items"] or None},
    ],
    ids=["no number of pages", "too many pages", "items twice", "null instead of nothing"],
)
async def test_pages_end_whatever_the_hub_says_of_them(
    twist: Callable[[dict[str, object]], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of("peppyrus")
    receive(desk, 230)
    answer = desk.emulator.answer

    def twisted(asked: Asked) -> Reply:
        reply = answer(asked)
        if "list" not in asked.path:
            return reply
        return replace(reply, body=json.dumps(twist(json.loads(reply.body))).encode())

    monkeypatch.setattr(desk.emulator, "answer", twisted)

    assert len(await everything(desk)) == 230
    assert len(sizes(desk, "perPage")) <= 4


async def test_a_listing_that_was_forgotten_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.connectors.hubs.queue.listing._LISTINGS", 1)
    desk = desk_of("scrada")
    receive(desk, 3)
    receive(desk, 3, company=OTHER)
    ours, others = await desk.dossier(), await desk.dossier(OTHER)

    first = await desk.hub.list(ours, None, 2)
    await desk.hub.list(others, None, 2)
    again = await desk.hub.list(ours, first.cursor, 2)

    assert again.refs == first.refs


async def test_a_document_that_vanishes_before_it_is_described_is_left_out() -> None:
    desk = desk_of("euroconnector")
    receive(desk, 3)
    answer = desk.emulator.answer

    def forgetful(asked: Asked) -> Reply:
        reply = answer(asked)
        if asked.path[-1] == "received-list":
            del desk.emulator.documents[f"{COMPANY}-1"]
        return reply

    desk.emulator.answer = forgetful  # type: ignore[method-assign]

    assert sorted(await everything(desk)) == [f"{COMPANY}-0", f"{COMPANY}-2"]


async def test_a_fault_while_describing_ends_the_listing_and_what_was_learnt_stays() -> None:
    desk = desk_of("euroconnector")
    receive(desk, 100)
    desk.emulator.faults[Operation.TENANTS] += [Fault.SERVER_ERROR] * 3

    with pytest.raises(TransientError):
        await everything(desk)
    assert len(await everything(desk)) == 100

    described = [each for each in desk.paths("GET") if each.count("/") == 4]
    assert len(described) == 100 + 3 + 2  # the list, twice, has a path of the same depth


async def test_items_without_an_id_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of("scrada")
    body = b'{"results":[{"id":null},{"id":7},5,{"id":"8"}],"__count":4}'
    monkeypatch.setattr(desk.emulator, "answer", lambda _asked: Reply(body=body))

    page = await desk.hub.list(Dossier("scrada", COMPANY, ""), None, 10)

    assert [ref.key.document_id for ref in page.refs] == ["7", "8"]


async def test_redelivery_takes_all_ids_before_it_puts_the_first_back() -> None:
    desk = desk_of("recommand")
    receive(desk, 450)
    keys = await everything(desk, acknowledges=True)
    since = desk.clock.now() - timedelta(days=1)

    assert await desk.hub.redeliver(await desk.dossier(), since) == 450
    assert sorted(await everything(desk)) == sorted(keys)
    assert await desk.hub.redeliver(None, since) == 0


async def test_what_is_gone_when_it_is_put_back_is_not_counted() -> None:
    desk = desk_of("recommand")
    receive(desk, 3)
    await everything(desk, acknowledges=True)
    answer = desk.emulator.answer

    def forgetful(asked: Asked) -> Reply:
        reply = answer(asked)
        if asked.path[-1] == "documents":
            desk.emulator.documents.pop(f"{COMPANY}-1", None)
        return reply

    desk.emulator.answer = forgetful  # type: ignore[method-assign]

    assert await desk.hub.redeliver(None, desk.clock.now() - timedelta(days=1)) == 2


async def test_an_item_that_does_not_say_its_direction_is_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = desk_of("peppyrus")
    items = [{"id": "1", "recipient": COMPANY}, {"id": "2", "direction": "OUT"}]
    reply = Reply(body=json.dumps({"items": items, "meta": {"pages": 1}}).encode())
    monkeypatch.setattr(desk.emulator, "answer", lambda _asked: reply)

    assert await everything(desk) == ["1"]


async def test_hubs_that_cannot_redeliver_say_so() -> None:
    desk = desk_of("scrada")

    assert desk.hub.capabilities.redelivery.way is Relisting.NEVER
    assert "Scrada" in desk.hub.capabilities.redelivery.hint
    assert await desk.hub.redeliver(None, desk.clock.now()) == 0
