"""S15: one renewal at a time, stored before it is used, and no storm when it is refused."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from yarl import URL

from pipeline.connectors.addresses import Reach
from pipeline.connectors.credentials.file import FileCredentials
from pipeline.connectors.http import HttpClient
from pipeline.connectors.hubs.native.session import NativeSession
from pipeline.connectors.limits import CredentialLimiter
from pipeline.connectors.tokens import ClientCredentials, OAuthClient, StoredTokens, TokenSource
from pipeline.domain.errors import CredentialsRejected, TransientError
from pipeline.ports.credentials import Secret, Tokens
from pipeline.testing.clock import VirtualClock
from pipeline.testing.http_server import serving
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.oauth_provider import LIFETIME_S, OAuthProvider


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Account:
    """A signed-in installation and the provider it signed in at."""

    def __init__(self, provider: OAuthProvider, http: HttpClient, url: URL) -> None:
        self.provider = provider
        self.http = http
        self.url = url
        self.clock = VirtualClock()
        self.store = MemoryCredentials()
        self.client = OAuthClient(http, url, self.clock, client_id="dossierpost")

    def start(self) -> TokenSource:
        """The token source of a program that starts now."""
        renewal = StoredTokens(self.client, self.store, "hub", self.clock)
        return TokenSource(renewal, self.clock)

    async def held(self) -> Tokens:
        """The tokens that are stored."""
        tokens = await self.store.load("hub")
        assert tokens is not None
        return tokens

    async def hold(self, *, refresh: str | None = None) -> None:
        """Store tokens as a sign-in would."""
        await self.store.save(
            "hub",
            Tokens(
                Secret(self.provider.access),
                self.clock.now(),
                timedelta(seconds=LIFETIME_S),
                Secret(refresh or self.provider.refresh),
            ),
        )

    def session(self, tokens: TokenSource) -> NativeSession:
        limiter = CredentialLimiter(self.clock, concurrency=100)
        return NativeSession(self.url / "v1", self.http, tokens, limiter, self.clock)


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    provider = OAuthProvider()
    async with serving(provider.answer) as served:
        reach = Reach.of(str(served.url), allow_private=True)
        async with HttpClient(reach) as client:
            account = Account(provider, client, served.url)
            await account.hold()
            yield account


async def test_a_stored_token_is_used_until_80_percent_of_its_life(account: Account) -> None:
    tokens = account.start()

    first = await tokens.access()
    await account.clock.advance(LIFETIME_S * 0.8 - 1)
    still = await tokens.access()
    await account.clock.advance(2)
    renewed = await tokens.access()

    assert first == still
    assert renewed != first
    assert account.provider.grants == {"refresh_token": 1}


async def test_a_program_that_starts_later_counts_the_life_from_the_sign_in(
    account: Account,
) -> None:
    await account.clock.advance(LIFETIME_S * 0.7)
    tokens = account.start()
    first = await tokens.access()
    await account.clock.advance(LIFETIME_S * 0.11)

    assert await tokens.access() != first


async def test_100_parallel_401s_give_one_renewal_and_every_request_succeeds(
    account: Account,
) -> None:
    stale = Tokens(
        Secret("stale"),
        account.clock.now(),
        timedelta(seconds=LIFETIME_S),
        Secret(account.provider.refresh),
    )
    await account.store.save("hub", stale)
    session = account.session(account.start())
    answered = 0

    async def ask() -> None:
        nonlocal answered
        await session.ask("GET", session.at("packages"), "list")
        answered += 1

    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(ask)

    assert answered == 100
    assert account.provider.grants == {"refresh_token": 1}
    assert not account.provider.is_revoked


async def test_a_second_401_asks_for_a_person_and_renews_no_more(account: Account) -> None:
    session = account.session(account.start())
    account.provider.refuses_every_token = True

    with pytest.raises(CredentialsRejected):
        await session.ask("GET", session.at("packages"), "list")

    assert account.provider.grants == {"refresh_token": 1}


async def test_the_rotated_pair_is_stored_before_it_is_used(account: Account) -> None:
    tokens = account.start()
    await account.clock.advance(LIFETIME_S)

    access = await tokens.access()

    assert account.store.saved[-1].access == access
    assert account.store.saved[-1].refresh == Secret(account.provider.refresh)


async def test_a_kill_between_rotation_and_use_costs_nothing(account: Account) -> None:
    await account.clock.advance(LIFETIME_S)
    await account.start().access()

    again = await account.start().access()

    assert again.reveal() == account.provider.access
    assert account.provider.grants == {"refresh_token": 1}


async def test_a_renewal_that_is_cancelled_is_still_stored(account: Account) -> None:
    await account.clock.advance(LIFETIME_S)
    tokens = account.start()

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(tokens.access)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()

    stored = await account.store.load("hub")
    assert stored is not None
    assert stored.refresh == Secret(account.provider.refresh)
    assert not account.provider.is_revoked


async def test_tokens_that_another_process_renewed_are_taken_over(account: Account) -> None:
    ours, other = account.start(), account.start()
    await ours.access()
    await account.clock.advance(LIFETIME_S)
    await other.access()

    access = await ours.access()

    assert access.reveal() == account.provider.access
    assert account.provider.grants == {"refresh_token": 1}


async def test_a_pair_rotated_by_another_at_the_same_moment_is_read_once_more(
    account: Account,
) -> None:
    class RacingStore(MemoryCredentials):
        """Answers the old pair once more, as if the other wrote right after."""

        loads = 0

        async def load(self, credential: str) -> Tokens | None:
            self.loads += 1
            return old if self.loads == 1 else await super().load(credential)

    await account.hold(refresh="refresh-used")
    old = await account.store.load("hub")
    account.provider.is_revoked = False
    racing = RacingStore()
    current = Tokens(
        Secret(account.provider.access),
        account.clock.now() + timedelta(seconds=LIFETIME_S),
        timedelta(seconds=LIFETIME_S),
    )
    await racing.save("hub", Tokens(Secret("new"), current.issued_at, current.lifetime))
    await account.clock.advance(LIFETIME_S)
    tokens = TokenSource(StoredTokens(account.client, racing, "hub", account.clock), account.clock)

    assert (await tokens.access()).reveal() == "new"
    assert racing.loads == 2


async def test_a_revoked_sign_in_asks_for_a_person_and_makes_no_storm(account: Account) -> None:
    account.provider.is_revoked = True
    tokens = account.start()
    await account.clock.advance(LIFETIME_S)

    for _ in range(50):
        with pytest.raises(CredentialsRejected, match="Sign in again"):
            await tokens.access()

    assert account.provider.grants == {"refresh_token": 1}


async def test_signing_in_again_is_noticed_without_a_restart(account: Account) -> None:
    account.provider.is_revoked = True
    tokens = account.start()
    await account.clock.advance(LIFETIME_S)
    with pytest.raises(CredentialsRejected):
        await tokens.access()

    account.provider.is_revoked = False
    await account.hold()
    await account.clock.advance(31)

    assert (await tokens.access()).reveal() == account.provider.access


async def test_nobody_signed_in_yet_is_told(account: Account) -> None:
    await account.store.forget("hub")

    with pytest.raises(CredentialsRejected, match="Nobody is signed in"):
        await account.start().access()

    assert not account.provider.grants


async def test_a_provider_that_is_away_does_not_matter_while_the_token_is_valid(
    account: Account,
) -> None:
    tokens = account.start()
    held = await tokens.access()
    await account.clock.advance(LIFETIME_S * 0.85)
    account.provider.faults.extend([503, 503])

    assert await tokens.access() == held
    assert await tokens.access() == held
    await account.clock.advance(LIFETIME_S * 0.2)
    with pytest.raises(TransientError):
        await tokens.access()

    assert (await tokens.access()).reveal() == account.provider.access


async def test_a_program_of_the_office_renews_with_its_secret(account: Account) -> None:
    client = OAuthClient(
        account.http, account.url, account.clock, client_id="office", client_secret=Secret("secret")
    )
    tokens = TokenSource(ClientCredentials(client), account.clock)

    first = await tokens.access()
    await account.clock.advance(LIFETIME_S)

    assert await tokens.access() != first
    assert account.provider.grants == {"client_credentials": 2}


async def test_a_wrong_secret_is_told_and_not_tried_again_at_once(account: Account) -> None:
    client = OAuthClient(
        account.http, account.url, account.clock, client_id="office", client_secret=Secret("wrong")
    )
    tokens = TokenSource(ClientCredentials(client), account.clock)

    for _ in range(10):
        with pytest.raises(CredentialsRejected, match="does not know this program"):
            await tokens.access()

    assert account.provider.grants == {"client_credentials": 1}


# -- several processes ------------------------------------------------------------------------
class _NoTurns(FileCredentials):
    """Planted: nobody waits for anybody."""

    @asynccontextmanager
    async def turn(self, credential: str) -> AsyncIterator[None]:
        del credential
        yield


async def renewals_by_three_processes(
    account: Account, stores: Sequence[FileCredentials]
) -> tuple[set[str], int]:
    """Access tokens that each has when the one they had has ended, and how often it was renewed."""
    await stores[0].save("hub", await account.held())
    await account.clock.advance(LIFETIME_S)
    found: set[str] = set()

    async def renew(store: FileCredentials) -> None:
        renewal = StoredTokens(account.client, store, "hub", account.clock)
        found.add((await TokenSource(renewal, account.clock).access()).reveal())

    async with anyio.create_task_group() as group:
        for store in stores:
            group.start_soon(renew, store)
    return found, account.provider.grants["refresh_token"]


async def test_processes_of_one_installation_renew_one_after_the_other(
    account: Account, tmp_path: Path
) -> None:
    stores = [FileCredentials(tmp_path / "tokens") for _ in range(3)]

    found, renewals = await renewals_by_three_processes(account, stores)

    assert (len(found), renewals) == (1, 1)
    assert not account.provider.is_revoked


async def test_planted_processes_that_do_not_wait_present_a_token_twice(
    account: Account, tmp_path: Path
) -> None:
    stores = [_NoTurns(tmp_path / "tokens") for _ in range(3)]

    with suppress(BaseExceptionGroup):
        await renewals_by_three_processes(account, stores)

    assert account.provider.is_revoked or account.provider.grants["refresh_token"] > 1
