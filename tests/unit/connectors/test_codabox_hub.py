"""CodaBox: offsets, delays, formats and redelivery, also across a restart."""

import json
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.codabox import CONNECTOR
from pipeline.connectors.hubs.codabox.formats import DEFAULT, Formats
from pipeline.connectors.limits import Limiters
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKind, DocumentRef
from pipeline.domain.errors import ConfigurationError, HubUnavailable, TenantBlocked
from pipeline.ports.hub import AckOutcome, ErrorReport, Forwarded, Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.emulators.codabox import ACCOUNT, SOFTWARE, CodaboxEmulator
from pipeline.testing.emulators.queue import Fault
from pipeline.testing.http_server import serving
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.script import Operation

BAKER, BUTCHER = "baker", "butcher"
SHARED = Path(os.environ.get("DOSSIERPOST_SHARED") or Path(__file__).parents[4] / "shared")
VENDOR_FILES = SHARED / "specs" / "codabox"
needs_vendor_files = pytest.mark.skipif(
    not VENDOR_FILES.is_dir(), reason=f"NOT RUN: the vendor's examples are not at {VENDOR_FILES}"
)


@dataclass
class Office:
    """An emulated CodaBox, and as many processes of ours as a test starts."""

    codabox: CodaboxEmulator
    clock: VirtualClock
    url: str
    processes: list[Hub] = field(default_factory=list)

    def process(self, **values: str) -> Hub:
        self.processes.append(connected(self.url, self.clock, **values))
        return self.processes[-1]

    def receive(self, *names: str, client: str = BAKER) -> None:
        for name in names:
            self.codabox.deliver(client, name, name.encode())

    def asked(self, operation: str) -> int:
        return sum(operation in asked.path for _at, asked in self.codabox.asked)


def connected(url: str, clock: VirtualClock, **values: str) -> Hub:
    user, password = ACCOUNT
    given = {
        "url": url,
        "user": user,
        "password": password,
        "software": SOFTWARE,
        "allow_private": "yes",
        **values,
    }
    return CONNECTOR.connect(
        HubSetup("codabox", given, clock, MemoryCredentials(), Limiters(clock))
    )


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    clock = VirtualClock()
    codabox = CodaboxEmulator(clock, BAKER, BUTCHER)
    async with codabox.serving() as url:
        office = Office(codabox, clock, str(url / "v2"))
        yield office
        for hub in office.processes:
            await hub.close()


async def listed(hub: Hub, client: str = BAKER) -> Sequence[DocumentRef]:
    return (await hub.list(Dossier("codabox", client, client), None, 100)).refs


async def forward(hub: Hub, *refs: DocumentRef) -> Sequence[AckOutcome]:
    return await hub.ack([Forwarded(ref.key, ref.offset) for ref in refs])


async def fail(hub: Hub, ref: DocumentRef) -> AckOutcome:
    return (await hub.report_error([ErrorReport(ref.key, "coda-count", "a record was lost")]))[0]


# -- offsets ----------------------------------------------------------------------------------
async def test_an_offset_is_committed_only_up_to_the_first_entry_that_waits(office: Office) -> None:
    office.receive("1", "2", "3", "4", "5")
    hub = office.process()
    refs = await listed(hub)

    outcomes = [await forward(hub, refs[place]) for place in (4, 0, 3, 1)]

    assert outcomes == [[AckOutcome.OK]] * 4
    assert office.codabox.offsets == [refs[0].offset, refs[1].offset]

    assert await fail(hub, refs[2]) is AckOutcome.OK
    assert office.codabox.offsets[-1] == refs[4].offset
    assert not await listed(hub)


async def test_after_a_restart_what_is_listed_again_is_told_again_and_the_offset_moves_on(
    office: Office,
) -> None:
    office.receive("1", "2", "3", "4")
    first = office.process()
    refs = await listed(first)
    await forward(first, refs[1], refs[3])
    assert await fail(first, refs[2]) is AckOutcome.RETRY
    await first.close()

    second = office.process()
    again = await listed(second)
    await fail(second, again[2])
    await forward(second, again[1], again[3])
    assert office.codabox.offsets == []
    await forward(second, again[0])

    assert [ref.key for ref in again] == [ref.key for ref in refs]
    assert office.codabox.offsets == [refs[3].offset]


async def test_an_error_that_waits_for_others_is_asked_for_until_its_offset_is_committed(
    office: Office,
) -> None:
    office.receive("slow", "bad")
    hub = office.process()
    slow, bad = await listed(hub)

    assert await fail(hub, bad) is AckOutcome.RETRY
    await forward(hub, slow)

    assert await fail(hub, bad) is AckOutcome.OK
    assert office.codabox.offsets == [bad.offset]


async def test_a_process_that_was_never_told_of_a_feed_reads_it_before_it_commits(
    office: Office,
) -> None:
    office.receive("1", "2")
    first, second = office.process(), office.process()
    refs = await listed(first)

    assert await forward(second, refs[1]) == [AckOutcome.OK]
    assert office.codabox.offsets == []
    assert await forward(second, refs[0]) == [AckOutcome.OK]

    assert office.codabox.offsets == [refs[1].offset]
    await second.close()


async def test_an_offset_that_another_program_committed_is_no_fault(office: Office) -> None:
    office.receive("1", "2")
    hub, other = office.process(), office.process()
    refs = await listed(hub)
    await listed(other)
    await forward(other, *refs)

    assert await forward(hub, refs[0]) == [AckOutcome.OK]
    await other.close()


async def test_an_offset_that_codabox_refuses_blocks_its_client_only(office: Office) -> None:
    office.receive("1")
    office.receive("2", client=BUTCHER)
    hub = office.process()
    baker, butcher = (await listed(hub))[0], (await listed(hub, BUTCHER))[0]
    office.codabox.faults[Operation.ACK].append(Fault.SERVER_ERROR)

    assert await forward(hub, baker, butcher) == [AckOutcome.RETRY, AckOutcome.OK]
    office.codabox.faults[Operation.ACK].append(Fault.SERVER_ERROR)
    with pytest.raises(HubUnavailable):
        await forward(hub, baker)
    assert await forward(hub, baker) == [AckOutcome.OK]


# -- reading ----------------------------------------------------------------------------------
async def test_a_feed_is_not_read_more_often_than_codabox_wants(office: Office) -> None:
    office.codabox.fetch_delay = 7200
    office.receive("1", "2")
    hub = office.process()
    refs = await listed(hub)
    await forward(hub, refs[0])
    office.receive("3")

    await office.clock.advance(7199)
    early = await listed(hub)
    await office.clock.advance(1)
    late = await listed(hub)

    assert [ref.key for ref in early] == [refs[1].key]
    assert len(late) == 2
    assert (
        sum(asked.method == "GET" and "feed" in asked.path for _, asked in office.codabox.asked)
        == 2
    )


async def test_a_listing_that_failed_is_not_waited_for(office: Office) -> None:
    office.codabox.fetch_delay = 7200
    office.receive("1")
    hub = office.process()
    office.codabox.faults[Operation.LIST].append(Fault.SERVER_ERROR)

    with pytest.raises(HubUnavailable):
        await listed(hub)

    assert len(await listed(hub)) == 1


async def test_a_client_that_is_not_delivered_any_more_is_told_to_a_person(office: Office) -> None:
    hub = office.process()

    with pytest.raises(TenantBlocked, match="Ask CodaBox"):
        await listed(hub, "grocer")


async def test_a_dossier_has_the_number_of_the_client_and_of_its_enterprise(office: Office) -> None:
    hub = office.process()

    found = [dossier async for page in hub.tenants() for dossier in page]

    assert [(d.id, d.accounting_file_id, d.enterprise_identifier) for d in found] == [
        (BAKER, "D000", "BE0400000000"),
        (BUTCHER, "D001", "BE0400000001"),
    ]


# -- formats ----------------------------------------------------------------------------------
async def test_an_entry_in_two_formats_is_two_documents_and_one_offset(office: Office) -> None:
    office.receive("1", "2")
    hub = office.process(formats="coda:cod+pdf")
    refs = await listed(hub)

    assert [ref.kind for ref in refs[:2]] == [DocumentKind.BANK_STATEMENT, DocumentKind.OTHER]
    assert len({ref.key for ref in refs}) == 4
    await forward(hub, refs[0])
    assert office.codabox.offsets == []
    await forward(hub, refs[1])
    assert office.codabox.offsets == [refs[0].offset]


async def test_kinds_that_nobody_knows_are_delivered_as_other_documents(office: Office) -> None:
    kept = office.codabox.deliver(BAKER, "1", b"something new")
    office.codabox.models[kept.id] = "quarterly_report"
    hub = office.process()

    (ref,) = await listed(hub)

    assert ref.kind is DocumentKind.OTHER
    assert (await hub.fetch(ref, max_bytes=100)).body == b"something new"
    assert await forward(hub, ref) == [AckOutcome.OK]


@pytest.mark.parametrize(
    ("model", "allowed", "taken"),
    [
        ("coda", {"coda": ["cod", "pdf", "xml"]}, ("cod",)),
        ("coda", {"coda": ["pdf", "xml"]}, ("xml",)),
        ("expense", {"expense": ["json"]}, ("json",)),
        ("coda", {}, ("cod",)),
        ("", {"": None}, ("xml",)),
        ("payroll", {"payroll": ["tif", "pdf"]}, ("tif",)),
    ],
)
def test_at_least_one_format_of_each_kind_is_taken(
    model: str, allowed: dict[str, list[str] | None], taken: tuple[str, ...]
) -> None:
    assert Formats.parse(DEFAULT).of(model, allowed) == taken


@pytest.mark.parametrize("text", ["coda", "coda:", ":cod", "coda=cod"])
def test_formats_that_cannot_be_read_are_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match="kind:format"):
        Formats.parse(text)


# -- redelivery -------------------------------------------------------------------------------
async def test_what_codabox_redelivers_is_taken_when_the_office_wants_it(office: Office) -> None:
    office.receive("1", "2")
    hub = office.process(redelivery="yes")
    refs = await listed(hub)
    await forward(hub, *refs)
    office.codabox.redelivered[BAKER] = [str(ref.offset) for ref in refs]

    again = await listed(hub)

    assert [ref.key for ref in again] == [ref.key for ref in refs]
    assert (await hub.fetch(again[0], max_bytes=100)).body == b"1"
    assert await forward(hub, *again) == [AckOutcome.OK] * 2
    assert office.codabox.redelivered[BAKER] == []


async def test_redelivery_feeds_are_left_alone_unless_asked_for(office: Office) -> None:
    office.receive("1")
    hub = office.process()

    await listed(hub)

    assert not office.asked("redownload-feed")


# -- the vendor's own words -------------------------------------------------------------------
@needs_vendor_files
async def test_the_vendors_example_answers_are_understood() -> None:
    files = {
        "/v2/delivery/pod-client/": "pod_client_example.json",
        "/v2/clients/": "client_list_example.json",
        "/v2/delivery/feed/277/": "client_feed_example.json",
    }

    async def answer(request: web.Request) -> web.Response:
        body = (VENDOR_FILES / files[request.path]).read_bytes()
        return web.Response(body=body, content_type="application/json")

    async with serving(answer) as served:
        hub = connected(str(served.url / "v2"), VirtualClock())
        dossiers = [dossier async for page in hub.tenants() for dossier in page]
        refs = (await hub.list(dossiers[0], None, 10)).refs
        await hub.close()

    assert [dossier.enterprise_identifier for dossier in dossiers] == [
        "BE0010071865",
        "BE0010071766",
    ]
    assert [ref.kind for ref in refs] == [DocumentKind.BANK_STATEMENT] * 2
    assert {ref.received_at.date().isoformat() for ref in refs} == {"2017-04-28"}
    assert all(headers["X-Software-Company"] == SOFTWARE for _path, headers in served.requests)


@needs_vendor_files
@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("delivery/pod-client", "pod_client_example.json"),
        ("delivery/feed/277", "client_feed_example.json"),
    ],
)
async def test_the_emulator_answers_in_the_vendors_form(
    office: Office, path: str, file: str
) -> None:
    office.receive("1")
    hub = office.process()
    given = json.loads((VENDOR_FILES / file).read_text(encoding="utf-8"))

    answer = await hub.account.rest.ask("GET", hub.account.rest.at(*path.split("/"), ""), "answer")  # type: ignore[attr-defined]

    assert _form(json.loads(answer.body)) == _form(given)


def _form(value: object) -> object:
    """The keys of an answer, of lists those of the first; values are left out."""
    if isinstance(value, dict):
        return {key: _form(each) for key, each in value.items()}
    if isinstance(value, list) and value:
        return [_form(value[0])]
    return None
