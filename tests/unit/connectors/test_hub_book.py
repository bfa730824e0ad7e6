"""The book of hubs: private, whole, and without a name that could be mistaken for another's."""

import os
from pathlib import Path

import pytest

from pipeline.connectors.hub_book import HubBook, HubBookFile, HubEntry, PackageEntry
from pipeline.domain.documents import Location
from pipeline.domain.errors import ConfigurationError

CODABOX = HubEntry(
    "codabox",
    "codabox",
    {"user": "office"},
    PackageEntry("Winbooks", {Location.BANK_STATEMENTS: "books/[iban]"}),
)
PEPPOL = HubEntry("peppol", "e_invoice_be", is_office=True)


@pytest.fixture
def file(tmp_path: Path) -> HubBookFile:
    return HubBookFile.of(tmp_path / "state")


def test_an_installation_begins_with_an_empty_book(file: HubBookFile) -> None:
    assert file.load() == HubBook()
    assert not file.secrets()


def test_what_is_written_is_read(file: HubBookFile) -> None:
    book = HubBook(links={"codabox/1": "native/2"}).put(CODABOX).put(PEPPOL)

    file.save(book)

    assert file.load() == book


def test_a_hub_leaves_with_its_links_and_its_name_stays_its_kinds() -> None:
    links = {"codabox/1": "native/2", "peppol/1": "native/2"}
    book = HubBook(links=links).put(CODABOX).put(PEPPOL).without("codabox")

    assert list(book.hubs) == ["peppol"]
    assert book.links == {"peppol/1": "native/2"}
    assert set(book.names) == {"peppol", "codabox"}
    with pytest.raises(ConfigurationError, match="another kind"):
        book.put(HubEntry("codabox", "sftp"))
    assert book.put(CODABOX).former == {}


def test_a_hub_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="There are: codabox"):
        HubBook().put(CODABOX).get("telex")


@pytest.mark.parametrize("name", ["", "a/b", "A", "-a", "a b", "a" * 41, "hub.json", "é"])
def test_names_that_could_not_be_part_of_a_key_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="no name for a hub"):
        HubBook().put(HubEntry(name, "codabox"))


def test_secrets_are_kept_apart_and_forgotten(file: HubBookFile) -> None:
    file.save_secret("codabox", "password", "opens nothing\n")

    assert file.secret("codabox", "password") == "opens nothing"
    assert file.secrets() == ["opens nothing"]
    file.forget_secret("codabox", "password")
    file.forget_secret("codabox", "password")
    assert file.secret("codabox", "password") is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"hubs":[{"name":"a"}]}', '{"colour":"red"}'])
def test_a_book_that_cannot_be_read_is_told(file: HubBookFile, text: str) -> None:
    file.save(HubBook())
    path = file.folder.path / "hubs.json"
    path.write_text(text)

    with pytest.raises(ConfigurationError, match=r"hubs\.json"):
        file.load()


@pytest.mark.skipif(os.name != "posix", reason="rights of files are another matter there")
def test_a_book_that_others_can_read_is_refused(file: HubBookFile) -> None:
    file.save(HubBook())
    (file.folder.path / "hubs.json").chmod(0o644)

    with pytest.raises(ConfigurationError, match="chmod"):
        file.load()
