"""Write: what a client has already, by whatever channel, is placed once and the other one held."""

from dataclasses import replace
from typing import Any

import pytest
from anyio import create_task_group

from pipeline.domain.delivery import Delivery, RowStatus
from pipeline.domain.documents import AccountStatement, CheckedDocument, DocumentKind, KeyData
from pipeline.domain.errors import DocumentHeld
from pipeline.stages.reject import Reject
from pipeline.testing.contracts.state_statements import statement
from pipeline.testing.memory_hub import MemoryHub
from tests.unit.stages.bench import MemoryQuarantine
from tests.unit.stages.desk import INBOX, Desk, dossier, item, name_of

INVOICE = KeyData(
    supplier_name="Baker",
    supplier_id="BE0428759497",
    number="2026-17",
    issue_date="2026-03-01",
    type_code="380",
)
PEPPOL = "p1"


class Failed:
    """What the line hands to `Reject`."""

    def __init__(self, document: CheckedDocument, error: DocumentHeld) -> None:
        self.item = document
        self.error = error


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    own = dossier(1)
    channel = replace(own, hub="peppol", id=PEPPOL, linked_to=own.tenant)
    desk.dossiers[PEPPOL] = channel
    await desk.memory.save_dossiers([own, channel])
    await desk.recover()
    return desk


def by_peppol(number: int, **given: Any) -> CheckedDocument:
    """A document that comes to the client of dossier d1 by its other channel."""
    document = item(number, dossier_id=PEPPOL, **given)
    ref = document.document.ref
    ref = replace(ref, key=ref.key._replace(hub="peppol"))
    return replace(document, document=replace(document.document, ref=ref))


def with_statements(document: CheckedDocument, *these: AccountStatement) -> CheckedDocument:
    return replace(document, report=replace(document.report, statements=these))


async def held(desk: Desk, document: CheckedDocument) -> DocumentHeld:
    """Why a document is held; recorded as the line does."""
    [error] = await desk.write([document])
    assert isinstance(error, DocumentHeld)
    assert error.rule == "duplicate"
    hubs = {"hub": MemoryHub("hub"), "peppol": MemoryHub("peppol")}
    await Reject(hubs, desk.state, MemoryQuarantine())([Failed(document, error)])
    return error


async def test_the_same_bytes_by_another_hub_are_held_and_it_says_where_the_first_lies(
    desk: Desk,
) -> None:
    await desk.deliver(item(1, body=b"same"))

    error = await held(desk, by_peppol(2, body=b"same"))

    assert str(error) == (
        "Document document-2 (2026-2) has the same content as document document-1 of hub hub,"
        f" placed as {INBOX}/{name_of(1)} on 2026-01-01. Release it only if it must be booked"
        " twice."
    )
    assert error.repeats == item(1).key
    assert [*desk.files()] == [name_of(1)]
    assert desk.tokens() == []


async def test_the_same_invoice_in_other_bytes_is_held(desk: Desk) -> None:
    await desk.deliver(item(1, key_data=INVOICE))
    written_otherwise = replace(INVOICE, supplier_id="0208:0428759497")

    error = await held(desk, by_peppol(2, key_data=written_otherwise))

    assert "has the supplier, number, date and type of document document-1 of hub hub" in str(error)


async def test_a_file_with_a_bank_statement_that_is_placed_is_held(desk: Desk) -> None:
    locations = {DocumentKind.BANK_STATEMENT.location: "/data/[accounting_file_id]/in"}
    desk.configure(locations=locations)
    bank = DocumentKind.BANK_STATEMENT
    await desk.deliver(with_statements(item(1, kind=bank), statement(40), statement(41)))

    error = await held(desk, with_statements(by_peppol(2, kind=bank), statement(41)))

    assert "has a bank statement that is in document document-1 of hub hub" in str(error)


async def test_the_dossier_that_wants_everything_gets_everything(desk: Desk) -> None:
    desk.configure(delivers_duplicates=True)

    await desk.deliver(item(1, body=b"same"), by_peppol(2, body=b"same"))

    assert sorted(desk.files().values()) == [b"same", b"same"]


async def test_a_released_duplicate_is_delivered(desk: Desk) -> None:
    await desk.deliver(item(1, body=b"same"))
    await held(desk, by_peppol(2, body=b"same"))

    await desk.deliver(by_peppol(2, body=b"same", is_released=True))

    assert len(desk.files()) == 2


async def test_of_two_batches_at_the_same_moment_one_delivers_and_one_holds(desk: Desk) -> None:
    results: list[object] = []

    async def write(document: CheckedDocument) -> None:
        results.extend(await desk.write([document]))

    async with create_task_group() as tasks:
        tasks.start_soon(write, item(1, key_data=INVOICE))
        tasks.start_soon(write, by_peppol(2, key_data=INVOICE))

    assert {type(each) for each in results} == {Delivery, DocumentHeld}
    assert len(desk.files()) == 1


@pytest.mark.parametrize("point", ["logged", "intended", "renamed", "flushed", "delivered"])
async def test_a_kill_after_the_log_line_leaves_one_placed_and_one_held(
    desk: Desk, point: str
) -> None:
    await desk.kill_at(point, item(1, key_data=INVOICE))
    await desk.recover()

    await held(desk, by_peppol(2, key_data=INVOICE))

    assert [*desk.files()] == [name_of(1).replace("2026-1", "2026-17")]


@pytest.mark.parametrize("point", ["reserved", "staged", "staging_flushed"])
async def test_a_kill_before_the_log_line_leaves_the_choice_open(desk: Desk, point: str) -> None:
    await desk.kill_at(point, item(1, key_data=INVOICE))
    await desk.recover()

    await desk.deliver(by_peppol(2, key_data=INVOICE))
    await held(desk, item(1, key_data=INVOICE))

    assert len(desk.files()) == 1


async def test_the_second_is_asked_for_again_when_the_first_comes_to_nothing(desk: Desk) -> None:
    await desk.deliver(item(1, key_data=INVOICE))
    second = by_peppol(2, key_data=INVOICE)
    await held(desk, second)

    await desk.memory.reopen([item(1).key], boot_id="boot")
    await desk.memory.withdraw([item(1).key])

    [wanted] = (await desk.memory.survey("peppol", PEPPOL, ())).wanted
    assert wanted.key == second.key
    assert PEPPOL in await desk.memory.load_due("peppol")
    await desk.deliver(second)
    row = await desk.memory.row(second.key)
    assert row is not None
    assert row.status is RowStatus.DELIVERED
