"""Article A: the sync service, seen by the accountant."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.domain.delivery import DocumentRow, RowStatus, VisibleStatus
from pipeline.domain.documents import DocumentKind, Location
from pipeline.hub.wire import Failure
from tests.acceptance.office import (
    AccountantsOffice,
    customer,
    document_of,
    documents_for,
    winbooks,
)


async def test_a1_fetches_customers_invoices_and_places_them_where_chosen(
    office: AccountantsOffice,
) -> None:
    """The service fetches your customers' invoices and places them at a location of your choice."""
    baker = customer(1)
    await office.link(winbooks(), baker)
    invoice = document_of(baker, DocumentKind.PURCHASE_INVOICE)
    await office.receive(invoice)
    (office.books / "winbooks").mkdir()

    result = await office.sync()

    assert (result.listed, result.forwarded, result.errors) == (1, 1, 0)
    assert office.folders() == {"winbooks/D001/purchase"}
    assert list(office.placed().values()) == [invoice.body]


async def test_a2_one_folder_for_each_customer(office: AccountantsOffice) -> None:
    """The access path through which the accounting software will fetch and import the invoices."""
    customers = [customer(number) for number in range(1, 4)]
    await office.link(winbooks(), *customers)
    for each in customers:
        await office.receive(document_of(each, DocumentKind.SALES_INVOICE))
    (office.books / "winbooks").mkdir()

    await office.sync()

    assert office.folders() == {f"winbooks/D00{number}/sales" for number in range(1, 4)}


async def test_a6_to_fetch_becomes_forwarded_which_is_final(office: AccountantsOffice) -> None:
    """Forwarded: the server recovered the invoices. The status Forwarded is the final status."""
    baker = customer(1)
    await office.link(winbooks(), baker)
    await office.receive(*documents_for(baker, 12))
    (office.books / "winbooks").mkdir()
    await office.sync()
    placed = office.placed()

    again = await office.sync()

    assert again.listed == 0
    assert office.placed() == placed
    assert {row.visible_status for row in await office.rows()} == {VisibleStatus.FORWARDED}


async def test_a6_what_was_imported_and_deleted_is_not_placed_again(
    office: AccountantsOffice,
) -> None:
    """The accounting software picks a file up and deletes it; that is not a missing file."""
    baker = customer(1)
    await office.link(winbooks(), baker)
    await office.receive(document_of(baker, DocumentKind.PURCHASE_INVOICE))
    (office.books / "winbooks").mkdir()
    await office.sync()
    for path in office.placed():
        (office.books / path).unlink()

    await office.sync()

    assert office.placed() == {}


async def test_a6_error_says_that_the_server_tried_and_failed_and_why(
    office: AccountantsOffice,
) -> None:
    """Error: the server tried to recover the documents but failed. The others are delivered."""
    baker = customer(1)
    await office.link(winbooks(), baker)
    good = document_of(baker, DocumentKind.PURCHASE_INVOICE)
    broken = document_of(baker, DocumentKind.SALES_INVOICE)
    await office.receive(good, replace(broken, body=broken.body[:-200]))
    (office.books / "winbooks").mkdir()

    result = await office.sync()

    rows = {row.key.document_id: row for row in await office.rows()}
    assert (result.forwarded, result.errors) == (1, 1)
    assert rows[broken.id].visible_status is VisibleStatus.ERROR
    assert rows[broken.id].rule == "xml-syntax"
    assert "Ask the hub for the document again" in (rows[broken.id].reason or "")
    assert kept_bytes(rows[broken.id]) == broken.body[:-200]


def kept_bytes(row: DocumentRow) -> bytes:
    assert row.quarantine is not None
    return Path(row.quarantine).read_bytes()


async def test_a6_a_document_that_is_error_can_be_tried_again(office: AccountantsOffice) -> None:
    """After the sender corrected it, a person asks for it again."""
    baker = customer(1)
    await office.link(winbooks({}), baker)
    invoice = document_of(baker, DocumentKind.PURCHASE_INVOICE)
    await office.receive(invoice)
    await office.sync()
    (row,) = await office.rows()
    assert row.rule == "location"
    assert "has no location for purchase invoices" in (row.reason or "")
    (office.books / "winbooks").mkdir()
    await office.link(winbooks(), baker)

    async with office.installed() as installation:
        await installation.state.want([row.key])
    result = await office.sync()

    assert result.forwarded == 1
    assert list(office.placed().values()) == [invoice.body]


async def test_a9_a_document_is_visible_whole_as_soon_as_it_is_there(
    office: AccountantsOffice,
) -> None:
    """Invoices are available in the file manager, ready to be processed."""
    baker = customer(1)
    await office.link(winbooks(), baker)
    documents = list(documents_for(baker, 30))
    await office.receive(*documents)
    (office.books / "winbooks").mkdir()

    await office.sync()

    assert sorted(office.placed().values()) == sorted(each.body for each in documents)
    assert all(".part" not in path for path in office.placed())


async def test_a_missing_folder_is_told_with_what_to_do_and_nothing_is_lost(
    office: AccountantsOffice, tmp_path: Path
) -> None:
    """What the accountant sees when a folder is missing, and that creating it is enough."""
    gone = tmp_path / "elsewhere"
    baker = customer(1)
    location = str(gone / "[accounting_file_id]")
    await office.link(winbooks({Location.PURCHASE_INVOICES: location}), baker)
    invoice = document_of(baker, DocumentKind.PURCHASE_INVOICE)
    await office.receive(invoice)

    result = await office.sync()

    assert (result.forwarded, result.errors) == (0, 0)
    (problem,) = result.problems.values()
    assert str(gone) in problem
    assert "does not exist" in problem
    gone.mkdir()
    assert (await office.sync()).forwarded == 1
    assert [path.read_bytes() for path in (gone / "D001").iterdir()] == [invoice.body]


async def test_folders_below_the_root_of_this_server_are_made_at_first_use(
    office: AccountantsOffice,
) -> None:
    """You can also define a new location."""
    baker = customer(1)
    fixed = {Location.PURCHASE_INVOICES: "in/purchase"}
    await office.link(winbooks(fixed), baker)
    await office.receive(document_of(baker, DocumentKind.PURCHASE_INVOICE))

    await office.sync()

    assert office.folders() == {"in/purchase"}


async def test_a_root_that_went_missing_is_not_taken_for_a_new_one(
    office: AccountantsOffice,
) -> None:
    """A volume that is not mounted looks like an empty folder: nothing is delivered beside it."""
    baker = customer(1)
    await office.link(winbooks(), baker)
    await office.receive(document_of(baker, DocumentKind.PURCHASE_INVOICE))
    await office.sync()
    office.books.rename(office.folder / "unmounted")
    office.books.mkdir()
    await office.receive(document_of(baker, DocumentKind.PURCHASE_INVOICE, seed=8))

    result = await office.sync()

    assert result.forwarded == 0
    assert "does not exist" in result.problems["native/customer-1"]
    assert office.placed() == {}


async def test_a_dossier_with_a_missing_folder_does_not_hold_up_the_others(
    office: AccountantsOffice, tmp_path: Path
) -> None:
    baker, butcher = customer(1), customer(2, package="elsewhere")
    await office.link(winbooks(), baker)
    elsewhere = {Location.PURCHASE_INVOICES: str(tmp_path / "gone" / "[accounting_file_id]")}
    package = winbooks(elsewhere)
    await office.hub.seed(
        packages=[type(package)(id="elsewhere", name="Elsewhere", locations=package.locations)],
        dossiers=[butcher],
    )
    await office.receive(
        document_of(baker, DocumentKind.PURCHASE_INVOICE),
        document_of(butcher, DocumentKind.PURCHASE_INVOICE),
    )
    (office.books / "winbooks").mkdir()

    result = await office.sync()

    assert result.forwarded == 1
    assert list(result.problems) == ["native/customer-2"]
    assert office.folders() == {"winbooks/D001/purchase"}


@pytest.mark.parametrize("mode", ["server_error", "reset", "truncated", "lost_reply"])
async def test_a_hub_in_trouble_loses_and_repeats_nothing(
    office: AccountantsOffice, mode: str
) -> None:
    baker = customer(1)
    await office.link(winbooks(), baker)
    documents = list(documents_for(baker, 8))
    await office.receive(*documents)
    (office.books / "winbooks").mkdir()
    operations = ["setStatuses"] if mode == "lost_reply" else ["getContent"]
    office.hub.fail(Failure(mode, operations, count=2))  # type: ignore[arg-type]

    await office.sync()
    office.hub.fail()
    await office.sync()

    assert sorted(office.placed().values()) == sorted(each.body for each in documents)
    assert {row.status for row in await office.rows()} == {RowStatus.ACKED}


class Killed(BaseException):
    """The end of the process, as far as the pipeline can tell."""


async def test_what_was_begun_where_no_location_leads_any_more_is_finished(
    office: AccountantsOffice,
) -> None:
    """A kill, then another location: the document begun under the old one is not forgotten."""
    baker = customer(1)
    await office.link(winbooks(), baker)
    await office.receive(document_of(baker, DocumentKind.PURCHASE_INVOICE))

    def stop_before_the_move(name: str, /) -> None:
        if name == "intended":
            raise Killed

    with pytest.raises(Killed):
        await office.sync(faultpoint=stop_before_the_move)
    await office.link(winbooks({Location.PURCHASE_INVOICES: "other/[accounting_file_id]"}), baker)

    await office.sync()

    assert office.folders() == {"winbooks/D001/purchase"}
    assert {row.status for row in await office.rows()} == {RowStatus.ACKED}
