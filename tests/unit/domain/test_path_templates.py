"""Path templates: what a person may write, and what becomes of it."""

from datetime import UTC, datetime

import pytest

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef, KeyData
from pipeline.domain.errors import ConfigurationError, LocationUnusable
from pipeline.domain.paths import DocumentValues, PathTemplate, Platform, TemplateRefused

POSIX, WINDOWS = Platform.POSIX, Platform.WINDOWS
DOSSIER = Dossier("native", "7", "Bakkerij Peeters B.V.", "BE0123456749", "2026-017")
VALUES = DocumentValues("purchase_invoice", "2026", "03", "BE68539007547034", "Acme", "F/1")


def windows(text: str) -> PathTemplate:
    return PathTemplate.parse(text, platform=WINDOWS)


def posix(text: str, root: str | None = None) -> PathTemplate:
    return PathTemplate.parse(text, platform=POSIX, root=root)


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        (
            r"C:\Winbooks\Data\[enterprise_identifier]\inbound",
            r"C:\Winbooks\Data\BE0123456749\inbound",
        ),
        (
            r"C:\Books\[enterprise_name]_[enterprise_identifier]\inbound",
            r"C:\Books\Bakkerij Peeters B.V_BE0123456749\inbound",
        ),
        (
            r"\\server\import\UBL\[accounting_file_id]\in",
            r"\\server\import\UBL\2026-017\in",
        ),
        (r"d:/Books/[enterprise_identifier|dots]", r"D:\Books\0123.456.749"),
        (r"C:\Books\[enterprise_name]", r"C:\Books\Bakkerij Peeters B.V"),
    ],
    ids=["winbooks", "two variables", "network path", "forward slashes", "trailing dot"],
)
def test_the_variables_of_a_dossier_are_filled_in(template: str, folder: str) -> None:
    assert windows(template).pin(DOSSIER) == folder


@pytest.mark.parametrize(
    ("filters", "identifier", "folder"),
    [
        ("digits", "BE0123456749", "0123456749"),
        ("digits", "0208:0123456749", "0123456749"),
        ("be", "0123.456.749", "BE0123456749"),
        ("be", "123456749", "BE0123456749"),
        ("dots", "BE 0123 456 749", "0123.456.749"),
        ("lower", "BE0123456749", "be0123456749"),
        ("be|lower", "0123456749", "be0123456749"),
        (" digits | dots ", "BE0123456749", "0123.456.749"),
    ],
)
def test_filters_are_applied_from_left_to_right(filters: str, identifier: str, folder: str) -> None:
    template = posix(f"/srv/books/[enterprise_identifier|{filters}]")

    assert template.pin(Dossier("h", "1", "X", identifier)) == f"/srv/books/{folder}"


def test_document_variables_stay_until_a_document_fills_them() -> None:
    template = posix("/srv/books/[enterprise_identifier]/[year]/[month]-[kind]/[iban]")

    pinned = template.pin(DOSSIER)

    assert pinned == "/srv/books/BE0123456749/[year]/[month]-[kind]/[iban]"
    assert template.render(pinned, VALUES) == (
        "/srv/books/BE0123456749/2026/03-purchase_invoice/BE68539007547034"
    )


def test_a_template_without_document_variables_renders_to_its_pin() -> None:
    template = posix("/srv/books/[accounting_file_id]")

    pinned = template.pin(DOSSIER)

    assert template.render(pinned, VALUES) == pinned


def test_a_document_without_a_value_still_gets_a_folder() -> None:
    template = posix("/srv/books/in/[iban]/[supplier|digits]")
    values = DocumentValues("other", "2026", "03", supplier="no digits here")

    assert template.render(template.pin(DOSSIER), values) == "/srv/books/in/_/_"


def test_a_value_is_never_read_as_a_variable() -> None:
    template = posix("/srv/books/[enterprise_name]/[enterprise_name]-[year]")
    pinned = template.pin(Dossier("h", "1", "[supplier] [year]"))

    folder = template.render(pinned, VALUES)

    assert folder == "/srv/books/[supplier] [year]/(supplier) (year)-2026"


def test_a_value_fills_one_component_only() -> None:
    template = posix("/srv/books/[enterprise_name]/[supplier]")
    values = DocumentValues("other", "2026", "03", supplier="../../etc/passwd")

    folder = template.render(template.pin(Dossier("h", "1", "../../root")), values)

    assert folder == "/srv/books/_._root/_._etc_passwd"


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("/srv/books/[year]/in", "/srv/books"),
        ("/srv/books/in-[year]", "/srv/books"),
        ("/srv/books/in", "/srv/books"),
        ("/srv//books/./in/", "/srv/books"),
    ],
    ids=["variable", "variable in part of a name", "no variable", "not normalised"],
)
def test_the_root_is_never_inside_nor_above_only_an_inbox(text: str, root: str) -> None:
    assert posix(text).root == root


@pytest.mark.parametrize(
    ("template", "folder", "expected"),
    [
        pytest.param("/srv/books/[year]", "/srv", True, id="above"),
        pytest.param("/srv/books/[year]", "/srv/books", True, id="at-the-prefix"),
        pytest.param("/srv/books", "/srv/books", False, id="the-folder-itself"),
        pytest.param("/srv/[year]/in", "/srv/books", False, id="a-variable-in-between"),
        pytest.param("/srv/bookshop/in", "/srv/book", False, id="a-longer-name"),
        pytest.param("/other/in", "/srv", False, id="elsewhere"),
    ],
)
def test_a_location_knows_whether_all_its_folders_lie_below_one(
    template: str, folder: str, *, expected: bool
) -> None:
    assert posix(template).is_below(folder) is expected


def test_the_literal_prefix_of_a_fixed_folder_is_the_folder_itself() -> None:
    assert posix("/srv/books/in").literal_prefix == "/srv/books/in"
    assert posix("/srv/books/[year]/in").literal_prefix == "/srv/books"


def test_the_variables_of_a_template_are_known() -> None:
    template = posix("/srv/x/[enterprise_name|upper]-[year]/[kind]/[enterprise_name]")

    assert template.dossier_variables == {"enterprise_name"}
    assert template.document_variables == {"year", "kind"}


def test_a_relative_template_lies_under_the_root() -> None:
    template = posix("[accounting_file_id]/in", root="/srv/books/")

    assert template.text == "/srv/books/[accounting_file_id]/in"
    assert template.root == "/srv/books"


def test_a_relative_template_lies_under_the_root_on_windows_too() -> None:
    template = PathTemplate.parse(r"[year]\in", platform=WINDOWS, root=r"\\server\books\in")

    assert template.text == r"\\server\books\in\[year]\in"


def test_the_text_of_a_template_parses_to_the_same_template() -> None:
    template = windows(r"c:/Data/[enterprise_name | upper]/[year]")

    assert template.text == r"C:\Data\[enterprise_name|upper]\[year]"
    assert windows(template.text) == template


@pytest.mark.parametrize(
    ("text", "platform", "rule", "words"),
    [
        ("", POSIX, "empty", "Write a folder"),
        ("in/[year]", POSIX, "relative", "DOSSIERPOST_ROOT"),
        ("/srv/../etc/[year]", POSIX, "parent", "'..'"),
        (r"C:\Data\..\x\in", WINDOWS, "parent", "'..'"),
        ("/srv/a\0b/in", POSIX, "control", "control character"),
        ("/srv/a\nb/in", POSIX, "control", "control character"),
        ("/srv/[company]/in", POSIX, "variable", "enterprise_identifier"),
        ("/srv/[year|shout]", POSIX, "filter", "digits"),
        ("/srv/[year", POSIX, "bracket", "bracket"),
        ("/srv/year]", POSIX, "bracket", "bracket"),
        ("/srv/[[year]]", POSIX, "bracket", "bracket"),
        ("/[enterprise_name]/in", POSIX, "root", "directly in /"),
        ("/inbox", POSIX, "root", "directly in /"),
        ("/", POSIX, "root", "directly in /"),
        (r"D:\[enterprise_name]", WINDOWS, "root", "directly in D:\\"),
        (r"C:\inbox", WINDOWS, "root", "directly in C:\\"),
        (r"\\server\share\[enterprise_name]", WINDOWS, "root", "directly in"),
        (r"C:\Data\in", POSIX, "platform", "Windows location"),
        (r"C:Data\in", WINDOWS, "drive", "backslash"),
        (r"\Data\in", WINDOWS, "drive", "which drive"),
        (r"\\server", WINDOWS, "share", r"\\server\share\folder"),
        (r"\\?\C:\Data\in", WINDOWS, "share", "network path"),
        (r"\\.\pipe\x\in", WINDOWS, "share", "network path"),
        (r"\\[enterprise_name]\share\x\in", WINDOWS, "share", "network path"),
        (r"C:\Data\NUL\in", WINDOWS, "windows", "device name"),
        (r"C:\Data\com1.x\in", WINDOWS, "windows", "device name"),
        (r"C:\Data\a:b\in", WINDOWS, "windows", "not allow"),
        (r"C:\Data\what?\in", WINDOWS, "windows", "not allow"),
        (r"C:\Data.\x\in", WINDOWS, "windows", "dot"),
        (r"C:\PROGRA~1\x\in", WINDOWS, "windows", "short name"),
    ],
)
def test_a_location_that_cannot_be_used_says_why(
    text: str, platform: Platform, rule: str, words: str
) -> None:
    with pytest.raises(TemplateRefused) as refused:
        PathTemplate.parse(text, platform=platform)

    assert refused.value.rule == rule
    assert words in str(refused.value)
    assert isinstance(refused.value, ConfigurationError)


def test_the_root_of_relative_locations_must_be_absolute() -> None:
    with pytest.raises(TemplateRefused, match="no absolute root"):
        posix("in/[year]", root="books")


@pytest.mark.parametrize("dossier_number", ["", "  "], ids=["empty", "spaces"])
def test_a_dossier_without_a_used_value_is_told_what_to_fill_in(dossier_number: str) -> None:
    template = posix("/srv/books/[accounting_file_id]/in")

    with pytest.raises(LocationUnusable) as unusable:
        template.pin(Dossier("native", "7", "Bakkerij Peeters", "BE1", dossier_number))

    for words in ("Bakkerij Peeters", "native/7", "[accounting_file_id]", "dossier number"):
        assert words in str(unusable.value)


def test_a_filter_that_leaves_nothing_is_told_with_the_value() -> None:
    template = posix("/srv/books/[enterprise_identifier|be]")

    with pytest.raises(LocationUnusable, match="'NL123' gives nothing"):
        template.pin(Dossier("native", "7", "Bakkerij Peeters", "NL123"))


def test_an_unused_empty_value_does_not_matter() -> None:
    assert posix("/srv/books/[enterprise_name]").pin(Dossier("h", "1", "X")) == "/srv/books/X"


def test_a_folder_too_long_for_windows_is_refused() -> None:
    template = windows("C:\\" + "\\".join(["x" * 30] * 4) + "\\[enterprise_name]")

    with pytest.raises(LocationUnusable, match="too long for Windows"):
        template.pin(Dossier("h", "1", "y" * 80))


def test_a_pin_of_another_template_is_refused() -> None:
    template = posix("/srv/books/[enterprise_name]/in")

    for pinned in ("/srv/books/X", "/srv/other/X/in"):
        with pytest.raises(LocationUnusable):
            template.render(pinned, VALUES)


@pytest.mark.parametrize(
    ("issue_date", "year", "month"),
    [
        ("2025-12-31", "2025", "12"),
        ("2025-12-31+01:00", "2025", "12"),
        (None, "2026", "01"),
        ("31/12/2025", "2026", "01"),
        ("../../..", "2026", "01"),
    ],
)
def test_year_and_month_are_of_the_issue_date_or_else_of_the_arrival(
    issue_date: str | None, year: str, month: str
) -> None:
    received_at = datetime.fromisoformat("2025-12-31T23:30:00-02:00")
    ref = DocumentRef(DocumentKey("h", "1", "x"), DocumentKind.OTHER, received_at)

    values = DocumentValues.of(ref, KeyData(issue_date=issue_date, supplier_name="Acme"))

    assert (values.kind, values.year, values.month) == ("other", year, month)
    assert (values.supplier, values.number, values.iban) == ("Acme", "", "")


def test_a_document_value_is_taken_as_it_is_written() -> None:
    ref = DocumentRef(
        DocumentKey("h", "1", "x"), DocumentKind.BANK_STATEMENT, datetime(2026, 1, 2, tzinfo=UTC)
    )

    values = DocumentValues.of(ref, KeyData(iban="BE68 5390 0754 7034", number="017"))

    assert (values.iban, values.number) == ("BE68 5390 0754 7034", "017")
