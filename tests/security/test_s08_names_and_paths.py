"""S8: no value from outside chooses a folder, a device, a stream or a hidden file."""

import unicodedata
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef, KeyData
from pipeline.domain.errors import LocationUnusable
from pipeline.domain.paths import (
    DocumentValues,
    PathTemplate,
    Platform,
    file_base_name,
    safe_component,
)
from pipeline.domain.paths.components import FORBIDDEN, is_device_name, utf16_units

HOSTILE = {
    "..": "_",
    "../../etc/passwd": "_._etc_passwd",
    "..\\..\\Windows": "_._Windows",
    "C:\\x": "C__x",
    "\\\\srv\\share": "__srv_share",
    "CON": "_CON",
    "con.xml": "_con.xml",
    "AUX.": "_AUX",
    "NUL .txt": "_NUL .txt",
    "COM¹": "_COM1",
    "COM1.xml": "_COM1.xml",
    "LPT9": "_LPT9",
    "LPT0.a.b": "_LPT0.a.b",
    "CONIN$": "_CONIN$",
    "clock$.txt": "_clock$.txt",
    "a:b": "a_b",
    "a:$DATA": "a_$DATA",
    "file.xml::$DATA": "file.xml__$DATA",
    "tr.": "tr",
    "tr ": "tr",
    "tr. .": "tr",
    "": "_",
    "   ": "_",
    ".": "_",
    "...": "_",
    "a/b": "a_b",
    "a\x00b": "a_b",
    "a\nb": "a_b",
    "a\x1bb": "a_b",
    "a\x7fb": "a_b",
    "Ko\u0308ln": "K\u00f6ln",
    "K\u00f6ln": "K\u00f6ln",
    "\u202egpj.xml": "_gpj.xml",
    "zero\u200bwidth": "zero_width",
    "line\u2028end": "line_end",
    "\ufb01": "fi",
    "\uff21": "A",
    "\uff0fetc": "_etc",
    "\u2025": "_",
    "\u2026": "_",
    "no\u00a0break": "no break",
    "a" * 300: "a" * 80,
    "a" * 79 + " b": "a" * 79,
    "a" * 79 + ".b": "a" * 79,
    "\u00e9" * 200: "\u00e9" * 40,
    "\U0001f600" * 100: "\U0001f600" * 20,
    "-rf": "_rf",
    "~x": "_x",
    "%2e%2e%2f": "%2e%2e%2f",
    "${HOME}": "${HOME}",
    "[enterprise_name]": "[enterprise_name]",
    "{0.__class__}": "{0.__class__}",
    "a*b?": "a_b_",
    '"q"': "_q_",
    "<b>": "_b_",
    "B.V.": "B.V",
    "M\u00fcller & S\u00f6hne GmbH & Co. KG": "M\u00fcller & S\u00f6hne GmbH & Co. KG",
    "N.V. De Lijn ": "N.V. De Lijn",
    "O'Neil": "O'Neil",
    "\u0130stanbul": "\u0130stanbul",
    "\u00df": "\u00df",
    "\ud800": "\ufffd",
    "\ue000": "_",
    "\U000e0041": "_",
}
"""Names that broke something somewhere, and what becomes of each."""

ARRIVAL = datetime(2026, 3, 4, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(codec=None)) | st.text(
    st.sampled_from("./\\:~-_ []|CONAUX01¹\u0301\u0345\u200b\u202e\ud800éß\U0001f600\0")
)
WINDOWS = PathTemplate.parse(
    r"C:\Data\[enterprise_name]\[supplier]-[enterprise_identifier]\[number]",
    platform=Platform.WINDOWS,
)
POSIX = PathTemplate.parse(
    "/srv/data/[enterprise_name]/[supplier]-[enterprise_identifier]/[number]",
    platform=Platform.POSIX,
)


def assert_is_one_safe_component(name: str, max_bytes: int) -> None:
    assert name not in {"", ".", ".."}
    assert not FORBIDDEN & set(name)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"} for c in name)
    assert name == name.strip(" ")
    assert not name.startswith(".")
    assert not name.endswith(".")
    assert not is_device_name(name)
    assert len(name.encode()) <= max_bytes
    assert utf16_units(name) <= max_bytes
    assert unicodedata.is_normalized("NFC", name)


@pytest.mark.parametrize(("hostile", "safe"), HOSTILE.items(), ids=map(ascii, HOSTILE))
def test_a_hostile_name_becomes_one_harmless_component(hostile: str, safe: str) -> None:
    assert safe_component(hostile) == safe
    assert_is_one_safe_component(safe, 80)


@given(ANY_TEXT)
def test_any_text_becomes_one_safe_component(text: str) -> None:
    assert_is_one_safe_component(safe_component(text), 80)


@given(ANY_TEXT)
def test_a_second_pass_changes_nothing(text: str) -> None:
    once = safe_component(text)

    assert safe_component(once) == once


@given(name=ANY_TEXT, identifier=ANY_TEXT, supplier=ANY_TEXT, number=ANY_TEXT)
def test_a_rendered_folder_lies_below_its_literal_prefix(
    name: str, identifier: str, supplier: str, number: str
) -> None:
    values = DocumentValues("other", "2026", "01", supplier=supplier, number=number)
    for template in (WINDOWS, POSIX):
        try:
            pinned = template.pin(Dossier("h", "1", name, identifier))
            folder = template.render(pinned, values)
        except LocationUnusable:
            continue
        assert_is_confined(folder, template)


def assert_is_confined(folder: str, template: PathTemplate) -> None:
    pure = PureWindowsPath if template.platform is Platform.WINDOWS else PurePosixPath
    below = pure(folder).relative_to(pure(template.literal_prefix)).parts
    assert len(below) == 3
    for component in below:
        assert_is_one_safe_component(component, 240)


@given(supplier=ANY_TEXT, number=ANY_TEXT, file_name=ANY_TEXT, document_id=ANY_TEXT)
def test_a_file_name_is_one_safe_component_that_ends_in_the_short_id(
    supplier: str, number: str, file_name: str, document_id: str
) -> None:
    key_data = KeyData(supplier_name=supplier, number=number, iban=number, currency=supplier)
    for kind in DocumentKind:
        ref = DocumentRef(DocumentKey("h", "1", document_id), kind, ARRIVAL, file_name=file_name)
        name = file_base_name(ref, key_data)
        assert_is_one_safe_component(name, 120)
        assert name.rpartition(".")[0].endswith(f"_{ref.key.short_id}")


def test_a_short_name_never_opens_another_folder() -> None:
    pinned = WINDOWS.pin(Dossier("h", "1", "FOLDER~1", "\uff5e\uff11"))

    assert pinned == r"C:\Data\FOLDER_1\[supplier]-_1\[number]"
