"""Files that a scanner, a transfer or a person puts into a folder."""

import os
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.folder import CONNECTOR, SETTLED
from pipeline.connectors.limits import Limiters
from pipeline.connectors.stores.sightings import MINIMUM_AGE_S
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef, Location
from pipeline.domain.errors import DocumentRejected, TransientError
from pipeline.ports.hub import AckOutcome, Forwarded, Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.memory_credentials import MemoryCredentials

ACME = Dossier("folder", "acme", "Acme")
INVOICE = b'<?xml version="1.0"?><Invoice xmlns="urn:x"/>'
NOTE = b'<cbc:CreditNote xmlns:cbc="urn:x">'


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def hub_at(root: Path, clock: VirtualClock, **values: str) -> Hub:
    return CONNECTOR.connect(
        HubSetup(
            "folder", {"root": str(root), **values}, clock, MemoryCredentials(), Limiters(clock)
        )
    )


class Office:
    """A folder tree, its hub, and the hand of a person."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = VirtualClock()
        self.hub = hub_at(root, self.clock)
        self.put("acme/.keep", b"")

    def put(self, path: str, body: bytes = INVOICE) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
        return target

    def paths(self) -> list[str]:
        files = (path for path in self.root.rglob("*") if path.is_file() and path.name != ".keep")
        return sorted(str(path.relative_to(self.root)) for path in files)

    async def listed(self, *, wait_s: float = MINIMUM_AGE_S) -> Sequence[DocumentRef]:
        await self.hub.list(ACME, None, 100)
        await self.clock.advance(wait_s)
        return (await self.hub.list(ACME, None, 100)).refs


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


async def test_a_file_is_listed_when_it_looked_the_same_for_two_seconds(office: Office) -> None:
    office.put("acme/a.xml")

    assert not await office.listed(wait_s=MINIMUM_AGE_S - 0.1)
    assert not await office.listed(wait_s=0.05)
    assert [ref.file_name for ref in await office.listed(wait_s=0.1)] == ["a.xml"]


async def test_a_file_that_nobody_wrote_to_for_a_minute_is_listed_at_first_sight(
    office: Office,
) -> None:
    written = (office.clock.now() - SETTLED).timestamp()
    for name, moment in (("old.xml", written), ("new.xml", written + 1)):
        os.utime(office.put(f"acme/{name}"), (moment, moment))

    page = await office.hub.list(ACME, None, 100)

    assert [ref.file_name for ref in page.refs] == ["old.xml"]


async def test_a_file_that_still_grows_is_not_listed(office: Office) -> None:
    office.put("acme/a.xml", INVOICE)
    await office.listed()
    office.put("acme/a.xml", INVOICE * 2)

    assert not await office.listed(wait_s=0)
    assert len(await office.listed()) == 1


async def test_only_folders_named_exactly_processed_are_passed_over(office: Office) -> None:
    office.put("acme/processed/old.xml")
    office.put("acme/Unprocessed BV/new.xml")
    office.put("acme/deep/processed/old.xml")
    office.put("acme/processed.xml")

    assert {ref.file_name for ref in await office.listed()} == {"new.xml", "processed.xml"}


async def test_links_and_hidden_files_are_passed_over(office: Office, tmp_path: Path) -> None:
    secret = office.put("secret.txt")
    (tmp_path / "acme" / "link.xml").symlink_to(secret)
    (tmp_path / "acme" / "loop").symlink_to(tmp_path / "acme")
    office.put("acme/.hidden.xml")
    office.put("acme/.hidden/a.xml")

    assert not await office.listed()


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        ("a.xml", INVOICE, DocumentKind.PURCHASE_INVOICE),
        ("a.xml", NOTE, DocumentKind.PURCHASE_CREDIT_NOTE),
        ("purchase/a.xml", INVOICE, DocumentKind.PURCHASE_INVOICE),
        ("Sales/a.xml", INVOICE, DocumentKind.SALES_INVOICE),
        ("2026/Invoices-OUT-01/a.xml", INVOICE, DocumentKind.SALES_INVOICE),
        ("2026/Invoices-IN-01/a.xml", INVOICE, DocumentKind.PURCHASE_INVOICE),
        ("sales/a.xml", NOTE, DocumentKind.SALES_CREDIT_NOTE),
        ("wholesales/a.xml", INVOICE, DocumentKind.PURCHASE_INVOICE),
        ("a.xml", INVOICE.decode().encode("utf-16"), DocumentKind.PURCHASE_INVOICE),
        ("2026/BE68539007547034/a.COD", b"0000", DocumentKind.BANK_STATEMENT),
        ("scan.pdf", b"%PDF-1.7", DocumentKind.OTHER),
        ("a.xml", b"<InvoiceList/>", DocumentKind.OTHER),
        ("empty.xml", b"", DocumentKind.OTHER),
    ],
)
async def test_the_kind_is_guessed_from_content_name_and_folder(
    office: Office, path: str, body: bytes, kind: DocumentKind
) -> None:
    office.put(f"acme/{path}", body)

    assert [ref.kind for ref in await office.listed()] == [kind]


async def test_a_delivered_file_is_set_aside_and_nothing_there_is_overwritten(
    office: Office,
) -> None:
    for body in (b"<Invoice>1</Invoice>", b"<Invoice>22</Invoice>", b"<Invoice>333</Invoice>"):
        office.put("acme/in/a.xml", body)
        refs = await office.listed()
        assert await office.hub.ack([Forwarded(refs[0].key)]) == [AckOutcome.OK]

    kept = office.paths()
    assert len(kept) == 3
    assert "acme/in/processed/a.xml" in kept
    assert all(path.startswith("acme/in/processed/a.") for path in kept)


async def test_a_lost_acknowledgement_lists_the_same_document_and_a_new_file_another(
    office: Office,
) -> None:
    path = office.put("acme/daily.cod", b"one")
    first = (await office.listed())[0].key
    again = (await office.listed())[0].key
    await office.hub.ack([Forwarded(first)])
    path.write_bytes(b"two!")
    tomorrow = (await office.listed())[0].key

    assert first == again
    assert tomorrow.document_id != first.document_id


async def test_another_program_start_gives_the_same_keys(office: Office, tmp_path: Path) -> None:
    office.put("acme/a.xml")
    first = (await office.listed())[0].key
    office.hub = hub_at(tmp_path, office.clock)

    assert (await office.listed())[0].key == first


async def test_a_file_that_was_replaced_is_neither_taken_away_nor_fetched(office: Office) -> None:
    office.put("acme/a.xml", b"<Invoice>first</Invoice>")
    ref = (await office.listed())[0]
    office.put("acme/a.xml", b"<Invoice>the second</Invoice>")

    with pytest.raises(DocumentRejected) as refused:
        await office.hub.fetch(ref, max_bytes=1000)
    outcomes = await office.hub.ack([Forwarded(ref.key)])

    assert refused.value.rule == "gone"
    assert outcomes == [AckOutcome.GONE]
    assert office.paths() == ["acme/a.xml"]


@pytest.mark.parametrize(
    "document_id", ["../secret.txt#0", "/etc/passwd#0", "#0", "", "%00#0", "..%2Fsecret.txt#0"]
)
async def test_an_id_that_leads_out_of_the_dossier_finds_nothing(
    office: Office, document_id: str
) -> None:
    office.put("secret.txt")
    key = DocumentKey("folder", "acme", document_id)
    ref = DocumentRef(key, DocumentKind.OTHER, office.clock.now())

    with pytest.raises(DocumentRejected):
        await office.hub.fetch(ref, max_bytes=1000)

    assert await office.hub.ack([Forwarded(key)]) == [AckOutcome.GONE]
    assert office.paths() == ["secret.txt"]


async def test_a_name_that_is_no_text_is_delivered_like_any_other(office: Office) -> None:
    office.put(os.fsdecode(b"acme/\xe9\xe8.xml"))

    ref = (await office.listed())[0]
    ref.key.document_id.encode("utf-8")

    assert (await office.hub.fetch(ref, max_bytes=1000)).body == INVOICE
    assert await office.hub.ack([Forwarded(ref.key)]) == [AckOutcome.OK]


async def test_a_file_that_cannot_be_set_aside_now_is_asked_for_again(office: Office) -> None:
    office.put("acme/a.xml")
    office.put("acme/processed", b"a file in the way")
    ref = next(ref for ref in await office.listed() if ref.file_name == "a.xml")

    assert await office.hub.ack([Forwarded(ref.key)]) == [AckOutcome.RETRY]
    assert "acme/a.xml" in office.paths()


async def test_a_document_is_listed_oldest_first(office: Office) -> None:
    for number, name in enumerate(["c.xml", "a.xml", "b.xml"]):
        os.utime(office.put(f"acme/{name}"), (1_700_000_000 + number,) * 2)

    assert [ref.file_name for ref in await office.listed()] == ["c.xml", "a.xml", "b.xml"]


async def dossiers_of(hub: Hub) -> list[Dossier]:
    return [dossier async for page in hub.tenants() for dossier in page]


async def test_every_visible_folder_is_a_dossier(office: Office) -> None:
    office.put("beta/a.xml")
    office.put(".hidden/a.xml")
    office.put("a file")

    assert [dossier.id for dossier in await dossiers_of(office.hub)] == ["acme", "beta"]


async def test_a_file_in_the_root_links_folders_to_dossiers(office: Office) -> None:
    office.put(
        "dossiers.json",
        b"""{"packages": [{"id": "w", "name": "Winbooks", "blocks_on_fatal": true,
                           "locations": {"purchase_invoices": "/books/[accounting_file_id]"}}],
             "dossiers": [{"folder": "acme", "enterprise_name": "Acme NV",
                           "enterprise_identifier": "BE0123456749",
                           "accounting_file_id": "A1", "package": "w"},
                          {"folder": "../etc", "enterprise_name": "Hostile"},
                          {"folder": "beta", "enterprise_name": "Beta", "package": "unknown"}]}""",
    )

    acme, beta = await dossiers_of(office.hub)

    assert (acme.enterprise_name, acme.enterprise_identifier) == ("Acme NV", "BE0123456749")
    assert acme.accounting_file_id == "A1"
    assert acme.package is not None
    assert acme.package.locations == {Location.PURCHASE_INVOICES: "/books/[accounting_file_id]"}
    assert acme.package.blocks_on_fatal
    assert not beta.is_linked


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"dossiers": [{"folder": "a"}]}', b'{"dossiers": [], "extra": 1}']
)
async def test_a_file_of_dossiers_that_is_wrong_or_half_written_is_told(
    office: Office, text: bytes
) -> None:
    office.put("dossiers.json", text)

    with pytest.raises(TransientError, match=r"dossiers\.json"):
        await dossiers_of(office.hub)


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    hub = hub_at(tmp_path / "nowhere", VirtualClock())

    with pytest.raises(TransientError, match="nowhere"):
        await dossiers_of(hub)

    assert not (await hub.health()).is_reachable


async def test_a_new_file_wakes_its_dossier_and_one_that_grows_less_and_less_often(
    office: Office,
) -> None:
    waits = []
    for size in range(1, 8):
        office.put("acme/a.xml", INVOICE * size)
        await office.hub.list(ACME, None, 10)
        began = office.clock.monotonic()
        async with office.clock.running():
            hint = await anext(office.hub.events())
        assert hint.dossier_id == "acme"
        waits.append(office.clock.monotonic() - began)

    assert waits == [2, 4, 8, 16, 32, 60, 60]


async def test_closing_ends_the_hints_although_a_file_is_waited_for(office: Office) -> None:
    office.put("acme/a.xml")
    await office.hub.list(ACME, None, 10)

    async with anyio.create_task_group() as group:
        group.start_soon(office.hub.close)
        assert [hint async for hint in office.hub.events()] == []


async def test_the_tree_of_an_access_point_is_read_from_a_folder_too(office: Office) -> None:
    office.hub = hub_at(office.root, office.clock, profile="oxalis")
    office.put("acme/sender/one.doc.xml")
    office.put("acme/sender/one.receipt.dat")
    office.put("acme/sender/note.txt")

    [ref] = await office.listed()
    await office.hub.ack([Forwarded(ref.key)])

    assert office.paths() == [
        "acme/sender/note.txt",
        "acme/sender/processed/one.doc.xml",
        "acme/sender/processed/one.receipt.dat",
    ]


async def test_the_owner_of_a_tree_says_what_happens_to_delivered_files(office: Office) -> None:
    for after, left in (("", []), ("move", ["acme/processed/a.cod"])):
        office.put("acme/a.cod")
        office.hub = hub_at(office.root, office.clock, profile="codabox", after=after)
        [ref] = await office.listed()
        await office.hub.ack([Forwarded(ref.key)])
        assert office.paths() == left
