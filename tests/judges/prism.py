"""A vendor's own description of its interface as judge between our client and our emulator.

Prism passes each request on and tells in a header of the answer what it violates. A relay before it
notes that, since a client has no eyes for such headers::

    client -> relay -> Prism -> emulator
"""

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from pipeline.testing.http_server import serving
from tests.judges.node import absence, node

PACKAGE = "@stoplight/prism-cli"
_PROGRAM = f"node_modules/{PACKAGE}/dist/index.js"
_SHARED = Path(os.environ.get("DOSSIERPOST_SHARED") or Path(__file__).parents[3] / "shared")
_KEPT = ("Content-Type", "Retry-After")


def description(vendor: str) -> Path:
    """The vendor's OpenAPI file, which is no part of the project."""
    return _SHARED / "specs" / vendor / "openapi.json"


def needs_prism(vendor: str) -> pytest.MarkDecorator:
    """Skip where Node.js, the packages or the vendor's file is absent, and say which."""
    reason = absence(PACKAGE)
    if reason is None and not description(vendor).is_file():
        reason = f"NOT RUN: the description of {vendor} is not at {_SHARED}; set DOSSIERPOST_SHARED"
    return pytest.mark.skipif(reason is not None, reason=reason or "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a request or its answer; ``place`` is such as ``request.query.limit``."""

    asked: str
    place: str
    text: str


@dataclass
class Judge:
    """Where a client is to ask, and what was found so far; ``asked`` are all requests."""

    url: URL
    asked: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def on_requests(self) -> Sequence[Verdict]:
        """What is wrong with what our client asked."""
        return [each for each in self.verdicts if each.place.startswith("request")]

    @property
    def on_answers(self) -> Sequence[Verdict]:
        """What is wrong with what our emulator answered."""
        return [each for each in self.verdicts if each.place.startswith("response")]

    def note(self, asked: str, violations: str) -> None:
        """Note what Prism said of a request; a path it does not know is no smaller matter."""
        self.asked.append(asked)
        found: list[dict[str, Any]] = json.loads(violations)
        self.verdicts += [Verdict(asked, ".".join(v["location"]), v["message"]) for v in found]


@asynccontextmanager
async def judging(vendor: str, emulator: URL) -> AsyncIterator[Judge]:
    """The vendor's description between a client and an emulator."""
    arguments = ["proxy", "-h", "127.0.0.1", "-p", "0"]
    upstream = str(emulator.origin())
    async with (
        node(_PROGRAM, *arguments, str(description(vendor)), upstream) as prism,
        aiohttp.ClientSession(auto_decompress=False) as session,
    ):
        judge = Judge(URL())

        async def relay(request: web.Request) -> web.StreamResponse:
            asked = URL(f"{prism}{request.raw_path}", encoded=True)
            headers = {k: v for k, v in request.headers.items() if k != "Host"}
            body = await request.read() or None
            async with session.request(
                request.method, asked, headers=headers, data=body, allow_redirects=False
            ) as answer:
                said = answer.headers.get("sl-violations", "[]")
                judge.note(f"{request.method} {request.raw_path}", said)
                kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
                return web.Response(
                    status=answer.status,
                    reason=answer.reason,
                    body=await answer.read(),
                    headers=kept,
                )

        async with serving(relay) as served:
            judge.url = served.url
            yield judge
