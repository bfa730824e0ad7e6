"""Which hubs a person added, kept beside the state: what is secret of them in files of its own.

``hubs/hubs.json`` holds the hubs, the links of their dossiers, and the names of hubs that were
removed, because documents are known under them for ever.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from pipeline.connectors.private_files import PrivateFolder
from pipeline.domain.customers import AccountingPackage
from pipeline.domain.documents import Location
from pipeline.domain.errors import ConfigurationError

FOLDER = "hubs"
FILE = "hubs.json"
LARGEST = 16 * 2**20
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class PackageEntry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The accounting package of dossiers for which a hub names none."""

    name: str
    locations: dict[Location, str]
    extracts_embedded_pdf: bool = False
    shares_folders: bool = False
    blocks_on_fatal: bool = False
    delivers_duplicates: bool = False
    file_name: str | None = None

    def to_domain(self, hub: str) -> AccountingPackage:
        """The package, under the name of its hub."""
        return AccountingPackage(
            id=hub,
            name=self.name,
            locations=self.locations,
            extracts_embedded_pdf=self.extracts_embedded_pdf,
            shares_folders=self.shares_folders,
            blocks_on_fatal=self.blocks_on_fatal,
            delivers_duplicates=self.delivers_duplicates,
            file_name=self.file_name,
        )


class HubEntry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A hub: its connector and what that is set up with, without what is secret.

    ``is_office`` says that its dossiers and their packages are the office's own, which those of
    other hubs are linked to.
    """

    name: str
    connector: str
    values: dict[str, str] = {}
    package: PackageEntry | None = None
    is_office: bool = False


class _Content(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    hubs: list[HubEntry] = []
    links: dict[str, str] = {}
    former: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class HubBook:
    """What is written in the book; changed by making another and writing that.

    ``links`` go from the tenant of a dossier to that of the office's own dossier, ``former`` from
    the name of a hub that was removed to its connector.
    """

    hubs: Mapping[str, HubEntry] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> Sequence[str]:
        """Every hub that ever was in the book."""
        return tuple(dict.fromkeys([*self.hubs, *self.former]))

    def get(self, name: str) -> HubEntry:
        """The hub of a name; raises `ConfigurationError` when there is none."""
        if name not in self.hubs:
            known = f"There are: {', '.join(self.hubs)}." if self.hubs else "None was added."
            raise ConfigurationError(f"No hub is named {name!r}. {known}")
        return self.hubs[name]

    def put(self, entry: HubEntry) -> "HubBook":
        """With a hub, or another form of it.

        Raises:
            ConfigurationError: the name cannot be one, or was that of another kind of hub: its
                documents would be taken for this one's.
        """
        if not _NAME.fullmatch(entry.name):
            msg = f"{entry.name!r} is no name for a hub: use small letters, digits, - and _."
            raise ConfigurationError(msg)
        before = self.former.get(entry.name, entry.connector)
        if before != entry.connector:
            msg = (
                f"{entry.name!r} was the name of a hub of another kind ({before}). Choose another."
            )
            raise ConfigurationError(msg)
        former = {name: each for name, each in self.former.items() if name != entry.name}
        return replace(self, hubs={**self.hubs, entry.name: entry}, former=former)

    def without(self, name: str) -> "HubBook":
        """Without a hub and the links of its dossiers; its name stays taken."""
        entry = self.get(name)
        hubs = {each: hub for each, hub in self.hubs.items() if each != name}
        links = {a: b for a, b in self.links.items() if a.partition("/")[0] != name}
        return HubBook(hubs, links, {**self.former, name: entry.connector})


@dataclass(frozen=True, slots=True)
class HubBookFile:
    """Where the book is kept. Blocking; raises `ConfigurationError` for what cannot be used."""

    folder: PrivateFolder

    @classmethod
    def of(cls, state_dir: Path) -> "HubBookFile":
        """The book of an installation."""
        return cls(PrivateFolder(state_dir / FOLDER, "Remove it and add the hub again.", LARGEST))

    def load(self) -> HubBook:
        """The book as it was written last; empty at first."""
        text = self._read(FILE)
        if text is None:
            return HubBook()
        try:
            content = msgspec.json.decode(text, type=_Content)
        except msgspec.DecodeError as error:
            raise ConfigurationError(
                f"{self.folder.path / FILE} is not usable: {error}."
            ) from error
        return HubBook({each.name: each for each in content.hubs}, content.links, content.former)

    def save(self, book: HubBook) -> None:
        """Write the book, durably."""
        content = _Content(list(book.hubs.values()), dict(book.links), dict(book.former))
        text = msgspec.json.format(msgspec.json.encode(content), indent=2)
        self._write(FILE, text + b"\n")

    def secret(self, hub: str, setting: str) -> str | None:
        """A secret setting of a hub, without white space around it."""
        text = self._read(_secret_name(hub, setting))
        return None if text is None else text.decode("utf-8", "replace").strip()

    def secrets(self) -> Sequence[str]:
        """Every secret there is, of whatever hub; to be masked where text is shown."""
        names = [name for name in self._names() if name != FILE]
        found = [self._read(name) for name in names]
        return [text.decode("utf-8", "replace").strip() for text in found if text]

    def save_secret(self, hub: str, setting: str, value: str) -> None:
        """Write a secret setting, durably."""
        self._write(_secret_name(hub, setting), value.encode())

    def forget_secret(self, hub: str, setting: str) -> None:
        """Remove a secret setting; idempotent."""
        self.folder.remove(_secret_name(hub, setting))

    def _names(self) -> Sequence[str]:
        try:
            return sorted(path.name for path in self.folder.path.iterdir() if path.is_file())
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._unusable(error) from error

    def _read(self, name: str) -> bytes | None:
        try:
            return self.folder.read(name)
        except OSError as error:
            raise self._unusable(error) from error

    def _write(self, name: str, content: bytes) -> None:
        try:
            self.folder.write(name, content)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> ConfigurationError:
        return ConfigurationError(
            f"The hubs in {self.folder.path} cannot be read or written: {error.strerror}."
        )


def _secret_name(hub: str, setting: str) -> str:
    return f"{hub}.{setting}"
