"""Compose the sign-in at the hub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.app.hubs import hub_setups
from pipeline.app.names import NATIVE
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.hubs.native import CONNECTOR, authorization, credential_of
from pipeline.connectors.redirect import LoopbackReceiver
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.credentials import RedirectReceiver
from pipeline.settings import Settings
from pipeline.usecases.sign_in import SignIn


@asynccontextmanager
async def open_sign_in(settings: Settings) -> AsyncIterator[tuple[SignIn, RedirectReceiver]]:
    """The sign-in at the configured hub, and where its browser comes back to.

    Raises:
        ConfigurationError: no hub with a sign-in is configured, or it needs no person.
    """
    if settings.hub_client_secret.get_secret_value():
        raise ConfigurationError(
            "With DOSSIERPOST_HUB_CLIENT_SECRET this installation signs in by itself. Take the "
            "secret away to sign in with a manager's account instead."
        )
    clock = SystemClock()
    setups = hub_setups(settings, clock)
    given = [each.setup for each in setups if each.setup.name == NATIVE]
    if not given:
        raise ConfigurationError(
            "There is no hub to sign in at. Set DOSSIERPOST_HUB_URL to its address."
        )
    setup = CONNECTOR.completed(given[0])
    async with authorization(setup) as server:
        yield SignIn(server, setup.credentials, clock, credential_of(setup)), LoopbackReceiver()
