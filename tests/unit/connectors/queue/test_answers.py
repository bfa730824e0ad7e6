"""What the answers of queue hubs mean: errors in every shape, times, kinds, bodies."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.connectors.hubs.queue.kinds import kind_of
from pipeline.connectors.hubs.queue.profiles import PROFILES, SCRADA
from pipeline.connectors.hubs.queue.values import moment_of, pick, text_at, whole_at
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef
from pipeline.domain.errors import (
    DocumentRejected,
    HubUnavailable,
    TenantBlocked,
    TransientError,
)
from pipeline.ports.hub import AckOutcome, ErrorReport, Forwarded, Hint
from pipeline.testing.emulators import scrada
from pipeline.testing.emulators.queue import Asked, Fault, Reply, as_json
from pipeline.testing.script import Operation
from tests.unit.connectors.queue.desk import COMPANY, OTHER, Desk, desk_of

NAMES = [profile.name for profile in PROFILES]


async def only_ref(desk: Desk) -> DocumentRef:
    page = await desk.hub.list(await desk.dossier(), None, 10)
    return page.refs[0]


# -- errors -----------------------------------------------------------------------------------
def scrada_error(code: int, status: int, *inner: int) -> Reply:
    """An error of Scrada, or one that wraps others."""
    return scrada._fault(
        status, code, f"text of {code}", *(scrada._error(i, f"in {i}") for i in inner)
    )


@pytest.mark.parametrize(
    ("reply", "error", "text"),
    [
        (scrada_error(scrada.UNAVAILABLE, 400), HubUnavailable, "text of 100030"),
        (scrada_error(scrada.WRAPPED, 400, scrada.UNAVAILABLE), HubUnavailable, "in 100030"),
        (scrada_error(scrada.WRAPPED, 400, 1, 2), TenantBlocked, "in 1; in 2"),
        (scrada_error(5, 403), TenantBlocked, "text of 5"),
        (scrada_error(5, 404), TenantBlocked, "text of 5"),
        (Reply(500, b"<html>", "text/html"), HubUnavailable, "500"),
        (as_json("a bare string", 400), TenantBlocked, "a bare string"),
        (as_json({"unknown": "shape"}, 400), TenantBlocked, "shape"),
        (Reply(200, b"{"), TransientError, "cannot be read"),
        (as_json({"success": True}), TransientError, "no list"),
    ],
)
async def test_an_answer_that_is_no_listing_says_how_much_stops(
    reply: Reply, error: type[Exception], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of("scrada")
    monkeypatch.setattr(desk.emulator, "answer", lambda _asked: reply)

    with pytest.raises(error, match=text):
        await desk.hub.list(Dossier("scrada", COMPANY, ""), None, 10)


async def test_a_window_that_ends_at_a_moment_is_waited_for_by_every_dossier() -> None:
    desk = desk_of("scrada")
    desk.emulator.wait = timedelta(seconds=30)
    desk.emulator.faults[Operation.LIST].append(Fault.TOO_MANY_REQUESTS)

    with pytest.raises(TransientError) as asked:
        await desk.hub.list(await desk.dossier(), None, 10)
    async with desk.clock.running():
        await desk.hub.list(await desk.dossier(OTHER), None, 10)

    assert asked.value.retry_after == timedelta(seconds=30)
    assert desk.clock.monotonic() >= 30


# -- acknowledging ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(400, b"null", reason="Already confirmed"), AckOutcome.ALREADY),
        (Reply(200, b"true"), AckOutcome.OK),
        (Reply(409), AckOutcome.ALREADY),
        (Reply(404), AckOutcome.GONE),
        (Reply(422, b"not so"), AckOutcome.FATAL),
    ],
)
async def test_an_acknowledgement_is_settled_by_whatever_says_that_it_was_made(
    reply: Reply, outcome: AckOutcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of("peppyrus")
    monkeypatch.setattr(desk.emulator, "answer", lambda _asked: reply)

    assert await desk.hub.ack([Forwarded(DocumentKey("peppyrus", COMPANY, "1"))]) == [outcome]


async def test_a_document_that_was_confirmed_already_is_settled() -> None:
    desk = desk_of("peppyrus")
    desk.emulator.receive(COMPANY, "1", b"<Invoice/>")
    forwarded = Forwarded((await only_ref(desk)).key)

    assert await desk.hub.ack([forwarded]) == [AckOutcome.OK]
    assert await desk.hub.ack([forwarded]) == [AckOutcome.ALREADY]


async def test_a_batch_that_one_document_spoils_is_acknowledged_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = desk_of("letspeppol")
    answer = desk.emulator.answer

    def strict(asked: Asked) -> Reply:
        return Reply(404) if b"unknown" in asked.body else answer(asked)

    monkeypatch.setattr(desk.emulator, "answer", strict)
    kept = [desk.emulator.receive(COMPANY, str(number), b"<Invoice/>") for number in range(3)]
    ids = ["0", "unknown", "1", "2"]
    keys = [DocumentKey("letspeppol", COMPANY, each) for each in ids]

    outcomes = await desk.hub.ack([Forwarded(key) for key in keys])

    assert outcomes == [AckOutcome.OK, AckOutcome.GONE, AckOutcome.OK, AckOutcome.OK]
    assert all(each.taken for each in kept)


async def test_no_acknowledgement_deletes_a_body_at_letspeppol() -> None:
    desk = desk_of("letspeppol")
    kept = desk.emulator.receive(COMPANY, "1", b"<Invoice/>")
    key = (await only_ref(desk)).key

    await desk.hub.ack([Forwarded(key)])
    await desk.hub.report_error([ErrorReport(key, "xsd", "no", is_kept=True)])

    assert kept.taken == 2
    assert kept.body == b"<Invoice/>"
    assert not any("noArchive" in asked.query for _, asked in desk.emulator.asked)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "not kept"])
async def test_poison_is_taken_off_the_list_once_its_bytes_are_kept(
    name: str, is_kept: bool
) -> None:
    desk = desk_of(name)
    kept = desk.emulator.receive(COMPANY, "1", b"<Invoice/>")
    ref = await only_ref(desk)

    outcomes = await desk.hub.report_error([ErrorReport(ref.key, "xsd", "no", is_kept=is_kept)])

    assert outcomes == [AckOutcome.OK]
    assert bool(kept.taken) is (is_kept or name == "letspeppol")
    assert (await desk.hub.fetch(ref, max_bytes=100)).body == b"<Invoice/>"


async def test_a_dossier_that_is_refused_does_not_keep_the_poison_of_others_on_the_list() -> None:
    desk = desk_of("scrada", COMPANY, OTHER)
    kept = [desk.emulator.receive(each, each, b"poison") for each in (COMPANY, OTHER)]
    answer = desk.emulator.answer
    keys = [DocumentKey("scrada", each.company, each.id) for each in kept]

    def refusing(asked: Asked) -> Reply:
        return scrada_error(5, 403) if COMPANY in asked.path else answer(asked)

    desk.emulator.answer = refusing  # type: ignore[method-assign]
    reports = [ErrorReport(key, "xsd", "no", is_kept=True) for key in keys]

    assert await desk.hub.report_error(reports) == [AckOutcome.RETRY, AckOutcome.OK]
    assert [each.taken for each in kept] == [0, 1]


# -- bodies -----------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
async def test_a_document_without_content_is_gone(name: str) -> None:
    desk = desk_of(name)
    desk.emulator.receive(COMPANY, "1", b"<Invoice/>").body = None

    with pytest.raises(DocumentRejected) as refused:
        await desk.hub.fetch(await only_ref(desk), max_bytes=1000)

    assert refused.value.rule == "gone"


async def test_base64_that_is_none_rejects_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of("peppyrus")
    ref = DocumentRef(DocumentKey("peppyrus", COMPANY, "1"), DocumentKind.OTHER, datetime.now(UTC))
    monkeypatch.setattr(desk.emulator, "answer", lambda _asked: as_json({"fileContent": "a*b"}))

    with pytest.raises(DocumentRejected) as refused:
        await desk.hub.fetch(ref, max_bytes=1000)

    assert refused.value.rule == "refused"


@pytest.mark.parametrize("name", NAMES)
async def test_a_large_document_is_read_whole(name: str) -> None:
    desk = desk_of(name)
    body = b"<Invoice>" + b"1234567890" * 100_000 + b"</Invoice>"
    desk.emulator.receive(COMPANY, "1", body)

    fetched = await desk.hub.fetch(await only_ref(desk), max_bytes=len(body))

    assert fetched.body == body


async def test_an_answer_that_is_far_too_large_is_not_read() -> None:
    desk = desk_of("recommand")
    desk.emulator.receive(COMPANY, "1", b"x" * 2**21)

    with pytest.raises(DocumentRejected) as refused:
        await desk.hub.fetch(await only_ref(desk), max_bytes=1000)

    assert refused.value.rule == "size"


# -- words ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("", DocumentKind.PURCHASE_INVOICE),
        ("3", DocumentKind.PURCHASE_INVOICE),
        ("invoice", DocumentKind.PURCHASE_INVOICE),
        ("INVOICE", DocumentKind.PURCHASE_INVOICE),
        ("creditNote", DocumentKind.PURCHASE_CREDIT_NOTE),
        ("CREDIT_NOTE", DocumentKind.PURCHASE_CREDIT_NOTE),
        ("selfBillingInvoice", DocumentKind.SALES_INVOICE),
        ("selfBillingCreditNote", DocumentKind.SALES_CREDIT_NOTE),
        ("messageLevelResponse", DocumentKind.OTHER),
        ("InvoiceResponse", DocumentKind.OTHER),
        ("xml", DocumentKind.OTHER),
        ("urn:oasis:Invoice-2::Invoice##urn:cen.eu:en16931:2017", DocumentKind.PURCHASE_INVOICE),
        ("urn:oasis:CreditNote-2::CreditNote##urn:cen", DocumentKind.PURCHASE_CREDIT_NOTE),
        ("urn:oasis:Invoice-2::Invoice##urn:fdc:selfbilling:3.0", DocumentKind.SALES_INVOICE),
    ],
)
def test_the_words_of_all_hubs_for_a_kind_are_understood(word: str, kind: DocumentKind) -> None:
    assert kind_of(word) is kind


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-07-01T10:00:00Z", "UTC", "2026-07-01T10:00:00+00:00"),
        ("2026-07-01T10:00:00.1234567+02:00", "UTC", "2026-07-01T08:00:00.123456+00:00"),
        ("2026-07-01 10:00:00", "Europe/Brussels", "2026-07-01T08:00:00+00:00"),
        ("2026-07-01T10:00:00", "UTC", "2026-07-01T10:00:00+00:00"),
        ("2026-07-01 10:00:00", "Nowhere/AtAll", "2026-07-01T09:00:00+00:00"),
        ("yesterday", "UTC", None),
        ("", "UTC", None),
        ("0001-01-01T00:00:00+05:00", "UTC", None),
    ],
)
def test_times_are_read_with_and_without_a_zone(text: str, zone: str, moment: str | None) -> None:
    found = moment_of(text, zone)

    assert (found.isoformat() if found else None) == moment


def test_numbers_may_be_text_and_fields_may_be_missing() -> None:
    said = {"a": [{"n": "12"}, {"n": 12}, {"n": None}], "list": None}

    assert [whole_at(said, f"a.{place}.n") for place in range(4)] == [12, 12, None, None]
    assert text_at(said, "a.2.n") == ""
    assert pick(said, "a.x") is None
    assert pick(said, "list.0") is None


async def test_an_event_wakes_its_company_and_nothing_else_does() -> None:
    hub = desk_of("recommand").hub
    event = b'{"eventType":"document.received","documentId":"d","teamId":"t","companyId":"c"}'

    assert hub.parse_event({}, event) == (Hint("c"),)
    assert hub.parse_event({}, event.replace(b"received", b"sent")) == ()
    assert desk_of("scrada").hub.parse_event({}, event) == ()


def test_every_profile_names_its_assumptions_and_its_limits() -> None:
    assert all(profile.assumed and profile.guide for profile in PROFILES)
    assert SCRADA.capabilities.windows == SCRADA.windows
