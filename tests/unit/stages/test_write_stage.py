"""Write: a batch takes two hops and two commits, and a surprise stops only what it concerns."""

import errno
from collections.abc import Callable

import pytest

from pipeline.domain.delivery import Delivery, Evidence, RowStatus
from pipeline.domain.errors import (
    DestinationUnavailable,
    DocumentHeld,
    DocumentRejected,
    LocationUnusable,
)
from pipeline.stages.write.batch import BUSY_FOR_S
from tests.unit.stages.desk import INBOX, STAGING, Desk, item, name_of


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.recover()
    return desk


# -- the usual batch -----------------------------------------------------------------------------
async def test_a_batch_costs_two_hops_and_two_commits(desk: Desk) -> None:
    await desk.deliver(item(100))
    desk.counted.calls.clear()
    desk.hops = 0

    await desk.deliver(*map(item, range(64)))

    assert desk.hops == 2
    assert dict(desk.counted.calls) == {"intend": 1, "delivered": 1}
    assert len(desk.files()) == 65
    assert desk.tokens() == []


async def test_the_steps_come_in_the_order_of_the_protocol(desk: Desk) -> None:
    await desk.deliver(item(1))

    assert desk.faultpoints == [
        "reserved",
        "staged",
        "staging_flushed",
        "logged",
        "intended",
        "renamed",
        "flushed",
        "delivered",
    ]


async def test_a_delivery_says_how_it_is_known_and_what_the_hub_calls_it(desk: Desk) -> None:
    [delivery] = await desk.deliver(item(7))

    assert delivery == Delivery(item(7).key, f"{INBOX}/{name_of(7)}", Evidence.MOVED, "7")
    assert (await desk.row(7)).status is RowStatus.DELIVERED


# -- documents that were here before -------------------------------------------------------------
async def test_a_delivered_document_is_not_delivered_again(desk: Desk) -> None:
    [first] = await desk.deliver(item(1))
    desk.remove(INBOX, name_of(1))

    [again] = await desk.deliver(item(1))

    assert again == first
    assert desk.files() == {}
    assert desk.tokens() == []


async def test_a_document_twice_in_a_batch_is_delivered_once(desk: Desk) -> None:
    one, other = await desk.deliver(item(1), item(1))

    assert one == other
    assert list(desk.files()) == [name_of(1)]


async def test_the_same_content_under_another_id_is_held(desk: Desk) -> None:
    await desk.deliver(item(1, body=b"same"))

    [held] = await desk.write([item(2, body=b"same")])

    assert isinstance(held, DocumentHeld)
    assert held.rule == "duplicate"
    assert "document-1" in str(held)
    assert name_of(1) in str(held)
    assert list(desk.files()) == [name_of(1)]
    assert desk.tokens() == []


async def test_another_version_of_a_delivered_document_is_held(desk: Desk) -> None:
    await desk.deliver(item(1))

    [held] = await desk.write([item(1, body=b"corrected", version="2")])

    assert isinstance(held, DocumentHeld)
    assert held.rule == "changed"
    assert "document-1" in str(held)


async def test_a_released_version_is_placed_beside_the_old_one(desk: Desk) -> None:
    await desk.deliver(item(1))

    [delivery] = await desk.deliver(item(1, body=b"corrected", version="2", is_released=True))

    assert delivery.path == f"{INBOX}/{name_of(1, suffix='_2')}"
    assert desk.files() == {name_of(1): b"body 1", name_of(1, suffix="_2"): b"corrected"}


# -- names ---------------------------------------------------------------------------------------
async def test_a_file_of_somebody_else_is_never_replaced(desk: Desk) -> None:
    desk.put(INBOX, name_of(1), b"theirs")

    [delivery] = await desk.deliver(item(1))

    assert delivery.path == f"{INBOX}/{name_of(1, suffix='_2')}"
    assert desk.files()[name_of(1)] == b"theirs"
    assert (await desk.row(1)).path == delivery.path


async def test_a_name_that_differs_in_case_alone_is_another_name(desk: Desk) -> None:
    await desk.deliver(item(1))
    row = await desk.row(1)

    assert row.files[0].name_key == row.files[0].name_key.casefold()


async def test_an_attachment_goes_with_its_document_to_the_next_name(desk: Desk) -> None:
    desk.configure(extracts_embedded_pdf=True)
    desk.put(INBOX, name_of(1), b"theirs")

    await desk.deliver(item(1, pdf=b"%PDF"))

    assert desk.files() == {
        name_of(1): b"theirs",
        name_of(1, suffix="_2", extension=".pdf"): b"%PDF",
        name_of(1, suffix="_2"): b"body 1",
    }


async def test_the_same_file_already_there_counts_as_delivered(desk: Desk) -> None:
    desk.put(INBOX, name_of(1), b"body 1")

    [delivery] = await desk.deliver(item(1))

    assert delivery.evidence is Evidence.SAME_CONTENT
    assert desk.files() == {name_of(1): b"body 1"}


async def test_when_no_name_is_left_the_document_is_error(desk: Desk) -> None:
    for number in range(1, 101):
        desk.put(INBOX, name_of(1, suffix="" if number == 1 else f"_{number}"), b"theirs")

    [result] = await desk.write([item(1)])

    assert isinstance(result, DocumentRejected)
    assert result.rule == "name"
    assert desk.tokens() == []
    assert await desk.memory.row(item(1).key) is None


# -- folders -------------------------------------------------------------------------------------
async def test_a_location_that_does_not_exist_pauses_its_dossier(desk: Desk) -> None:
    locations = {item(1).document.ref.kind.location: "/data/missing/[accounting_file_id]"}
    desk.configure(locations=locations)

    [result] = await desk.write([item(1)])

    assert isinstance(result, LocationUnusable)
    assert str(result) == (
        "Folder /data/missing/F1 does not exist. Create it, or change the location of purchase"
        " invoices in accounting package Winbooks."
    )


async def test_a_folder_that_refuses_writing_names_the_account(desk: Desk) -> None:
    desk.volume.make_folders(INBOX).is_writable = False

    refused, other = await desk.write([item(1), item(2, dossier_id="d2")])

    assert isinstance(refused, LocationUnusable)
    assert "dossierpost" in str(refused)
    assert isinstance(other, Delivery)


async def test_a_folder_that_may_not_be_made_names_the_account(desk: Desk) -> None:
    desk.volume.make_folders("/data/F1").is_writable = False

    [refused] = await desk.write([item(1)])

    assert isinstance(refused, LocationUnusable)
    assert "Give account dossierpost the right" in str(refused)


async def test_a_root_that_is_gone_is_waited_for(desk: Desk) -> None:
    """Unmounted, not misconfigured: no dossier is paused for it."""
    await desk.deliver(item(1))
    desk.volume.top.entries["elsewhere"] = desk.volume.top.entries.pop("data")

    [result] = await desk.write([item(2)])

    assert isinstance(result, DestinationUnavailable)


async def test_a_folder_removed_before_the_move_costs_only_its_documents(desk: Desk) -> None:
    await desk.deliver(item(1), item(2, dossier_id="d2"))

    def remove_folder(step: str) -> None:
        if step == "intended":
            desk.remove("/data/F1", "in")

    desk.on_faultpoint = remove_folder

    gone, other = await desk.write([item(3), item(4, dossier_id="d2")])

    assert isinstance(gone, LocationUnusable)
    assert "does not exist" in str(gone)
    assert isinstance(other, Delivery)
    assert desk.tokens() == []
    assert await desk.memory.row(item(3).key) is None


# -- others at work ------------------------------------------------------------------------------
def scanner(desk: Desk, times: int) -> Callable[[str, str], None]:
    """Removes the token just before its move, so many times."""
    left = [times]

    def scan(call: str, _name: str) -> None:
        if call == "rename" and left[0] and desk.tokens():
            left[0] -= 1
            desk.remove(STAGING, desk.tokens()[0])

    return scan


async def test_a_token_that_a_scanner_took_is_staged_again(desk: Desk) -> None:
    desk.on_step = scanner(desk, times=3)

    [delivery] = await desk.deliver(item(1))

    assert delivery.evidence is Evidence.MOVED
    assert desk.files() == {name_of(1): b"body 1"}


async def test_a_scanner_that_never_stops_makes_the_document_error(desk: Desk) -> None:
    desk.on_step = scanner(desk, times=4)

    [result] = await desk.write([item(1)])

    assert isinstance(result, DocumentRejected)
    assert result.rule == "vanished"
    assert "virus scanner" in str(result)
    assert await desk.memory.row(item(1).key) is None


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EBUSY])
async def test_a_file_that_somebody_holds_is_tried_again(desk: Desk, number: int) -> None:
    desk.fail("rename", number, times=5, name=name_of(1))

    held, other = await desk.deliver(item(1), item(2))

    assert held.evidence is other.evidence is Evidence.MOVED
    assert 0.01 <= desk.clock.monotonic() < 1


async def test_the_others_are_forwarded_before_anybody_waits(desk: Desk) -> None:
    desk.fail("rename", errno.EBUSY, times=1, name=name_of(1))

    await desk.deliver(item(1), item(2))

    assert desk.counted.calls["delivered"] == 2


async def test_after_a_minute_the_dossier_is_paused_and_the_token_is_gone(desk: Desk) -> None:
    desk.fail("rename", errno.EBUSY, times=10_000, name=name_of(1))

    [result] = await desk.write([item(1)])

    assert isinstance(result, LocationUnusable)
    assert "for a minute" in str(result)
    assert desk.clock.monotonic() == pytest.approx(BUSY_FOR_S, abs=2)
    assert desk.tokens() == []
    assert await desk.memory.row(item(1).key) is None
