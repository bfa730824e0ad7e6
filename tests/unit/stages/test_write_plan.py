"""Which folder, which names: decided before anything is written."""

import json
from dataclasses import replace

import pytest

from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import Delivery
from pipeline.domain.documents import (
    CheckedDocument,
    CheckFailure,
    DocumentKind,
    FailureCause,
    Finding,
    Location,
    Severity,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import DocumentHeld, DocumentRejected, LocationUnusable, TenantBlocked
from tests.unit.stages.desk import INBOX, PACKAGE, ROOT, Desk, dossier, item, name_of, placed_as


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.recover()
    return desk


async def test_the_folder_is_that_of_the_dossier_and_the_name_says_what_it_is(desk: Desk) -> None:
    results = await desk.deliver(item(1), item(2, dossier_id="d2"))

    assert placed_as(results) == [f"{INBOX}/{name_of(1)}", f"{ROOT}/F2/in/{name_of(2)}"]


async def test_the_first_pdf_is_placed_beside_the_document_and_before_it(desk: Desk) -> None:
    desk.configure(extracts_embedded_pdf=True)

    await desk.deliver(item(1, pdf=b"%PDF"))

    assert desk.files() == {name_of(1, extension=".pdf"): b"%PDF", name_of(1): b"body 1"}
    assert list(desk.files()) == [name_of(1, extension=".pdf"), name_of(1)]
    assert [file.name for file in (await desk.row(1)).files] == list(desk.files())


async def test_a_pdf_stays_where_it_is_unless_the_package_wants_it(desk: Desk) -> None:
    await desk.deliver(item(1, pdf=b"%PDF"))

    assert list(desk.files()) == [name_of(1)]


async def test_a_kind_without_a_location_is_error_and_says_what_to_do(desk: Desk) -> None:
    [result] = await desk.write([item(1, kind=DocumentKind.SALES_INVOICE)])

    assert isinstance(result, DocumentRejected)
    assert result.rule == "location"
    assert "sales invoices" in str(result)


@pytest.mark.parametrize("known", [None, dossier(1, package=None)], ids=["gone", "no package"])
async def test_a_dossier_that_is_not_linked_any_more_is_paused(
    desk: Desk, known: Dossier | None
) -> None:
    desk.dossiers = {"d1": known} if known else {}

    [result] = await desk.write([item(1)])

    assert isinstance(result, TenantBlocked)
    assert "accounting package" in str(result)


async def test_two_dossiers_do_not_share_a_folder_unawares(desk: Desk) -> None:
    desk.volume.make_folders(f"{ROOT}/all")
    desk.configure(locations={Location.PURCHASE_INVOICES: f"{ROOT}/all"})

    first, second = await desk.write([item(1), item(2, dossier_id="d2")])

    refused = [each for each in (first, second) if isinstance(each, LocationUnusable)]
    assert len(refused) == 1
    assert "already receives the documents of dossier" in str(refused[0])
    assert len(desk.files(f"{ROOT}/all")) == 1


async def test_a_package_may_let_dossiers_share_a_folder(desk: Desk) -> None:
    desk.volume.make_folders(f"{ROOT}/all")
    desk.configure(locations={Location.PURCHASE_INVOICES: f"{ROOT}/all"}, shares_folders=True)

    await desk.deliver(item(1), item(2, dossier_id="d2"))

    assert len(desk.files(f"{ROOT}/all")) == 2


async def test_a_renamed_enterprise_keeps_its_folder(desk: Desk) -> None:
    template = {Location.PURCHASE_INVOICES: f"{ROOT}/[enterprise_name]/in"}
    desk.configure(locations=template)
    await desk.deliver(item(1))
    desk.dossiers["d1"] = replace(desk.dossiers["d1"], enterprise_name="New name")
    await desk.restart()
    await desk.recover()

    results = await desk.deliver(item(2))

    assert placed_as(results) == [f"{ROOT}/Client 1/in/{name_of(2)}"]


async def test_document_variables_choose_a_folder_for_each_document(desk: Desk) -> None:
    desk.configure(
        locations={Location.PURCHASE_INVOICES: f"{ROOT}/[accounting_file_id]/[year]/[number]"}
    )

    results = await desk.deliver(item(1), item(2))

    assert placed_as(results) == [
        f"{ROOT}/F1/2026/2026-1/{name_of(1)}",
        f"{ROOT}/F1/2026/2026-2/{name_of(2)}",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"locations": {Location.PURCHASE_INVOICES: f"{ROOT}/[nonsense]/in"}},
        {"file_name": "[nonsense]"},
    ],
    ids=["location", "file name"],
)
async def test_a_setting_that_is_refused_pauses_the_dossier_not_the_program(
    desk: Desk, changes: dict[str, object]
) -> None:
    desk.configure(**changes)

    [result] = await desk.write([item(1)])

    assert isinstance(result, LocationUnusable)
    assert PACKAGE.name in str(result)


def invalid(number: int, *, is_released: bool = False) -> CheckedDocument:
    """An invoice that breaks two rules."""
    checked = item(number, is_released=is_released)
    findings = (
        Finding("en16931", "BR-CO-15", Severity.FATAL, "The totals do not add up."),
        Finding("peppol", "PEPPOL-EN16931-R010", Severity.FATAL, "The buyer has no address."),
        Finding("en16931", "BR-51", Severity.WARNING, "A card number is too long."),
    )
    report = replace(checked.report, verdict=Verdict.INVALID, findings=findings)
    return replace(checked, report=report)


async def test_an_invalid_document_is_delivered_and_what_was_found_is_kept(desk: Desk) -> None:
    await desk.deliver(invalid(1))

    row = await desk.row(1)
    assert list(desk.files()) == [name_of(1)]
    assert row.verdict is Verdict.INVALID
    assert len(json.loads(row.findings_json)) == 3


async def test_a_package_may_hold_invalid_documents(desk: Desk) -> None:
    desk.configure(blocks_on_fatal=True)

    held, placed = await desk.write([invalid(1), item(2)])

    assert isinstance(held, DocumentHeld)
    assert held.rule == "BR-CO-15"
    assert "BR-CO-15, PEPPOL-EN16931-R010: The totals do not add up." in str(held)
    assert isinstance(placed, Delivery)
    assert list(desk.files()) == [name_of(2)]


async def test_a_message_names_five_rules_at_most(desk: Desk) -> None:
    desk.configure(blocks_on_fatal=True)
    findings = tuple(Finding("x", f"R{n}", Severity.FATAL, "Wrong.") for n in range(7))
    report = replace(invalid(1).report, findings=findings)

    [held] = await desk.write([replace(invalid(1), report=report)])

    assert "breaks R0, R1, R2, R3, R4 and 2 more: Wrong." in str(held)


async def test_a_package_that_holds_invalid_documents_holds_what_could_not_be_checked(
    desk: Desk,
) -> None:
    failures = (CheckFailure(FailureCause.CRASH, "a traceback"),)
    report = ValidationReport(Verdict.UNCHECKED, failures=failures)
    unchecked = [replace(item(1), report=report), replace(item(2), report=report)]

    [placed] = await desk.write(unchecked[:1])
    desk.configure(blocks_on_fatal=True)
    [held] = await desk.write(unchecked[1:])

    assert isinstance(placed, Delivery)
    assert isinstance(held, DocumentHeld)
    assert held.rule == "unchecked-crash"
    assert "could not be checked (crash)" in str(held)


async def test_a_released_document_is_delivered_although_it_is_invalid(desk: Desk) -> None:
    desk.configure(blocks_on_fatal=True)

    await desk.deliver(invalid(1, is_released=True))

    assert list(desk.files()) == [name_of(1)]
    assert (await desk.row(1)).verdict is Verdict.INVALID


async def test_known_folders_cost_the_state_nothing(desk: Desk) -> None:
    await desk.deliver(item(1))
    desk.counted.calls.clear()

    await desk.deliver(item(2))

    assert dict(desk.counted.calls) == {"intend": 1, "delivered": 1}


async def test_findings_are_kept_with_the_row(desk: Desk) -> None:
    finding = Finding("peppol", "PEPPOL-EN16931-R010", Severity.WARNING, "no endpoint")
    checked = item(1)
    checked = replace(checked, report=replace(checked.report, findings=(finding,)))

    await desk.deliver(checked)

    [kept] = json.loads((await desk.row(1)).findings_json)
    assert kept["rule"] == "PEPPOL-EN16931-R010"


async def test_a_package_with_its_own_file_name_pattern_is_obeyed(desk: Desk) -> None:
    desk.configure(file_name="[number]")

    [delivery] = await desk.deliver(item(1))

    assert delivery.path == f"{INBOX}/2026-1_{item(1).key.short_id}.xml"
