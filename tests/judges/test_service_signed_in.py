"""The service while a real OpenID provider renews, ends and gives back its sign-in."""

import json
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from pipeline.connectors.clock import SystemClock
from pipeline.domain.documents import DocumentKind
from pipeline.hub.server import EmbeddedHub
from tests.acceptance import json_forms as forms
from tests.acceptance.command_line import CommandLine, Finished, Running
from tests.acceptance.office import ACCOUNT, customer, document_of, winbooks
from tests.judges.openid import OpenIdProvider, allow, needs_provider, openid_provider

pytestmark = [needs_provider, pytest.mark.slow, pytest.mark.timeout(180)]

LIFETIME_S = 3
PATIENCE_S = 60
BAKER = customer(1)


@dataclass
class Office:
    """An installation of commands and a service, its hub, and the provider before that."""

    command: CommandLine
    hub: EmbeddedHub
    provider: OpenIdProvider

    async def login(self, *options: str) -> Finished:
        """Sign in on the command line, as a manager does."""
        with self.command.running("login", *options) as login:
            url, code = await asked(login)
            await allow(url, code=code)
            return await anyio.to_thread.run_sync(login.finish)

    async def receive(self, seed: int) -> None:
        """A document arrives at the hub."""
        document = document_of(BAKER, DocumentKind.PURCHASE_INVOICE, seed=seed)
        await self.hub.seed(documents=[document])

    def placed(self) -> int:
        """How many documents the accounting software can see."""
        files = (self.command.folder / "books").rglob("*.xml")
        return sum(".dossierpost" not in path.parts for path in files)

    async def has_placed(self, count: int) -> bool:
        return self.placed() == count

    def refresh_token(self) -> str:
        """What a thief finds in the folder of the service."""
        tokens = self.command.folder / "state" / "credentials" / "native.tokens"
        return str(json.loads(tokens.read_text())["refresh_token"])

    async def has_renewed(self, times: int) -> bool:
        return (await self.provider.grants()).granted.get("refresh_token", 0) >= times

    async def says_who_must_act(self) -> bool:
        """Whether ``status`` says why nothing comes, and what to do."""
        shown = await anyio.to_thread.run_sync(lambda: self.command.run("status", "--json"))
        return any("login" in str(each.problem) for each in shown.json(forms.Status).problems)


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while not await is_so():
        assert time.monotonic() < ends_at
        await anyio.sleep(0.1)


async def asked(login: Running) -> tuple[str, str]:
    """Where ``login`` sends the manager, and the code to type there."""
    browser = r"(http://\S+/oauth/authorize\?\S+)()\n"
    device = r"open (http://\S+) and type (\S+)\n"

    async def is_there() -> bool:
        assert login.process.poll() is None, login.stderr
        return re.search(f"{browser}|{device}", login.stderr) is not None

    await until(is_there)
    found = re.search(browser, login.stderr) or re.search(device, login.stderr)
    assert found is not None
    return found[1], found[2]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    (tmp_path / "books" / "winbooks").mkdir(parents=True)
    clock = SystemClock()
    async with EmbeddedHub(tmp_path / "hub", clock=clock, credentials=ACCOUNT) as hub:
        await hub.seed(packages=[winbooks()], dossiers=[BAKER])
        async with openid_provider(
            hub.url, ACCOUNT.client_id, ACCOUNT.client_secret, lifetime_s=LIFETIME_S
        ) as provider:
            settings = {
                "DOSSIERPOST_HUB_URL": str(provider.url).rstrip("/"),
                "DOSSIERPOST_ROOT": str(tmp_path / "books"),
                "DOSSIERPOST_FEED_SECONDS": "1",
                "BROWSER": "true",
            }
            yield Office(CommandLine(tmp_path, settings), hub, provider)


@pytest.mark.parametrize("options", [(), ("--no-browser",)], ids=["browser", "device"])
async def test_a_manager_signs_in_on_the_command_line(
    office: Office, options: tuple[str, ...]
) -> None:
    ended = await office.login(*options)

    assert (ended.code, ended.stdout) == (0, "")
    assert "Signed in. Next: dossierpost check" in ended.stderr


async def test_the_service_renews_its_sign_in_while_documents_arrive(office: Office) -> None:
    await office.login()
    with office.command.running("run") as service:
        await office.receive(seed=1)
        await until(lambda: office.has_placed(1))

        await until(lambda: office.has_renewed(3))
        await office.receive(seed=2)
        await until(lambda: office.has_placed(2))
        ended = await anyio.to_thread.run_sync(service.end, signal.SIGTERM)

    assert ended.code == 0
    assert (await office.provider.grants()).refused == []


async def test_after_a_theft_a_person_is_told_and_signing_in_again_is_enough(
    office: Office,
) -> None:
    await office.login()
    stolen = office.refresh_token()
    with office.command.running("run") as service:
        await until(lambda: office.has_renewed(2))
        status, _ = await office.provider.exchange(grant_type="refresh_token", refresh_token=stolen)
        await office.receive(seed=1)
        await until(office.says_who_must_act)
        waits = not office.placed()
        refused = (await office.provider.grants()).refused

        await office.login()
        await until(lambda: office.has_placed(1))
        ended = await anyio.to_thread.run_sync(service.end, signal.SIGTERM)

    assert (status, waits, ended.code) == (400, True, 0)
    assert refused[0] == "refresh token already used"
    assert len(refused) <= 3, "a refused sign-in is no reason to hammer the provider"
    assert "Sign in again: dossierpost login" in service.stderr
