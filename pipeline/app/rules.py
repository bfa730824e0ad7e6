"""Compose the rule files of an installation: which are used, whether they work, and new ones."""

import os
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from pipeline.app.recipes import fetched_folder, rule_places
from pipeline.connectors.downloads import Download
from pipeline.domain.errors import ConfigurationError
from pipeline.settings import Settings
from pipeline.settings.fields import is_loopback
from pipeline.validation.published import PUBLISHED, Published
from pipeline.validation.rule_files import (
    LARGEST,
    FetchedNote,
    RuleFile,
    RuleSetName,
    fetched_file,
    fetched_note,
)
from pipeline.validation.rules.extension import likely_engine
from pipeline.validation.rules.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class RuleStatus:
    """A rule set as shown to a person; ``problem`` says why it cannot be used.

    ``engine`` is what runs it, with the reason where that is not the native engine.
    """

    ruleset: str
    origin: str | None
    version: str | None
    path: str | None
    sha256: str | None
    engine: str | None = None
    problem: str | None = None


def rule_set(name: str) -> RuleSetName:
    """The rule set of a name; raises `ConfigurationError` for another."""
    try:
        return RuleSetName(name)
    except ValueError:
        known = " and ".join(RuleSetName)
        raise ConfigurationError(f"There are no rules named {name!r}; {known} are known.") from None


def list_rules(settings: Settings) -> list[RuleStatus]:
    """What each rule set is taken from."""
    return [_status(settings, ruleset) for ruleset in RuleSetName]


def verify_rules(settings: Settings) -> list[RuleStatus]:
    """As `list_rules`, after each file was compiled from its source."""
    return [_status(settings, ruleset, is_compiled=True) for ruleset in RuleSetName]


def published(ruleset: RuleSetName, url: str | None, sha256: str | None) -> Published:
    """What is to be fetched: the release that is known here, or the one that a person names.

    Raises:
        ConfigurationError: only one of address and digest is given, the address is not safe, or
            no release of this rule set is known.
    """
    if (url is None) != (sha256 is None):
        raise ConfigurationError("Give --url and --sha256 together: one says where, one what.")
    if url is not None and sha256 is not None:
        return Published(ruleset, f"fetched from {url}", _safe(url), _digest(sha256))
    known = PUBLISHED.get(ruleset)
    if known is None:
        raise ConfigurationError(
            f"No release of {ruleset} is known here. Name one with --url and --sha256."
        )
    return known


async def fetch_rules(settings: Settings, wanted: Published) -> RuleFile:
    """Fetch a rule file, check it, and use it from the next start on; the old one stays till then.

    Raises:
        ConfigurationError: it is not what its digest says, or cannot be compiled.
        TransientError: its publisher cannot be reached now; what came is kept for another try.
    """
    folder = fetched_folder(settings)
    await to_thread.run_sync(_make_private, folder)
    part = folder / f"{wanted.ruleset}-{wanted.sha256[:16]}.part"
    data = await Download(
        wanted.url,
        wanted.sha256,
        part,
        LARGEST,
        ca_file=settings.ca_file,
        allow_private=settings.allow_private_hub or is_loopback(wanted.url),
    ).run()
    await to_thread.run_sync(_require_compiles, data, part)
    await to_thread.run_sync(_install, folder, part, wanted)
    return rule_places(settings).find(wanted.ruleset)


def _status(settings: Settings, ruleset: RuleSetName, *, is_compiled: bool = False) -> RuleStatus:
    try:
        file = rule_places(settings).find(ruleset)
    except ConfigurationError as error:
        return RuleStatus(ruleset, None, None, None, None, problem=str(error))
    engine: str | None = likely_engine()
    problem = None
    if is_compiled:
        try:
            engine = RuleSet.load(file.data).engine_name
        except ConfigurationError as error:
            engine, problem = None, f"The rule file {file.path} cannot be used. {error}"
    return RuleStatus(
        ruleset, file.origin, file.version, str(file.path), file.sha256, engine, problem
    )


def _safe(url: str) -> str:
    if not url.startswith("https://") and not is_loopback(url):
        raise ConfigurationError("The address of a rule file must start with https://.")
    return url


def _digest(text: str) -> str:
    digest = text.lower().removeprefix("sha256:")
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):  # noqa: PLR2004 - hexadecimal
        raise ConfigurationError("A SHA-256 has 64 hexadecimal digits.")
    return digest


def _make_private(folder: Path) -> None:
    """Rules are compiled to code that runs here: nobody else may write them."""
    try:
        for each in (folder.parent, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} cannot be made: {error.strerror}. Run this as the account of the"
            " service, or set DOSSIERPOST_STATE_DIR."
        ) from error


def _require_compiles(data: bytes, part: Path) -> None:
    try:
        RuleSet.load(data)
    except ConfigurationError as error:
        part.unlink()
        raise ConfigurationError(
            f"The file is the right one, but this version cannot use it: {error} Nothing was"
            " changed."
        ) from error


def _install(folder: Path, part: Path, wanted: Published) -> None:
    """The file first, then the note that puts it in force: a kill leaves old rules or new."""
    file = fetched_file(folder, wanted.ruleset, wanted.sha256)
    _flushed(part).replace(file)
    new_note = folder / f"{wanted.ruleset}.new"
    new_note.write_bytes(FetchedNote(wanted.version, wanted.url, wanted.sha256).as_json())
    _flushed(new_note).replace(fetched_note(folder, wanted.ruleset))
    for old in folder.glob(f"{wanted.ruleset}-*"):
        if old != file:
            old.unlink(missing_ok=True)


def _flushed(path: Path) -> Path:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path
