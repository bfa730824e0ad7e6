"""The same invoice by two hubs: booked once; the other one waits, and the hub is not told."""

from collections.abc import AsyncIterator

import pytest

from pipeline.app.hub_setup import HubAnswers, add_hub
from pipeline.connectors.clock import SystemClock
from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import DocumentKind
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.wire import Dossier
from pipeline.testing.emulators.e_invoice_be import EInvoiceBeEmulator
from pipeline.usecases.manage_documents import ManageDocuments, Selection
from tests.acceptance.office import AccountantsOffice, document_of, winbooks

KEY = "BE0400000000"
BAKERY = Dossier(
    id="customer-1",
    enterprise_name="Bakery BV",
    enterprise_identifier=KEY,
    accounting_file_id="B01",
    accounting_package_id="winbooks",
)


class _Killed(BaseException):
    """The process ends here."""


@pytest.fixture
async def peppol(office: AccountantsOffice) -> AsyncIterator[EInvoiceBeEmulator]:
    """A second hub of the bakery."""
    emulator = EInvoiceBeEmulator(SystemClock(), KEY)
    (office.books / "winbooks").mkdir()
    async with emulator.serving() as url:
        values = {"url": str(url), "allow_private": "yes"}
        answers = HubAnswers(values=values, secrets={"keys": f"{KEY}=key-{KEY}"})
        add_hub(office.settings, "peppol", "e_invoice_be", answers)
        yield emulator


async def by_both(
    office: AccountantsOffice, peppol: EInvoiceBeEmulator, body: bytes | None = None
) -> NewDocument:
    """One invoice arrives at both hubs, at the second perhaps in other bytes."""
    invoice = document_of(BAKERY, DocumentKind.PURCHASE_INVOICE)
    await office.receive(invoice)
    peppol.arrive(KEY, "1", body or invoice.body)
    return invoice


async def rows(office: AccountantsOffice) -> dict[RowStatus, DocumentRow]:
    found = await office.rows()
    assert len(found) == 2
    return {row.status: row for row in found}


@pytest.mark.parametrize("is_written_otherwise", [False, True], ids=["same bytes", "other bytes"])
async def test_one_is_delivered_and_the_other_one_says_which_it_repeats(
    office: AccountantsOffice, peppol: EInvoiceBeEmulator, *, is_written_otherwise: bool
) -> None:
    await office.link(winbooks(), BAKERY)
    invoice = document_of(BAKERY, DocumentKind.PURCHASE_INVOICE)
    other = invoice.body + b"<!-- by another access point -->\n"
    await by_both(office, peppol, other if is_written_otherwise else None)

    result = await office.sync()

    found = await rows(office)
    first, second = found[RowStatus.ACKED], found[RowStatus.HELD]
    assert (result.forwarded, result.held) == (1, 1)
    assert len(office.placed()) == 1
    assert second.repeats == first.key.digest
    assert second.reason is not None
    assert f"document {first.key.document_id} of hub {first.key.hub}" in second.reason
    assert (await office.sync()).listed == 0


async def test_a_person_who_releases_it_gets_it_beside_the_first(
    office: AccountantsOffice, peppol: EInvoiceBeEmulator
) -> None:
    await office.link(winbooks(), BAKERY)
    invoice = await by_both(office, peppol)
    await office.sync()

    async with office.installed() as installation:
        await ManageDocuments(installation.state).release(Selection())
    await office.sync()

    assert list(office.placed().values()) == [invoice.body, invoice.body]


async def test_a_package_that_delivers_duplicates_gets_both(
    office: AccountantsOffice, peppol: EInvoiceBeEmulator
) -> None:
    await office.link(winbooks(delivers_duplicates=True), BAKERY)
    await by_both(office, peppol)

    result = await office.sync()

    assert (result.forwarded, result.held) == (2, 0)


@pytest.mark.parametrize(
    "step", ["staged", "logged", "intended", "renamed", "flushed", "delivered", "ack_sent", "acked"]
)
async def test_a_kill_at_any_step_leaves_one_placed_and_one_held(
    office: AccountantsOffice, peppol: EInvoiceBeEmulator, step: str
) -> None:
    await office.link(winbooks(), BAKERY)
    await by_both(office, peppol)

    def kill(name: str, /) -> None:
        if name == step:
            raise _Killed

    with pytest.raises(_Killed):
        await office.sync(faultpoint=kill)
    await office.sync()

    assert set(await rows(office)) == {RowStatus.ACKED, RowStatus.HELD}
    assert len(office.placed()) == 1
    assert (await office.sync()).listed == 0
