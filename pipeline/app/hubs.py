"""Compose the hubs of an installation."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from pipeline.app.names import FOLDER, NATIVE
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.credentials.file import FileCredentials
from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.limits import Limiters
from pipeline.connectors.registry import find_hubs
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.clock import Clock
from pipeline.ports.hub import Hub
from pipeline.settings import Settings


@asynccontextmanager
async def open_hubs(
    settings: Settings, clock: Clock | None = None
) -> AsyncIterator[Mapping[str, Hub]]:
    """The configured hubs by name, closed at the end.

    Raises:
        ConfigurationError: No hub is configured, or its values cannot work.
    """
    connectors = find_hubs()
    hubs = {
        setup.name: connectors[setup.name].connect(setup)
        for setup in hub_setups(settings, clock or SystemClock())
    }
    if not hubs:
        raise ConfigurationError(
            "No hub is configured. Set DOSSIERPOST_HUB_URL to the address of the hub, or "
            "DOSSIERPOST_HUB_FOLDER to a folder that documents arrive in."
        )
    try:
        yield hubs
    finally:
        for hub in hubs.values():
            await hub.close()


def hub_setups(settings: Settings, clock: Clock) -> list[HubSetup]:
    """What each configured hub is connected with."""
    credentials = FileCredentials(settings.state_dir / "credentials")
    limiters = Limiters(clock)
    values = {NATIVE: _native(settings), FOLDER: _folder(settings)}
    return [
        HubSetup(name, given, clock, credentials, limiters, state_dir=settings.state_dir)
        for name, given in values.items()
        if given
    ]


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
