"""S14: a manager signs in with a browser on a desktop, or with a code on a server."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from urllib.parse import parse_qs, urlsplit

import aiohttp
import anyio
import pytest
from yarl import URL

from pipeline.connectors.addresses import Reach
from pipeline.connectors.authorization import OAuthServer
from pipeline.connectors.http import HttpClient
from pipeline.connectors.redirect import LoopbackReceiver
from pipeline.connectors.tokens import OAuthClient
from pipeline.domain.errors import CredentialsRejected
from pipeline.ports.credentials import DeviceRequest
from pipeline.testing.clock import VirtualClock
from pipeline.testing.http_server import serving
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.oauth_provider import USER_CODE, OAuthProvider
from pipeline.usecases.sign_in import BROWSER_PATIENCE, SignIn


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Desk:
    """A person at a machine, and the provider they sign in at."""

    def __init__(self, provider: OAuthProvider, client: HttpClient, url: URL) -> None:
        self.provider = provider
        self.clock = VirtualClock()
        self.store = MemoryCredentials()
        oauth = OAuthClient(client, url, self.clock, client_id="dossierpost")
        self.sign_in = SignIn(OAuthServer(oauth), self.store, self.clock, "hub")

    async def browse(self, url: str, query: Mapping[str, str]) -> int:
        """Go back from the provider's page at ``url`` to its redirect; gives the status there."""
        redirect = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        async with aiohttp.ClientSession() as browser, browser.get(redirect, params=query) as page:
            return page.status


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    provider = OAuthProvider()
    async with serving(provider.answer) as served:
        reach = Reach.of(str(served.url), allow_private=True)
        async with HttpClient(reach) as client:
            yield Desk(provider, client, served.url)


async def sign_in(desk: Desk, show: Callable[[str], Awaitable[None]]) -> None:
    with anyio.fail_after(10):
        await desk.sign_in.in_browser(LoopbackReceiver(), show)


async def test_a_browser_comes_back_with_a_code_and_the_tokens_are_kept(desk: Desk) -> None:
    shown: list[str] = []

    async def show(url: str) -> None:
        shown.append(url)
        assert await desk.browse(url, desk.provider.visit(url)) == 200

    await sign_in(desk, show)

    tokens = await desk.store.load("hub")
    assert tokens is not None
    assert tokens.access.reveal() == desk.provider.access
    query = parse_qs(urlsplit(shown[0]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert urlsplit(query["redirect_uri"][0]).hostname == "127.0.0.1"
    assert len(query["state"][0]) >= 32


async def test_every_sign_in_has_its_own_port_state_and_proof(desk: Desk) -> None:
    shown: list[Mapping[str, list[str]]] = []

    async def show(url: str) -> None:
        shown.append(parse_qs(urlsplit(url).query))
        await desk.browse(url, desk.provider.visit(url))

    for _ in range(2):
        await sign_in(desk, show)

    for name in ("state", "code_challenge", "redirect_uri"):
        assert shown[0][name] != shown[1][name]


async def test_the_answer_to_another_sign_in_is_refused(desk: Desk) -> None:
    async def show(url: str) -> None:
        await desk.browse(url, {**desk.provider.visit(url), "state": "of somebody else"})

    with pytest.raises(CredentialsRejected, match="another sign-in"):
        await sign_in(desk, show)

    assert not desk.provider.grants
    assert not desk.store.saved


async def test_a_visit_without_state_or_with_a_parameter_twice_changes_nothing(
    desk: Desk,
) -> None:
    async def show(url: str) -> None:
        good = desk.provider.visit(url)
        redirect = parse_qs(urlsplit(url).query)["redirect_uri"][0]
        async with aiohttp.ClientSession() as browser:
            for query in ("", "?code=x", f"?state={good['state']}&code=x&code=y"):
                async with browser.get(redirect + query) as page:
                    assert page.status == 400
        assert await desk.browse(url, good) == 200

    await sign_in(desk, show)

    assert desk.store.saved


async def test_a_code_that_is_played_again_is_not_listened_to(desk: Desk) -> None:
    second: list[int] = []

    async def show(url: str) -> None:
        answer = desk.provider.visit(url)
        await desk.browse(url, answer)
        second.append(await desk.browse(url, answer))

    await sign_in(desk, show)

    assert second == [400]
    assert desk.provider.grants["authorization_code"] == 1


async def test_a_code_stolen_from_another_sign_in_is_worthless_without_its_proof(
    desk: Desk,
) -> None:
    stolen = ""

    async def steal(url: str) -> None:
        nonlocal stolen
        answer = desk.provider.visit(url)
        stolen = answer["code"]
        await desk.browse(url, {**answer, "state": "wrong"})

    async def use(url: str) -> None:
        await desk.browse(url, {**desk.provider.visit(url), "code": stolen})

    with pytest.raises(CredentialsRejected):
        await sign_in(desk, steal)
    with pytest.raises(CredentialsRejected, match="used up or revoked"):
        await sign_in(desk, use)

    assert not desk.store.saved


async def test_a_refusal_at_the_hub_is_told(desk: Desk) -> None:
    async def show(url: str) -> None:
        state = desk.provider.visit(url)["state"]
        await desk.browse(url, {"error": "access_denied", "state": state})

    with pytest.raises(CredentialsRejected, match="access_denied"):
        await sign_in(desk, show)


async def test_nobody_who_comes_back_ends_the_sign_in_after_five_minutes(desk: Desk) -> None:
    async def show(_url: str) -> None:
        assert desk.clock.monotonic() == 0

    async with desk.clock.running():
        with pytest.raises(CredentialsRejected, match="five minutes"):
            await sign_in(desk, show)

    assert desk.clock.monotonic() == BROWSER_PATIENCE.total_seconds()


async def on_device(desk: Desk) -> list[str]:
    codes: list[str] = []

    async def show(request: DeviceRequest) -> None:
        codes.append(request.user_code)

    async with desk.clock.running():
        await desk.sign_in.on_device(show)
    return codes


async def test_a_device_waits_as_long_and_as_slowly_as_the_hub_says(desk: Desk) -> None:
    pending = "authorization_pending"
    desk.provider.device_errors.extend([pending, "slow_down", pending])

    codes = await on_device(desk)

    assert codes == [USER_CODE]
    assert desk.clock.monotonic() == 5 + 5 + 10 + 10
    tokens = await desk.store.load("hub")
    assert tokens is not None
    assert tokens.access.reveal() == desk.provider.access


@pytest.mark.parametrize(
    ("error", "reason"),
    [("access_denied", "did not allow"), ("expired_token", "in time"), ("odd_error", "odd_error")],
)
async def test_a_device_that_is_refused_stops_asking(desk: Desk, error: str, reason: str) -> None:
    desk.provider.device_errors.append(error)

    with pytest.raises(CredentialsRejected, match=reason):
        await on_device(desk)

    assert desk.provider.grants.total() == 1
    assert not desk.store.saved


async def test_a_device_nobody_confirms_gives_up_when_its_code_expires(desk: Desk) -> None:
    desk.provider.device_errors.extend(["authorization_pending"] * 1000)

    with pytest.raises(CredentialsRejected, match="in time"):
        await on_device(desk)

    assert desk.provider.grants.total() == 600 / 5


async def test_a_hub_that_is_away_is_asked_again_more_slowly(desk: Desk) -> None:
    desk.provider.faults.extend([503, 503])

    await on_device(desk)

    assert desk.clock.monotonic() == 5 + 10 + 20
    assert desk.store.saved
