"""The native hub: the protocol of the hub that comes with the product, and of others like it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from yarl import URL

from pipeline.connectors.addresses import Reach
from pipeline.connectors.authorization import OAuthServer
from pipeline.connectors.declarations import HubConnector, HubSetting, HubSetup, is_on
from pipeline.connectors.http import HttpClient
from pipeline.connectors.hubs.native.client import NATIVE_CAPABILITIES, NativeHub
from pipeline.connectors.hubs.native.session import NativeSession
from pipeline.connectors.patience import Patience
from pipeline.connectors.tokens import (
    ClientCredentials,
    OAuthClient,
    Renewal,
    StoredTokens,
    TokenSource,
)
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.credentials import AuthorizationServer, Secret

PUBLIC_CLIENT = "dossierpost"


def build(setup: HubSetup) -> NativeHub:
    """A hub from its settings; see `CONNECTOR`."""
    url = URL(setup.values["url"])
    http = _http_client(setup)
    limiter = setup.limiters.get(credential_of(setup), concurrency=_connections(setup))
    tokens = TokenSource(_renewal(setup, oauth_client(setup, http)), setup.clock)
    session = NativeSession(url / "v1", http, tokens, limiter, setup.clock)
    return NativeHub(setup.name, session)


@asynccontextmanager
async def authorization(setup: HubSetup) -> AsyncIterator[AuthorizationServer]:
    """Where a manager signs in at this hub."""
    http = _http_client(setup)
    try:
        yield OAuthServer(oauth_client(setup, http))
    finally:
        await http.close()


def credential_of(setup: HubSetup) -> str:
    """The name that the tokens of a sign-in are kept under."""
    return setup.values["credential"] or setup.name


def oauth_client(setup: HubSetup, http: HttpClient) -> OAuthClient:
    """The OAuth endpoints of the hub, as the client that the settings name."""
    secret = setup.values["client_secret"]
    return OAuthClient(
        http,
        URL(setup.values["url"]),
        setup.clock,
        client_id=setup.values["client_id"],
        client_secret=Secret(secret) if secret else None,
    )


def _renewal(setup: HubSetup, client: OAuthClient) -> Renewal:
    """A client secret is a program's own sign-in; without one a person signed in."""
    if setup.values["client_secret"]:
        return ClientCredentials(client)
    return StoredTokens(client, setup.credentials, credential_of(setup), setup.clock)


def _http_client(setup: HubSetup) -> HttpClient:
    ca_file = setup.values["ca_file"]
    return HttpClient(
        Reach.of(setup.values["url"], allow_private=is_on(setup.values["allow_private"])),
        ca_file=Path(ca_file) if ca_file else None,
        connections=_connections(setup) + 1,  # one more for the events
        patience=Patience(read_s=_whole(setup, "silence_s")),
    )


def _connections(setup: HubSetup) -> int:
    return _whole(setup, "connections")


def _whole(setup: HubSetup, name: str) -> int:
    text = setup.values[name]
    if not text.isdecimal() or not int(text):
        msg = f"Hub {setup.name!r}: {name} must be a number from 1 on, not {text!r}."
        raise ConfigurationError(msg)
    return int(text)


CONNECTOR = HubConnector(
    name="native",
    title="Native hub",
    settings=(
        HubSetting("url", "Address of the hub, https://host[:port]"),
        HubSetting("client_id", "OAuth client id", default=PUBLIC_CLIENT),
        HubSetting("client_secret", "OAuth client secret", default="", is_secret=True),
        HubSetting("credential", "Name of the stored sign-in; the hub's name if empty", default=""),
        HubSetting("allow_private", "The hub is on this machine or network", default="no"),
        HubSetting("ca_file", "Certificate file of the office's own authority", default=""),
        HubSetting(
            "connections",
            "Requests under way at the same time",
            default=str(NATIVE_CAPABILITIES.concurrency),
        ),
        HubSetting("silence_s", "Longest silence of the hub in seconds", default="30"),
    ),
    build=build,
)
