"""A manager signs in from the command line: in a browser, or with a code on another device."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import anyio
import msgspec
import pytest

from tests.acceptance import json_forms as forms
from tests.acceptance.command_line import CommandLine, Running, until

pytestmark = pytest.mark.timeout(120)  # several processes a test


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[forms.HubReady]:
    folder = tmp_path_factory.mktemp("hub")
    with CommandLine(folder).running("hub", "--data", "data", "--seed-dossiers", "2") as running:
        yield msgspec.json.decode(running.first_line(), type=forms.HubReady)


@pytest.fixture
def command(tmp_path: Path, hub: forms.HubReady) -> CommandLine:
    settings = {"DOSSIERPOST_HUB_URL": hub.url, "DOSSIERPOST_ROOT": str(tmp_path)}
    return CommandLine(tmp_path, {**settings, "BROWSER": "true"})


def decide(url: str, answers: Mapping[str, str]) -> str:
    """Do what a manager does in a browser: open the page, fill in the form; gives what it shows."""

    async def visit() -> str:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            async with browser.get(url) as page:
                fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', await page.text()))
            parts = urlsplit(url)
            form = {**dict(parse_qsl(parts.query)), "csrf": fields["csrf"], **answers}
            origin = f"{parts.scheme}://{parts.netloc}"
            async with browser.post(
                f"{origin}{parts.path}", data=form, headers={"Origin": origin}
            ) as shown:
                return await shown.text()

    return anyio.run(visit)


def as_manager(hub: forms.HubReady, decision: str, **more: str) -> dict[str, str]:
    return {
        "user": hub.manager,
        "password": hub.manager_password,
        "decision": decision,
        **more,
    }


def asked(login: Running, pattern: str) -> tuple[str, ...]:
    """What ``login`` asks the person for; waits for it."""
    until(lambda: re.search(pattern, login.stderr), pattern)
    found = re.search(pattern, login.stderr)
    assert found is not None
    return found.groups()


def dossiers_at_the_hub(command: CommandLine) -> str:
    """What ``check`` says of them; nothing when it is not signed in."""
    findings = command.run("check", "--json").json(forms.Checked).findings
    return " ".join(each.text for each in findings if each.subject == "dossiers of native")


def test_a_manager_signs_in_in_the_browser_that_opens(
    command: CommandLine, hub: forms.HubReady
) -> None:
    with command.running("login") as login:
        (url,) = asked(login, r"(http://\S+/oauth/authorize\?\S+)\n")
        shown = decide(url, as_manager(hub, "allow"))
        ended = login.finish()

    assert (ended.code, ended.stdout) == (0, "")
    assert "go back to Dossierpost" in shown
    assert "Signed in. Next: dossierpost check" in ended.stderr
    assert dossiers_at_the_hub(command).startswith("2 dossiers")


def test_a_manager_who_cancels_leaves_the_program_signed_out(
    command: CommandLine, hub: forms.HubReady
) -> None:
    with command.running("login") as login:
        (url,) = asked(login, r"(http://\S+/oauth/authorize\?\S+)\n")
        decide(url, as_manager(hub, "deny"))
        ended = login.finish()

    assert (ended.code, ended.stdout) == (5, "")
    assert "Traceback" not in ended.stderr
    assert dossiers_at_the_hub(command) == ""


@pytest.mark.slow
def test_a_manager_types_the_code_on_another_device(
    command: CommandLine, hub: forms.HubReady
) -> None:
    with command.running("login", "--no-browser") as login:
        url, code = asked(login, r"open (http://\S+) and type (\S+)\n")
        shown = decide(url, as_manager(hub, "allow", user_code=code))
        ended = login.finish()

    assert "The server is linked" in shown
    assert (ended.code, ended.stdout) == (0, "")
    assert dossiers_at_the_hub(command).startswith("2 dossiers")


def test_an_installation_with_a_client_secret_needs_no_person(command: CommandLine) -> None:
    ended = command.run("login", DOSSIERPOST_HUB_CLIENT_SECRET="a secret")  # noqa: S106

    assert (ended.code, ended.stdout) == (2, "")
    assert "signs in by itself" in ended.stderr
