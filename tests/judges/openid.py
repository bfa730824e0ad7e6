"""A real OpenID provider before the embedded hub, and the browser of a manager signing in there."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape

import aiohttp
import msgspec
import pytest
from yarl import URL

from tests.judges.node import absence, node

PACKAGE = "oidc-provider"
_PAGES = 10
_reason = absence(PACKAGE)
needs_provider = pytest.mark.skipif(_reason is not None, reason=_reason or "")


class Grants(msgspec.Struct):
    """What the provider was asked for: how often it gave tokens, by grant, and why it did not."""

    granted: dict[str, int]
    refused: list[str]


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """The provider; ``url`` is the hub's address for its clients."""

    url: URL

    async def grants(self) -> Grants:
        """What it was asked for so far."""
        async with aiohttp.ClientSession() as session, session.get(self.url / "tokens") as answer:
            return msgspec.json.decode(await answer.read(), type=Grants)

    async def exchange(self, **form: str) -> tuple[int, Mapping[str, str]]:
        """Ask for tokens by hand, as somebody who has no right to would."""
        url = self.url / "oauth" / "token"
        fields = {"client_id": "dossierpost", **form}
        async with aiohttp.ClientSession() as session, session.post(url, data=fields) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def openid_provider(
    api: str, client_id: str, client_secret: str, *, lifetime_s: int
) -> AsyncIterator[OpenIdProvider]:
    """A provider whose access tokens live that long, before the API of a hub."""
    arguments = (api, client_id, client_secret, str(lifetime_s))
    async with node("provider.mjs", *arguments) as url:
        yield OpenIdProvider(url)


async def allow(url: str, *, code: str = "") -> str:
    """Do what a manager does in a browser, page after page; gives what the last one shows."""
    return await _visit(url, {"user_code": code, "login": "manager", "password": "any"})


async def deny(url: str) -> str:
    """Open the page and cancel."""
    return await _visit(url, None)


async def _visit(url: str, answers: Mapping[str, str] | None) -> str:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(url) as answer:
            page, shown_at = await answer.text(), answer.url
        for _ in range(_PAGES):
            form = re.search(r'<form[^>]* action="([^"]+)"', page)
            if form is None:
                return page
            target = shown_at.join(URL(unescape(form[1])))
            if answers is None:
                ask = browser.get(target / "abort")
            else:
                ask = browser.post(target, data=_filled(page, answers))
            async with ask as answer:
                page, shown_at = await answer.text(), answer.url
    raise AssertionError(f"The sign-in does not end: {page}")


def _filled(page: str, answers: Mapping[str, str]) -> dict[str, str]:
    """The fields of a form: hidden ones as they are, others as a person fills them in."""
    fields: Sequence[str] = re.findall(r"<input([^>]*)>", page)
    named = [(m[1], each) for each in fields if (m := re.search(r'name="(\w+)"', each))]
    return {name: answers.get(name, _value(field)) for name, field in named}


def _value(field: str) -> str:
    found = re.search(r'value="([^"]*)"', field)
    return unescape(found[1]) if found else ""
