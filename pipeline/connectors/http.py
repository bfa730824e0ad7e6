"""The one HTTP client of all connectors: where it may go, how long it waits, how much it reads.

Answers are asked for uncompressed, read under a cap on decompressed bytes, and never decoded.
Redirects are followed for GET only, at most three times, each step through the same checks, and
Authorization stays with the origin it was given for. Proxies and ``netrc`` files of the
environment are ignored.

A GET goes through `lean_http`, which costs a fraction of aiohttp; `general_http`, on aiohttp, asks
whatever else there is to ask, streams, and hubs that answer in ways which are not plain. Either is
made when it is first asked: until then nothing is imported or read for it.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from anyio import to_thread
from multidict import CIMultiDict
from yarl import URL

from pipeline.connectors.addresses import Reach
from pipeline.connectors.answers import Answer
from pipeline.connectors.lean_http.client import LeanClient
from pipeline.connectors.patience import Patience
from pipeline.domain.errors import ConfigurationError, TransientError

if TYPE_CHECKING:
    from pipeline.connectors.general_http import GeneralClient

LARGEST_ANSWER = 16 * 2**20
REDIRECTS = 3
LEAN_METHODS = frozenset({"GET"})
_MOVED = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_OF_ONE_ORIGIN = ("Authorization", "Cookie")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that goes on; ``chunks`` ends when the server ends it."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class HttpClient:
    """Requests to one hub; `close`, or leaving its context, releases the connections.

    Every method raises `HubUnavailable` when the hub cannot be reached or does not answer in
    time, and `TransientError` when it breaks off, redirects out of reach, or answers more than
    asked for. A status is not judged here, see `answers.error_for`. A ``ca_file`` that cannot be
    used raises `ConfigurationError` at once.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        ca_file: Path | None = None,
        connections: int = 64,
        patience: Patience | None = None,
    ) -> None:
        if ca_file is not None:
            _trust(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ca_file)
        self._reach = reach
        self._ca_file = ca_file
        self._connections = connections
        self._patience = patience or Patience()
        self._general: GeneralClient | None = None
        self._lean: LeanClient | None = None

    async def request(
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        max_bytes: int = LARGEST_ANSWER,
    ) -> Answer:
        """Ask, and read the whole answer of at most ``max_bytes`` decompressed bytes."""
        sent = headers or {}
        for _step in range(REDIRECTS + 1):
            self._reach.check(url)
            answer = None
            if method in LEAN_METHODS and body is None:
                lean = self._lean or await self._opened_lean()
                answer = await lean.get(url, sent, max_bytes)
            if answer is None:
                answer = await self._general_answer(
                    method, url, sent, body=body, max_bytes=max_bytes
                )
            target = _target(method, answer.status, answer.headers)
            if target is None:
                return answer
            url, sent = _next_step(url, target, sent)
        raise _too_many(url)

    @asynccontextmanager
    async def stream(
        self, url: URL, *, headers: Mapping[str, str], patience: Patience
    ) -> AsyncIterator[Stream]:
        """GET an answer that is read as it comes."""
        sent = headers
        for _step in range(REDIRECTS + 1):
            self._reach.check(url)
            general = self._general or await self._opened_general()
            async with general.asked("GET", url, sent, patience=patience) as response:
                target = _target("GET", response.status, response.headers)
                if target is None:
                    chunks = response.content.iter_any()
                    yield Stream(response.status, response.headers, aiter(chunks))
                    return
            url, sent = _next_step(url, target, sent)
        raise _too_many(url)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; idempotent."""
        try:
            if self._lean is not None:
                await self._lean.close()
        finally:
            if self._general is not None:
                await self._general.close()

    async def _general_answer(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        *,
        body: bytes | None,
        max_bytes: int,
    ) -> Answer:
        general = self._general or await self._opened_general()
        async with general.asked(method, url, headers, body=body) as response:
            is_read = _target(method, response.status, response.headers) is None
            content = await general.read(response, max_bytes) if is_read else b""
            return Answer(response.status, response.headers, content, response.reason or "")

    async def _opened_lean(self) -> LeanClient:
        """The lean client, made when there was none; it belongs to the running event loop."""
        tls = await to_thread.run_sync(_tls_context, self._ca_file)
        if self._lean is None:
            self._lean = self._made(LeanClient, tls)
        return self._lean

    async def _opened_general(self) -> "GeneralClient":
        """The general client, as `_opened_lean`."""
        tls = await to_thread.run_sync(_tls_context, self._ca_file)
        make = await to_thread.run_sync(_general_client)
        if self._general is None:
            self._general = self._made(make, tls)
        return self._general

    def _made(self, make: Callable[..., T], tls: ssl.SSLContext) -> T:
        return make(
            self._reach.socket_factory(),
            tls=tls,
            connections=self._connections,
            patience=self._patience,
        )


def _target(method: str, status: int, headers: Mapping[str, str]) -> str | None:
    """Where an answer leads on; None when it is the answer."""
    return headers.get("Location") if status in _MOVED and method == "GET" else None


def _next_step(url: URL, target: str, headers: Mapping[str, str]) -> tuple[URL, Mapping[str, str]]:
    """Where a redirect leads, and what may be said there."""
    try:
        moved = url.join(URL(target))
    except ValueError as error:
        raise TransientError(f"{url.host} redirects to an address that is not one.") from error
    if moved.absolute and moved.origin() == url.origin():
        return moved, headers
    kept = CIMultiDict((k, v) for k, v in headers.items() if k.title() not in _OF_ONE_ORIGIN)
    return moved, kept


def _too_many(url: URL) -> TransientError:
    return TransientError(f"{url.host} redirects more than {REDIRECTS} times.")


def _general_client() -> type["GeneralClient"]:
    """The class itself, once what it is built on is imported: 0.1 s that a thread waits for."""
    from pipeline.connectors.general_http import GeneralClient  # noqa: PLC0415 - see above

    return GeneralClient


@cache
def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verification is always on; ``ca_file`` adds an authority of the office.

    Reading the authorities of the system takes 45 ms, so that it is done once.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        _trust(context, ca_file)
    return context


def _trust(context: ssl.SSLContext, ca_file: Path) -> None:
    """Trust the authority in a file.

    Raises:
        ConfigurationError: it cannot be used.
    """
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:
        msg = f"The certificate file {ca_file} cannot be read: {error}. Check the setting."
        raise ConfigurationError(msg) from error
