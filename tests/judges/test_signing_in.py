"""Our sign-in at a real OpenID provider, which rotates refresh tokens and notices reuse."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import anyio
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
from pipeline.ports.credentials import CredentialStore, DeviceRequest, Secret, Tokens
from pipeline.testing.clock import VirtualClock
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.usecases.sign_in import SignIn
from tests.judges.openid import OpenIdProvider, allow, deny, needs_provider, openid_provider

pytestmark = [needs_provider, pytest.mark.slow, pytest.mark.timeout(120)]

ACCOUNT = HubCredentials("manager", "a password", "office", "a secret")
LIFETIME_S = 600


@dataclass
class Installation:
    """A program that signs in; its time is virtual, so that tokens grow old at once."""

    provider: OpenIdProvider
    setup: HubSetup
    clock: VirtualClock

    async def sign_in(self) -> None:
        async with authorization(self.setup) as server:
            sign_in = SignIn(server, self.setup.credentials, self.clock, "hub")
            await sign_in.in_browser(LoopbackReceiver(), _allow)

    async def stored(self) -> Tokens:
        tokens = await self.setup.credentials.load("hub")
        assert tokens is not None
        return tokens

    async def refresh_token(self) -> str:
        tokens = await self.stored()
        assert tokens.refresh is not None
        return tokens.refresh.reveal()

    async def grows_old(self) -> None:
        await self.clock.advance(LIFETIME_S)

    async def dossiers(self) -> list[str]:
        hub = CONNECTOR.connect(self.setup)
        try:
            return [dossier.id async for page in hub.tenants() for dossier in page]
        finally:
            await hub.close()


async def _allow(url: str) -> None:
    assert "go back to Dossierpost" in await allow(url)


@pytest.fixture(scope="module")
async def provider(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OpenIdProvider]:
    folder = tmp_path_factory.mktemp("hub")
    async with EmbeddedHub(folder, clock=VirtualClock(), credentials=ACCOUNT) as hub:
        await hub.seed(dossiers=[Dossier(id="a", enterprise_name="A")])
        async with openid_provider(
            hub.url, ACCOUNT.client_id, ACCOUNT.client_secret, lifetime_s=LIFETIME_S
        ) as provider:
            yield provider


@pytest.fixture
def installation(provider: OpenIdProvider, tmp_path: Path) -> Installation:
    return _installation(provider, FileCredentials(tmp_path / "tokens"))


def _installation(provider: OpenIdProvider, store: CredentialStore) -> Installation:
    clock = VirtualClock()
    values = {"url": str(provider.url).rstrip("/"), "allow_private": "yes"}
    setup = HubSetup("hub", values, clock, store, Limiters(clock))
    return Installation(provider, CONNECTOR.completed(setup), clock)


# -- signing in -------------------------------------------------------------------------------
async def test_a_manager_signs_in_with_a_browser(installation: Installation) -> None:
    await installation.sign_in()

    tokens = await installation.stored()
    assert tokens.lifetime == timedelta(seconds=LIFETIME_S)
    assert await installation.dossiers() == ["a"]


async def test_a_manager_allows_a_server_from_another_device(installation: Installation) -> None:
    asked = 0

    async def show(request: DeviceRequest) -> None:
        nonlocal asked
        asked += 1
        await allow(request.verification_uri, code=request.user_code)

    async with authorization(installation.setup) as server, installation.clock.running():
        sign_in = SignIn(server, installation.setup.credentials, installation.clock, "hub")
        await sign_in.on_device(show)

    assert asked == 1
    assert await installation.dossiers() == ["a"]


async def test_a_device_waits_while_nobody_has_decided(installation: Installation) -> None:
    async with authorization(installation.setup) as server:
        request = await server.begin_device()
        sign_in = SignIn(server, installation.setup.credentials, installation.clock, "hub")
        async with installation.clock.running():
            with pytest.raises(CredentialsRejected, match="Nobody typed the code in time"):
                await sign_in.on_device(_look_away)

    assert request.interval == timedelta(seconds=5)
    refused = (await installation.provider.grants()).refused
    assert refused.count("authorization_pending") >= 600 / 5 - 1


async def _look_away(request: DeviceRequest) -> None:
    assert re.fullmatch(r"\w{4}-\w{4}", request.user_code)


async def test_a_manager_who_cancels_is_told_and_nothing_is_stored(
    installation: Installation,
) -> None:
    async def cancel(url: str) -> None:
        await deny(url)

    async with authorization(installation.setup) as server:
        sign_in = SignIn(server, installation.setup.credentials, installation.clock, "hub")
        with pytest.raises(CredentialsRejected, match="refused the sign-in: access_denied"):
            await sign_in.in_browser(LoopbackReceiver(), cancel)

    assert await installation.setup.credentials.load("hub") is None


async def test_a_code_is_worth_nothing_without_the_verifier_of_this_sign_in(
    installation: Installation,
) -> None:
    async with authorization(installation.setup) as server, LoopbackReceiver().listen() as back:
        request = await server.begin_browser(back.uri)
        await allow(request.url)
        answer = await back.receive()
        stolen = replace(request, verifier=Secret("v" * 64))

        with pytest.raises(CredentialsRejected, match="used up or revoked"):
            await server.finish_browser(stolen, answer)


async def test_a_code_is_taken_once(installation: Installation) -> None:
    async with authorization(installation.setup) as server, LoopbackReceiver().listen() as back:
        request = await server.begin_browser(back.uri)
        await allow(request.url)
        answer = await back.receive()
        await server.finish_browser(request, answer)

        with pytest.raises(CredentialsRejected, match="used up or revoked"):
            await server.finish_browser(request, answer)


# -- renewing ---------------------------------------------------------------------------------
async def test_the_refresh_token_rotates_and_the_new_one_is_kept(
    installation: Installation,
) -> None:
    await installation.sign_in()
    seen = [await installation.refresh_token()]

    for _ in range(3):
        await installation.grows_old()
        assert await installation.dossiers() == ["a"]
        seen.append(await installation.refresh_token())

    assert len(set(seen)) == 4


async def test_50_requests_at_once_renew_once(installation: Installation) -> None:
    await installation.sign_in()
    await installation.grows_old()
    before = (await installation.provider.grants()).granted.get("refresh_token", 0)
    hub = CONNECTOR.connect(installation.setup)

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(hub.changes, None)
    await hub.close()

    after = (await installation.provider.grants()).granted["refresh_token"]
    assert after == before + 1


# -- stolen tokens ----------------------------------------------------------------------------
async def test_a_stolen_token_that_we_used_before_ends_the_sign_in_of_thief_and_program(
    installation: Installation,
) -> None:
    await installation.sign_in()
    stolen = await installation.refresh_token()
    await installation.grows_old()
    await installation.dossiers()

    status, said = await installation.provider.exchange(
        grant_type="refresh_token", refresh_token=stolen
    )

    assert (status, said["error"]) == (400, "invalid_grant")
    with pytest.raises(CredentialsRejected, match="Sign in again: dossierpost login"):
        await installation.dossiers()


async def test_a_thief_who_was_first_is_found_out_by_our_renewal(
    installation: Installation,
) -> None:
    await installation.sign_in()
    stolen = await installation.refresh_token()
    _, thief = await installation.provider.exchange(
        grant_type="refresh_token", refresh_token=stolen
    )
    await installation.grows_old()

    with pytest.raises(CredentialsRejected, match="Sign in again: dossierpost login"):
        await installation.dossiers()
    status, said = await installation.provider.exchange(
        grant_type="refresh_token", refresh_token=thief["refresh_token"]
    )

    assert (status, said["error"]) == (400, "invalid_grant")


async def test_signing_in_again_helps(installation: Installation) -> None:
    await installation.sign_in()
    stolen = await installation.refresh_token()
    await installation.grows_old()
    await installation.dossiers()
    await installation.provider.exchange(grant_type="refresh_token", refresh_token=stolen)

    await installation.sign_in()

    assert await installation.dossiers() == ["a"]


# -- planted bugs -----------------------------------------------------------------------------
class ForgetfulCredentials(MemoryCredentials):
    """Keeps the first tokens, and none that come after them."""

    async def save(self, credential: str, tokens: Tokens) -> None:
        if await self.load(credential) is None:
            await super().save(credential, tokens)


async def test_a_program_that_does_not_keep_the_rotated_token_is_found_out(
    provider: OpenIdProvider,
) -> None:
    installation = _installation(provider, ForgetfulCredentials())
    await installation.sign_in()
    await installation.grows_old()
    await installation.dossiers()

    with pytest.raises(CredentialsRejected):
        await installation.dossiers()
