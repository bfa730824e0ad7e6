"""Add, list, try and remove hubs: what `dossierpost hubs` does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from anyio import to_thread

from pipeline.app.hubs import (
    ConfiguredHub,
    HubSetups,
    connected,
    connector_named,
    hub_setups,
    secrets_of,
)
from pipeline.app.names import FOLDER, NATIVE
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.declarations import HubConnector
from pipeline.connectors.hub_book import HubBookFile, HubEntry, PackageEntry
from pipeline.connectors.registry import find_hubs
from pipeline.connectors.webhooks.subscriptions import SETTING
from pipeline.domain.documents import Location
from pipeline.domain.errors import ConfigurationError
from pipeline.settings import Settings
from pipeline.usecases.try_hub import HubTrial, TryHub


@dataclass(frozen=True, slots=True)
class Question:
    """A setting as it is asked for; ``default`` None means that it must be answered."""

    name: str
    title: str
    hint: str
    default: str | None
    is_secret: bool


@dataclass(frozen=True, slots=True)
class HubKind:
    """A kind of hub that can be added; ``guide`` tells what to ask the provider for."""

    name: str
    title: str
    guide: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAnswers:
    """What a person said of a hub; secrets are kept apart from the other values.

    ``locations`` are path templates by location, for dossiers that the office has none of its own
    of; ``is_office`` None leaves that as it was.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    package: str | None = None
    locations: Mapping[str, str] = field(default_factory=dict)
    is_office: bool | None = None


@dataclass(frozen=True, slots=True)
class HubLine:
    """A hub as shown to a person; ``secrets`` names those that are set."""

    name: str
    kind: str
    is_added: bool
    is_office: bool
    values: dict[str, str]
    secrets: tuple[str, ...]
    package: str | None
    locations: dict[str, str]


def hub_kinds() -> Sequence[HubKind]:
    """Every kind of hub, by name."""
    found = find_hubs()
    return [_kind(found[name]) for name in sorted(found)]


def hub_kind(name: str) -> HubKind:
    """The kind of a name; raises `ConfigurationError` when there is none."""
    return _kind(connector_named(name))


def add_hub(settings: Settings, name: str, kind: str, answers: HubAnswers) -> None:
    """Add a hub; it is used from the next start on.

    Raises:
        ConfigurationError: the name is taken, or the answers cannot work; nothing was written.
    """
    file = HubBookFile.of(settings.state_dir)
    if name in (NATIVE, FOLDER) or name in file.load().hubs:
        raise ConfigurationError(f"A hub is named {name!r} already. Choose another with --name.")
    _write(settings, file, HubEntry(name, kind), answers)


def change_hub(settings: Settings, name: str, answers: HubAnswers) -> None:
    """Give a hub other answers; what is not answered stays."""
    file = HubBookFile.of(settings.state_dir)
    _write(settings, file, file.load().get(name), answers)


def remove_hub(settings: Settings, name: str) -> None:
    """Remove a hub with its secrets and links; what was delivered from it stays known."""
    file = HubBookFile.of(settings.state_dir)
    book = file.load()
    secrets = secrets_of(file, book.get(name))
    file.save(book.without(name))
    for setting in (*secrets, SETTING):
        file.forget_secret(name, setting)


def list_hubs(settings: Settings) -> Sequence[HubLine]:
    """Every hub of the installation, those of the settings first."""
    book = HubBookFile.of(settings.state_dir).load()
    return [
        _line(hub, book.hubs.get(hub.setup.name)) for hub in hub_setups(settings, SystemClock())
    ]


async def try_hub(settings: Settings, name: str) -> HubTrial:
    """List one page and fetch one document of a hub; nothing is acknowledged.

    Raises:
        ConfigurationError: there is no such hub.
    """
    setups = await to_thread.run_sync(hub_setups, settings, SystemClock())
    found = [each for each in setups if each.setup.name == name]
    if not found:
        names = ", ".join(each.setup.name for each in setups) or "none"
        raise ConfigurationError(f"No hub is named {name!r}. There are: {names}.")
    hub = connected(found[0])
    try:
        return await TryHub(hub, settings.max_document_bytes)()
    finally:
        await hub.close()


def _kind(connector: HubConnector) -> HubKind:
    return HubKind(
        connector.name,
        connector.title,
        connector.guide,
        tuple(
            Question(each.name, each.title, each.hint, each.default, each.is_secret)
            for each in connector.settings
        ),
    )


def _write(settings: Settings, file: HubBookFile, entry: HubEntry, answers: HubAnswers) -> None:
    """Check a hub as a whole, then write its secrets, then the book."""
    secret = {each.name for each in connector_named(entry.connector).settings if each.is_secret}
    if open_secrets := sorted(secret & answers.values.keys()):
        msg = f"{open_secrets[0]!r} is secret: give it by --secret-file, not on the command line."
        raise ConfigurationError(msg)
    changed = _answered(entry, answers)
    book = file.load().put(changed)
    values = {**changed.values, **secrets_of(file, entry), **answers.secrets}
    package = changed.package.to_domain(changed.name) if changed.package else None
    setups = HubSetups(settings, SystemClock())
    connected(setups.of(changed.name, changed.connector, values, package))
    for setting, value in answers.secrets.items():
        file.save_secret(changed.name, setting, value)
    file.save(book)


def _answered(entry: HubEntry, answers: HubAnswers) -> HubEntry:
    office = entry.is_office if answers.is_office is None else answers.is_office
    return HubEntry(
        name=entry.name,
        connector=entry.connector,
        values={**entry.values, **answers.values},
        package=_package(entry, answers),
        is_office=office,
    )


def _package(entry: HubEntry, answers: HubAnswers) -> PackageEntry | None:
    """The package with the templates answered; an empty template takes its location away."""
    before = entry.package or PackageEntry(entry.name, {})
    unknown = sorted(answers.locations.keys() - set(Location))
    if unknown:
        known = ", ".join(Location)
        raise ConfigurationError(f"There is no location {unknown[0]!r}. There are: {known}.")
    given = {Location(name): template for name, template in answers.locations.items()}
    locations = {each: text for each, text in {**before.locations, **given}.items() if text}
    name = answers.package or before.name
    return (
        PackageEntry(
            name=name,
            locations=locations,
            extracts_embedded_pdf=before.extracts_embedded_pdf,
            shares_folders=before.shares_folders,
            blocks_on_fatal=before.blocks_on_fatal,
            delivers_duplicates=before.delivers_duplicates,
            file_name=before.file_name,
        )
        if locations
        else None
    )


def _line(hub: ConfiguredHub, entry: HubEntry | None) -> HubLine:
    setup = hub.setup
    secret = {each.name for each in connector_named(hub.connector).settings if each.is_secret}
    package = setup.package
    return HubLine(
        name=setup.name,
        kind=hub.connector,
        is_added=entry is not None,
        is_office=entry is None or entry.is_office,
        values={name: value for name, value in setup.values.items() if name not in secret},
        secrets=tuple(sorted(name for name in secret if setup.values.get(name))),
        package=package.name if package else None,
        locations={
            each.value: text for each, text in (package.locations if package else {}).items()
        },
    )
