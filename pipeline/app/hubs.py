"""Compose the hubs of an installation."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from anyio import to_thread

from pipeline.app.names import FOLDER, NATIVE
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.credentials.file import FileCredentials
from pipeline.connectors.declarations import HubConnector, HubSetup
from pipeline.connectors.hub_book import HubBookFile, HubEntry
from pipeline.connectors.limits import Limiters
from pipeline.connectors.registry import find_hub, find_hubs
from pipeline.domain.customers import AccountingPackage
from pipeline.domain.errors import ConfigurationError
from pipeline.domain.links import DossierLinks
from pipeline.domain.shards import WHOLE, Shard
from pipeline.ports.clock import Clock
from pipeline.ports.hub import Acknowledgement, Hub
from pipeline.ports.meters import Meters
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class ConfiguredHub:
    """A hub as it is to be connected, and by which connector."""

    connector: str
    setup: HubSetup


@dataclass(frozen=True, slots=True)
class HubPart:
    """A hub, and the part of its dossiers that this process has."""

    hub: Hub
    shard: Shard


@asynccontextmanager
async def open_hubs(
    settings: Settings, clock: Clock | None = None, meters: Meters | None = None
) -> AsyncIterator[Mapping[str, Hub]]:
    """The configured hubs by name, closed at the end.

    Raises:
        ConfigurationError: No hub is configured, or its values cannot work.
    """
    async with open_parts(settings, clock, meters) as parts:
        yield {name: part.hub for name, part in parts.items()}


@asynccontextmanager
async def open_parts(
    settings: Settings,
    clock: Clock | None = None,
    meters: Meters | None = None,
    shard: Shard = WHOLE,
) -> AsyncIterator[Mapping[str, HubPart]]:
    """The parts of configured hubs that a shard has; of several, the first has what is for one.

    Raises:
        ConfigurationError: as `open_hubs`.
    """
    clock = clock or SystemClock()
    setups = await to_thread.run_sync(hub_setups, settings, clock, meters, shard.count)
    links = await to_thread.run_sync(dossier_links, settings)
    hubs = {each.setup.name: connected(each) for each in setups}
    if not hubs:
        raise ConfigurationError(
            "No hub is configured. Set DOSSIERPOST_HUB_URL to the address of the hub, or "
            "DOSSIERPOST_HUB_FOLDER to a folder that documents arrive in, or add one with "
            "dossierpost hubs add."
        )
    for_one = _for_one(setups, hubs, links)
    try:
        yield {
            name: HubPart(hub, WHOLE if name in for_one else shard)
            for name, hub in hubs.items()
            if shard.is_first or name not in for_one
        }
    finally:
        for hub in hubs.values():
            await hub.close()


def _for_one(
    setups: Sequence[ConfiguredHub], hubs: Mapping[str, Hub], links: DossierLinks
) -> frozenset[str]:
    """Hubs of which one process must have all dossiers, since two would not know of each other.

    Their credential cannot be divided, or what they are told is not about one document. Dossiers
    that are linked to those of an office's hub must see how these change.
    """
    found = {
        each.setup.name
        for each in setups
        if each.setup.limiters.is_indivisible
        or hubs[each.setup.name].capabilities.acknowledgement is not Acknowledgement.PER_DOCUMENT
    }
    is_office_for_one = bool(found - links.hubs)
    return frozenset(found | links.hubs if is_office_for_one else found)


def connected(hub: ConfiguredHub) -> Hub:
    """The hub itself; raises `ConfigurationError` for values that cannot work."""
    return connector_named(hub.connector).connect(hub.setup)


def connector_named(name: str) -> HubConnector:
    """The connector of a name; raises `ConfigurationError` when there is none."""
    connector = find_hub(name)
    if connector is None:
        known = ", ".join(sorted(find_hubs()))
        raise ConfigurationError(f"There is no kind of hub named {name!r}. There are: {known}.")
    return connector


def hub_setups(
    settings: Settings, clock: Clock, meters: Meters | None = None, workers: int = 1
) -> Sequence[ConfiguredHub]:
    """What each configured hub is connected with: those of the settings, then those added."""
    file = HubBookFile.of(settings.state_dir)
    setups = HubSetups(settings, clock, meters, workers=workers)
    values = {NATIVE: _native(settings), FOLDER: _folder(settings)}
    return [
        *(setups.of(name, name, given) for name, given in values.items() if given),
        *(setups.added(file, entry) for entry in file.load().hubs.values()),
    ]


def dossier_links(settings: Settings) -> DossierLinks:
    """How dossiers of added hubs find the office's own."""
    book = HubBookFile.of(settings.state_dir).load()
    hubs = frozenset(name for name, entry in book.hubs.items() if not entry.is_office)
    return DossierLinks(hubs, book.links)


class HubSetups:
    """Makes set-ups that share what all hubs of a process, one of ``workers``, share."""

    def __init__(
        self, settings: Settings, clock: Clock, meters: Meters | None = None, *, workers: int = 1
    ) -> None:
        self._state_dir = settings.state_dir
        self._clock = clock
        self._credentials = FileCredentials(settings.state_dir / "credentials")
        self._limiters = Limiters(clock, meters, workers=workers)

    def of(
        self,
        name: str,
        connector: str,
        values: Mapping[str, str],
        package: AccountingPackage | None = None,
    ) -> ConfiguredHub:
        """A hub of a name with these values."""
        setup = HubSetup(
            name=name,
            values=values,
            clock=self._clock,
            credentials=self._credentials,
            limiters=self._limiters.of(name),
            package=package,
            state_dir=self._state_dir,
        )
        return ConfiguredHub(connector, setup)

    def added(self, file: HubBookFile, entry: HubEntry) -> ConfiguredHub:
        """A hub of the book, with its secrets."""
        package = entry.package.to_domain(entry.name) if entry.package else None
        values = {**entry.values, **secrets_of(file, entry)}
        return self.of(entry.name, entry.connector, values, package)


def secrets_of(file: HubBookFile, entry: HubEntry) -> dict[str, str]:
    """The secret settings that a hub of the book has."""
    found = {
        setting.name: file.secret(entry.name, setting.name)
        for setting in connector_named(entry.connector).settings
        if setting.is_secret
    }
    return {name: value for name, value in found.items() if value is not None}


def _native(settings: Settings) -> dict[str, str]:
    if settings.hub_url is None:
        return {}
    return {
        "url": settings.hub_url,
        "client_id": settings.hub_client_id,
        "client_secret": settings.hub_client_secret.get_secret_value(),
        "allow_private": "yes" if settings.is_private_hub else "no",
        "ca_file": str(settings.ca_file or ""),
        "connections": str(settings.download_workers),
        "silence_s": str(settings.http_timeout_seconds),
    }


def _folder(settings: Settings) -> dict[str, str]:
    return {"root": str(settings.hub_folder)} if settings.hub_folder else {}
