"""Names of placed files."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef, KeyData
from pipeline.domain.paths import (
    Platform,
    TemplateRefused,
    beside,
    check_pattern,
    file_base_name,
    name_room,
    with_suffix,
)

ARRIVAL = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
KEY = DocumentKey("native", "7", "doc-1")
ACME = KeyData(supplier_name="Acme N.V.", customer_name="Peeters", number="F2026/0017")


def ref(
    kind: DocumentKind = DocumentKind.PURCHASE_INVOICE,
    received_at: datetime = ARRIVAL,
    file_name: str | None = None,
    content_type: str | None = None,
) -> DocumentRef:
    return DocumentRef(KEY, kind, received_at, file_name=file_name, content_type=content_type)


def test_an_invoice_is_named_by_arrival_supplier_number_and_short_id() -> None:
    name = file_base_name(ref(), ACME)

    assert name == f"20260304-050607_Acme-N-V_F2026-0017_{KEY.short_id}.xml"


def test_a_sales_invoice_is_named_after_the_customer() -> None:
    name = file_base_name(ref(DocumentKind.SALES_CREDIT_NOTE), ACME)

    assert name == f"20260304-050607_Peeters_F2026-0017_{KEY.short_id}.xml"


def test_a_document_of_which_nothing_is_known_still_has_a_name() -> None:
    assert file_base_name(ref()) == f"20260304-050607_{KEY.short_id}.xml"


def test_names_sort_by_arrival_whatever_time_zone_the_hub_writes() -> None:
    brussels = timezone(timedelta(hours=2))
    earlier = file_base_name(ref(received_at=ARRIVAL.astimezone(brussels)), ACME)
    later = file_base_name(ref(received_at=ARRIVAL + timedelta(seconds=1)), KeyData())

    assert earlier == file_base_name(ref(), ACME)
    assert sorted([later, earlier]) == [earlier, later]


def test_the_time_zone_of_the_server_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = file_base_name(ref(), ACME)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert file_base_name(ref(), ACME) == expected
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_statement_sorts_by_account_date_and_sequence() -> None:
    statements = [
        KeyData(iban="BE68 5390 0754 7034", currency="EUR", number=number, issue_date=day)
        for number, day in (("250", "2025-12-31"), ("1", "2026-01-02"), ("2", "2026-01-02"))
    ]

    names = [file_base_name(ref(DocumentKind.BANK_STATEMENT), data) for data in statements]

    assert names[1] == f"BE68539007547034_EUR_2026-01-02_001_{KEY.short_id}.cod"
    assert names == sorted(names)


def test_a_statement_without_an_account_is_named_by_arrival() -> None:
    name = file_base_name(ref(DocumentKind.BANK_STATEMENT))

    assert name == f"20260304-050607_{KEY.short_id}.cod"


@pytest.mark.parametrize(
    ("file_name", "content_type", "expected"),
    [
        ("Payroll March.PDF", None, f"20260304-050607_Payroll-March_{KEY.short_id}.pdf"),
        ("../../evil.exe", None, f"20260304-050607_evil_{KEY.short_id}.bin"),
        ("a.pdf.lnk", "application/pdf", f"20260304-050607_a-pdf_{KEY.short_id}.pdf"),
        (None, "text/csv; charset=utf-8", f"20260304-050607_{KEY.short_id}.csv"),
        (None, None, f"20260304-050607_{KEY.short_id}.bin"),
        ("no extension", None, f"20260304-050607_no-extension_{KEY.short_id}.bin"),
    ],
)
def test_another_document_keeps_its_own_name_and_harmless_extension(
    file_name: str | None, content_type: str | None, expected: str
) -> None:
    other = ref(DocumentKind.OTHER, file_name=file_name, content_type=content_type)

    assert file_base_name(other) == expected


def test_the_office_may_choose_its_own_pattern() -> None:
    pattern = "[number|upper] of [year]-[month] by [supplier]"

    name = file_base_name(ref(), ACME, pattern)

    assert name == f"F2026-0017 of 2026-03 by Acme-N-V_{KEY.short_id}.xml"


def test_a_pattern_can_give_neither_a_device_nor_a_hidden_file() -> None:
    assert file_base_name(ref(), KeyData(), "CON.[number]").startswith("_CON")
    assert file_base_name(ref(), KeyData(), ".[number]").startswith("purchase_invoice_")
    assert file_base_name(ref(), KeyData(), "../[number]").startswith("__")


def test_an_unknown_variable_in_a_pattern_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TemplateRefused, match="supplier"):
        check_pattern("[enterprise_name]")


def test_a_long_name_is_cut_before_its_short_id() -> None:
    name = file_base_name(ref(), ACME, "é" * 200 + "[number]")

    assert len(name.encode()) <= 120
    assert name.endswith(f"_{KEY.short_id}.xml")


def test_a_name_fits_into_the_room_its_folder_leaves_on_windows() -> None:
    folder = "C:\\" + "x" * 150

    room = name_room(folder, Platform.WINDOWS)
    name = file_base_name(ref(), ACME, "y" * 200, max_bytes=room)

    assert len(f"{folder}\\{name}") <= 240
    assert name_room(folder, Platform.POSIX) == 120


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a_0123abcd.xml", "a_2_0123abcd.xml"),
        ("photo.jpg", "photo_2.jpg"),
        ("no_extension", "no_extension_2"),
    ],
)
def test_the_next_choice_for_a_taken_name_is_numbered(name: str, expected: str) -> None:
    assert with_suffix(name, 1) == name
    assert with_suffix(name, 2) == expected


def test_a_numbered_name_stays_within_its_length() -> None:
    name = file_base_name(ref(), ACME, "y" * 200)

    assert len(with_suffix(name, 17)) <= 120
    assert with_suffix(name, 17).endswith(f"_17_{KEY.short_id}.xml")


def test_the_pdf_has_the_base_name_of_its_invoice() -> None:
    assert beside("20260304_acme_0123abcd.xml", ".pdf") == "20260304_acme_0123abcd.pdf"
