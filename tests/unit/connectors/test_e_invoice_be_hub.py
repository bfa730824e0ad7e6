"""e-invoice.be: how far back an inbox is read, and where the bytes of its documents come from."""

import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web
from e_invoice_api import AsyncEInvoice, AuthenticationError
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.e_invoice_be import CONNECTOR
from pipeline.connectors.limits import Limiters
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef
from pipeline.domain.errors import (
    ConfigurationError,
    CredentialsRejected,
    DocumentRejected,
    TenantBlocked,
    TransientError,
)
from pipeline.ports.hub import Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.emulators.e_invoice_be import EInvoiceBeEmulator
from pipeline.testing.emulators.queue import Fault
from pipeline.testing.http_server import serving
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.script import Operation

BAKER, BUTCHER = "BE0400000000", "BE0400000001"
KEYS = f"{BAKER}=key-{BAKER}, {BUTCHER}=key-{BUTCHER}"
HOUR_S, DAY_S = 3600.0, 86_400.0
SHARED = Path(os.environ.get("DOSSIERPOST_SHARED") or Path(__file__).parents[4] / "shared")
DESCRIPTION = SHARED / "specs" / "e-invoice-be" / "openapi.json"
needs_description = pytest.mark.skipif(
    not DESCRIPTION.is_file(), reason=f"NOT RUN: the vendor's description is not at {DESCRIPTION}"
)


def connected(url: str, clock: VirtualClock, **values: str) -> Hub:
    given = {"url": url, "keys": KEYS, "allow_private": "yes", **values}
    return CONNECTOR.connect(HubSetup("inbox", given, clock, MemoryCredentials(), Limiters(clock)))


@dataclass
class Office:
    """An emulated e-invoice.be, our hub, and the mark that the last listing left."""

    service: EInvoiceBeEmulator
    hub: Hub
    clock: VirtualClock
    url: str
    mark: str | None = None
    pages: int = field(default=0)

    def receive(self, *names: str, **fields: object) -> None:
        for name in names:
            self.service.arrive(BAKER, name, name.encode(), **fields)  # type: ignore[arg-type]

    async def listed(self, dossier_id: str = BAKER) -> Sequence[str]:
        """One pass, as the list stage does it; the names of what it found."""
        refs: list[DocumentRef] = []
        cursor, self.pages = self.mark, 0
        while True:
            page = await self.hub.list(Dossier("inbox", dossier_id, ""), cursor, 100)
            refs += page.refs
            cursor, self.pages = page.cursor, self.pages + 1
            if cursor is None:
                self.mark = page.mark
                return [ref.key.document_id.partition("/")[2] for ref in refs]

    async def ref(self, name: str) -> DocumentRef:
        self.receive(name)
        refs = (await self.hub.list(Dossier("inbox", BAKER, ""), None, 100)).refs
        return next(ref for ref in refs if ref.key.document_id.endswith(name))


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    clock = VirtualClock()
    service = EInvoiceBeEmulator(clock, BAKER, BUTCHER)
    async with service.serving() as url:
        hub = connected(str(url), clock)
        yield Office(service, hub, clock, str(url))
        await hub.close()


# -- how far back -----------------------------------------------------------------------------
async def test_a_listing_reads_back_three_days_behind_the_last_one(office: Office) -> None:
    office.receive("old")
    await office.clock.advance(4 * DAY_S)
    office.receive("recent")
    assert set(await office.listed()) == {"old", "recent"}

    await office.clock.advance(HOUR_S)
    office.receive("new")

    assert await office.listed() == ["new", "recent"]


async def test_idle_inboxes_keep_their_mark_so_that_nothing_is_written(office: Office) -> None:
    office.receive("1")
    await office.clock.advance(1)
    await office.listed()
    before = office.mark

    await office.clock.advance(HOUR_S)
    await office.listed()

    assert office.mark == before


async def test_once_a_day_an_inbox_is_read_to_its_end(office: Office) -> None:
    office.receive("first")
    await office.clock.advance(10 * DAY_S)
    office.receive("second")
    await office.listed()

    await office.clock.advance(DAY_S - 1)
    assert await office.listed() == ["second"]
    await office.clock.advance(1)

    assert await office.listed() == ["second", "first"]
    assert await office.listed() == ["second"]


async def test_a_document_received_now_is_found_however_old_its_invoice_is(office: Office) -> None:
    await office.listed()
    await office.clock.advance(HOUR_S)

    office.receive("last year's", invoice_date="2025-01-31")

    assert await office.listed() == ["last year's"]


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_is_an_hour_wrong_loses_nothing(office: Office, hours: int) -> None:
    office.service.clock_ahead = timedelta(hours=hours)
    office.receive("1")
    await office.listed()
    await office.clock.advance(60)

    office.receive("2")

    assert await office.listed() == ["2", "1"]


async def test_a_document_from_the_future_does_not_hide_those_after_it(office: Office) -> None:
    office.receive("from the future", created_at="2099-01-01T00:00:00+00:00")
    await office.listed()
    await office.clock.advance(HOUR_S)

    office.receive("of today")

    assert "of today" in await office.listed()


async def test_a_listing_stops_asking_for_pages_at_what_it_knows(office: Office) -> None:
    office.receive(*map(str, range(450)))
    await office.listed()
    assert office.pages == 5
    await office.clock.advance(4 * DAY_S)
    await office.listed()
    office.receive("new")
    await office.listed()

    await office.clock.advance(HOUR_S)

    assert await office.listed() == ["new"]
    assert office.pages == 1


async def test_documents_before_the_day_the_office_began_are_left_alone(office: Office) -> None:
    office.receive("before")
    await office.clock.advance(DAY_S)
    office.receive("after")
    office.hub = connected(office.url, office.clock, since="2026-01-02")

    assert await office.listed() == ["after"]

    await office.hub.close()


async def test_what_is_not_whole_or_not_for_this_company_is_not_listed(office: Office) -> None:
    office.receive("on its way", state="TRANSIT")
    office.receive("sent", direction="OUTBOUND")
    office.receive("whole", state="SOMETHING_NEW", document_type="RECEIPT")

    assert await office.listed() == ["whole"]


@pytest.mark.parametrize("mark", ["", "no mark", "{}", '{"type":"mark"}', "\x00"])
async def test_a_mark_of_another_program_is_none(office: Office, mark: str) -> None:
    office.receive("1")
    office.mark = mark

    assert await office.listed() == ["1"]


@pytest.mark.parametrize(
    "item",
    [
        {"id": "1"},
        {"id": "1", "created_at": None, "document_type": None, "state": None},
        {"id": "1", "created_at": "2026-01-01T00:00:00", "invoice_total": 12, "extra": [{}]},
        {"id": "1", "created_at": "yesterday", "attachments": None},
    ],
)
@pytest.mark.parametrize("rest", [{"total": "1", "pages": "1"}, {}, {"has_next_page": False}])
async def test_answers_that_differ_from_the_description_are_read(
    item: Mapping[str, object], rest: Mapping[str, object]
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"items": [item], **rest})

    async with serving(answer) as served:
        hub = connected(str(served.url), VirtualClock())
        page = await hub.list(Dossier("inbox", BAKER, ""), None, 100)
        await hub.close()

    assert [ref.key.document_id for ref in page.refs] == ["1"]
    assert page.cursor is None


async def test_a_hub_that_gives_one_page_for_ever_is_given_up() -> None:
    items = [{"id": str(each), "created_at": "2026-01-01T00:00:00Z"} for each in range(100)]

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"items": items, "has_next_page": True})

    async with serving(answer) as served:
        hub = connected(str(served.url), VirtualClock())
        office = Office(EInvoiceBeEmulator(VirtualClock()), hub, VirtualClock(), "")
        with pytest.raises(TransientError, match="again and again"):
            await office.listed()
        await hub.close()


# -- bytes ------------------------------------------------------------------------------------
async def test_the_storage_never_hears_the_key(office: Office) -> None:
    ref = await office.ref("1")

    assert (await office.hub.fetch(ref, max_bytes=100)).body == b"1"

    assert office.service.storage.requests
    for path, headers in office.service.storage.requests:
        assert "Authorization" not in headers
        assert "signature=a%2Fb%3D" in path


async def test_an_address_is_asked_for_just_in_time(office: Office) -> None:
    ref = await office.ref("1")

    await office.clock.advance(2 * HOUR_S)

    assert (await office.hub.fetch(ref, max_bytes=100)).body == b"1"


async def test_an_address_that_expired_on_the_way_is_asked_for_again_once(office: Office) -> None:
    ref = await office.ref("1")
    office.service.expired = 1

    assert (await office.hub.fetch(ref, max_bytes=100)).body == b"1"

    office.service.expired = 2
    with pytest.raises(TransientError, match="403"):
        await office.hub.fetch(ref, max_bytes=100)


async def test_a_document_without_an_address_is_tried_again(office: Office) -> None:
    ref = await office.ref("1")
    office.service.unsigned.add(ref.key.document_id)

    with pytest.raises(TransientError, match="no address"):
        await office.hub.fetch(ref, max_bytes=100)


@pytest.mark.parametrize("status", [406, 409, 422])
async def test_a_document_that_the_hub_cannot_give_holds_up_no_other(status: int) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"detail": "Invalid response data"}, status=status)

    async with serving(answer) as served:
        hub = connected(str(served.url), VirtualClock())
        key = DocumentKey("inbox", BAKER, "1")
        ref = DocumentRef(key, DocumentKind.OTHER, VirtualClock().now())
        with pytest.raises(DocumentRejected, match="Invalid response data") as refused:
            await hub.fetch(ref, max_bytes=100)
        await hub.close()

    assert refused.value.rule == "refused"


# -- keys -------------------------------------------------------------------------------------
async def test_each_key_is_a_dossier_named_by_its_company(office: Office) -> None:
    found = [dossier async for page in office.hub.tenants() for dossier in page]

    assert [(d.id, d.enterprise_name, d.enterprise_identifier) for d in found] == [
        (BAKER, "Be0400000000", "BE0400000000"),
        (BUTCHER, "Be0400000001", "BE0400000001"),
    ]


async def test_a_key_that_is_refused_stops_its_own_dossier_only(office: Office) -> None:
    office.receive("1")
    office.service.companies.remove(BUTCHER)

    found = [dossier.id async for page in office.hub.tenants() for dossier in page]
    health = await office.hub.health()

    assert found == [BAKER, BUTCHER]
    assert not health.is_authenticated
    assert BUTCHER in health.text
    assert await office.listed() == ["1"]
    with pytest.raises(CredentialsRejected):
        await office.hub.list(Dossier("inbox", BUTCHER, ""), None, 10)


async def test_a_dossier_without_a_key_is_told_to_a_person(office: Office) -> None:
    with pytest.raises(TenantBlocked, match="No key"):
        await office.hub.list(Dossier("inbox", "BE0", ""), None, 10)


async def test_one_key_that_is_asked_to_wait_holds_up_no_other(office: Office) -> None:
    office.service.faults[Operation.LIST].append(Fault.TOO_MANY_REQUESTS)
    with pytest.raises(TransientError):
        await office.listed(BUTCHER)

    await office.listed(BAKER)

    assert office.clock.monotonic() == 0


@pytest.mark.parametrize("keys", ["", "a-key-alone", "BE1=", "=key", "BE1=key-1\nBE1=key-2"])
def test_keys_that_cannot_be_read_are_told_without_showing_them(keys: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        connected("http://127.0.0.1", VirtualClock(), keys=keys)

    assert "key-" not in str(refused.value)


def test_a_day_that_is_none_is_told() -> None:
    with pytest.raises(ConfigurationError, match="since"):
        connected("http://127.0.0.1", VirtualClock(), since="last week")


# -- the vendor's own client ------------------------------------------------------------------
async def test_the_vendors_sdk_finds_no_fault_with_the_emulator(office: Office) -> None:
    office.receive(*map(str, range(130)))
    async with AsyncEInvoice(
        api_key=f"key-{BAKER}", base_url=office.url, _strict_response_validation=True
    ) as sdk:
        me = await sdk.me.retrieve()
        items = [item async for item in sdk.inbox.list(page_size=100)]
        ubl = await sdk.documents.ubl.get(items[0].id)
        webhook = await sdk.webhooks.create(url="https://x.example", events=["document.received"])
        listed = await sdk.webhooks.list()
        ended = await sdk.webhooks.delete(webhook.id)

    assert listed == [webhook]
    assert ended.is_deleted
    assert me.company_tax_id == "BE0400000000"
    assert len({item.id for item in items}) == 130
    assert items[0].created_at > items[-1].created_at
    assert ubl.signed_url is not None
    assert ubl.file_size == len("129")


async def test_the_vendors_sdk_understands_the_refusals_of_the_emulator(office: Office) -> None:
    async with AsyncEInvoice(
        api_key="key-of-nobody", base_url=office.url, _strict_response_validation=True
    ) as sdk:
        with pytest.raises(AuthenticationError):
            await sdk.me.retrieve()


# -- the vendor's own description -------------------------------------------------------------
@needs_description
async def test_the_emulator_answers_as_the_vendor_describes(office: Office) -> None:
    office.receive("1", "2")
    ref = await office.ref("3")
    await office.hub.fetch(ref, max_bytes=100)
    await office.hub.health()

    for form, path in (
        ("TenantPublic", ("api", "me", "")),
        ("PaginatedResponse_DocumentResponse_", ("api", "inbox", "")),
        ("DocumentUBL", ("api", "documents", ref.key.document_id, "ubl")),
    ):
        rest = office.hub.accounts[BAKER].rest  # type: ignore[attr-defined]
        answer = await rest.ask("GET", rest.at(*path), "answer")
        Draft202012Validator(schema(form)).validate(json.loads(answer.body))


@needs_description
async def test_what_is_asked_is_what_the_vendor_describes(office: Office) -> None:
    office.receive("1")
    await office.listed()
    described = description()["paths"]["/api/inbox/"]["get"]["parameters"]
    forms = {each["name"]: each["schema"] for each in described}

    (asked,) = (each for _at, each in office.service.asked if each.path == ("api", "inbox"))

    assert asked.query.keys() <= forms.keys()
    for name, value in asked.query.items():
        form = {**description(), **forms[name]}
        Draft202012Validator(form).validate(int(value) if value.isdecimal() else value)


def description() -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(DESCRIPTION.read_text(encoding="utf-8")))


def schema(form: str) -> dict[str, Any]:
    return {**description(), "$ref": f"#/components/schemas/{form}"}
