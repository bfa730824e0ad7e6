"""A manager signs in at the embedded hub, and the installation lists dossiers with that."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest

from pipeline.connectors.credentials.file import FileCredentials
from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.native import CONNECTOR, authorization
from pipeline.connectors.limits import Limiters
from pipeline.connectors.redirect import LoopbackReceiver
from pipeline.domain.errors import CredentialsRejected
from pipeline.hub.accounts import HubCredentials
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Dossier
from pipeline.ports.credentials import DeviceRequest
from pipeline.testing.clock import VirtualClock
from pipeline.usecases.sign_in import SignIn

ACCOUNT = HubCredentials("manager", "a password", "office", "a secret")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedHub]:
    clock = VirtualClock()
    async with EmbeddedHub(tmp_path / "hub", clock=clock, credentials=ACCOUNT) as server:
        await server.seed(dossiers=[Dossier(id="a", enterprise_name="A")])
        yield server


@pytest.fixture
def setup(server: EmbeddedHub, tmp_path: Path) -> HubSetup:
    clock = VirtualClock()
    values = {"url": server.url, "allow_private": "yes"}
    return HubSetup("hub", values, clock, FileCredentials(tmp_path / "tokens"), Limiters(clock))


async def allow(url: str, **more: str) -> None:
    """Do what a manager does in a browser: open the page, fill in the form, allow."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.get(url) as page:
            text = await page.text()
        hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', text))
        parts = urlsplit(url)
        form = {
            **dict(parse_qsl(parts.query)),
            "csrf": hidden["csrf"],
            "user": ACCOUNT.user,
            "password": ACCOUNT.password,
            "decision": "allow",
            **more,
        }
        target = f"{parts.scheme}://{parts.netloc}{parts.path}"
        origin = {"Origin": f"{parts.scheme}://{parts.netloc}"}
        async with browser.post(target, data=form, headers=origin) as done:
            assert done.status == 200, await done.text()


async def dossiers_of(setup: HubSetup) -> list[str]:
    hub = CONNECTOR.connect(setup)
    try:
        return [dossier.id async for page in hub.tenants() for dossier in page]
    finally:
        await hub.close()


async def test_nobody_signed_in_yet(setup: HubSetup) -> None:
    with pytest.raises(CredentialsRejected, match="Sign in"):
        await dossiers_of(setup)


async def test_a_manager_signs_in_with_a_browser(setup: HubSetup) -> None:
    async with authorization(CONNECTOR.completed(setup)) as server:
        sign_in = SignIn(server, setup.credentials, setup.clock, "hub")
        await sign_in.in_browser(LoopbackReceiver(), allow)

    assert await dossiers_of(setup) == ["a"]


async def test_a_manager_allows_a_server_from_another_device(setup: HubSetup) -> None:
    async def show(request: DeviceRequest) -> None:
        await allow(request.verification_uri, user_code=request.user_code)

    assert isinstance(setup.clock, VirtualClock)
    async with authorization(CONNECTOR.completed(setup)) as server, setup.clock.running():
        await SignIn(server, setup.credentials, setup.clock, "hub").on_device(show)

    assert await dossiers_of(setup) == ["a"]
