"""A document twice is a double booking: what may be one waits for a person."""

from dataclasses import replace

from pipeline.connectors.clock import SystemClock
from pipeline.domain.delivery import DocumentRow, RowStatus, VisibleStatus
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.wire import Failure
from pipeline.usecases.manage_documents import ManageDocuments, Selection
from pipeline.usecases.redeliver import Redeliver, Request
from tests.acceptance.office import AccountantsOffice, customer, document_of, winbooks


async def placed_once(office: AccountantsOffice) -> NewDocument:
    """One invoice of one customer, delivered."""
    baker = customer(1)
    await office.link(winbooks(), baker)
    invoice = document_of(baker, DocumentKind.PURCHASE_INVOICE)
    await office.receive(invoice)
    (office.books / "winbooks").mkdir()
    await office.sync()
    return invoice


async def held(office: AccountantsOffice) -> DocumentRow:
    (row,) = [row for row in await office.rows() if row.status is RowStatus.HELD]
    return row


async def test_the_same_content_under_another_id_is_held_and_says_which(
    office: AccountantsOffice,
) -> None:
    invoice = await placed_once(office)
    await office.receive(replace(invoice, id="another-id"))

    result = await office.sync()

    row = await held(office)
    assert (result.forwarded, result.held) == (0, 1)
    assert row.visible_status is VisibleStatus.ERROR
    assert invoice.id in (row.reason or "")
    assert len(office.placed()) == 1


async def test_a_held_document_is_delivered_under_a_name_of_its_own_when_a_person_releases_it(
    office: AccountantsOffice,
) -> None:
    invoice = await placed_once(office)
    await office.receive(replace(invoice, id="another-id"))
    await office.sync()

    async with office.installed() as installation:
        manage = ManageDocuments(installation.state)
        assert await manage.retry(Selection()) == []
        released = await manage.release(Selection(("another-id",)))
    result = await office.sync()

    assert [key.document_id for key in released] == ["another-id"]
    assert result.forwarded == 1
    assert list(office.placed().values()) == [invoice.body, invoice.body]


async def test_a_new_version_of_a_delivered_document_is_held(office: AccountantsOffice) -> None:
    invoice = await placed_once(office)
    changed = invoice.body.replace(b"<cbc:Note>", b"<cbc:Note>Corrected. ")
    assert changed != invoice.body
    await office.receive(replace(invoice, body=changed))

    result = await office.sync()

    row = await held(office)
    assert result.held == 1
    assert row.key.document_id == invoice.id
    assert "changed at the hub" in (row.reason or "")
    assert list(office.placed().values()) == [invoice.body]


async def test_other_content_under_the_same_version_is_held_and_told_to_the_hub(
    office: AccountantsOffice,
) -> None:
    invoice = await placed_once(office)
    office.hub.fail(Failure("changed_content", ["getContent"], count=1))
    async with office.installed() as installation:
        hub = installation.hubs["native"]
        key = DocumentKey("native", invoice.dossier_id, invoice.id)
        await hub.fetch(DocumentRef(key, invoice.kind, invoice.received_at), max_bytes=10**6)
        await hub.redeliver(None, invoice.received_at.replace(year=2000))

    result = await office.sync()

    row = await held(office)
    assert result.held == 1
    assert row.is_reported
    assert row.key.document_id == invoice.id
    assert "changed at the hub" in (row.reason or "")
    assert list(office.placed().values()) == [invoice.body]


async def test_listing_a_document_twice_places_it_once(office: AccountantsOffice) -> None:
    baker = customer(1)
    await office.link(winbooks(), baker)
    await office.receive(document_of(baker, DocumentKind.PURCHASE_INVOICE))
    (office.books / "winbooks").mkdir()
    office.hub.fail(Failure("duplicates", ["listDocuments"]))

    result = await office.sync()

    assert result.forwarded == 1
    assert len(office.placed()) == 1


async def test_what_was_delivered_is_acknowledged_again_when_the_hub_lists_it_again(
    office: AccountantsOffice,
) -> None:
    invoice = await placed_once(office)
    async with office.installed() as installation:
        hub = installation.hubs["native"]
        count = await hub.redeliver(None, invoice.received_at.replace(year=2000))

    result = await office.sync()

    assert count == 1
    assert result.listed == 0
    assert list(office.placed().values()) == [invoice.body]
    assert {row.status for row in await office.rows()} == {RowStatus.ACKED}


async def test_what_is_forwarded_is_delivered_beside_the_first_when_a_person_asks_for_it_again(
    office: AccountantsOffice,
) -> None:
    invoice = await placed_once(office)
    async with office.installed() as installation:
        redeliver = Redeliver(installation.hubs, installation.state, SystemClock())
        since = invoice.received_at.replace(year=2000)
        request = Request(since, again=True)
        plan = [each async for each in redeliver.plan(request)]
        assert [each.dossier async for each in redeliver.run(request, plan)]

    await office.sync()
    await office.sync()

    assert list(office.placed().values()) == [invoice.body, invoice.body]
    assert {row.status for row in await office.rows()} == {RowStatus.ACKED}
