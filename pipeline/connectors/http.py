"""The one HTTP client of all connectors: where it may go, how long it waits, how much it reads.

Answers are asked for uncompressed, read under a cap on decompressed bytes, and never decoded.
Redirects are followed for GET only, at most three times, each step through the same checks, and
Authorization stays with the origin it was given for. Proxies and ``netrc`` files of the
environment are ignored.

A GET goes through `lean_http`, which costs a fraction of aiohttp; aiohttp asks whatever else there
is to ask, streams, and hubs that answer in ways which are not plain.
"""

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Self

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from pipeline.connectors import failures
from pipeline.connectors.addresses import Reach
from pipeline.connectors.answers import Answer, AnswerTooLarge
from pipeline.connectors.lean_http.client import LeanClient
from pipeline.connectors.patience import Patience
from pipeline.domain.errors import ConfigurationError, TransientError

LARGEST_ANSWER = 16 * 2**20
REDIRECTS = 3
LEAN_METHODS = frozenset({"GET"})
_READ_SIZE = 2**16
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
    asked for. A status is not judged here, see `answers.error_for`.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        ca_file: Path | None = None,
        connections: int = 64,
        patience: Patience | None = None,
    ) -> None:
        self._reach = reach
        self._tls = _tls_context(ca_file)
        self._connections = connections
        self._patience = patience or Patience()
        self._session: aiohttp.ClientSession | None = None
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
        sent = CIMultiDict(headers or {})
        for _step in range(REDIRECTS + 1):
            self._reach.check(url)
            answer = await self._asked(method, url, sent, body=body, max_bytes=max_bytes)
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
        sent = CIMultiDict(headers)
        for _step in range(REDIRECTS + 1):
            async with self._general("GET", url, sent, patience=patience) as response:
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
            if self._session is not None:
                await self._session.close()

    async def _asked(
        self,
        method: str,
        url: URL,
        headers: CIMultiDict[str],
        *,
        body: bytes | None,
        max_bytes: int,
    ) -> Answer:
        """One answer, of the client that can have it for less."""
        if method in LEAN_METHODS and body is None:
            answer = await self._opened_lean().get(url, headers, max_bytes)
            if answer is not None:
                return answer
        async with self._general(method, url, headers, body=body) as response:
            is_read = _target(method, response.status, response.headers) is None
            content = await _read(response, max_bytes) if is_read else b""
            return Answer(response.status, response.headers, content, response.reason or "")

    @asynccontextmanager
    async def _general(
        self,
        method: str,
        url: URL,
        headers: CIMultiDict[str],
        *,
        body: bytes | None = None,
        patience: Patience | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer through aiohttp, its failures translated."""
        with _translated(url):
            async with self._opened().request(
                method,
                self._reach.check(url),
                headers=headers,
                data=body,
                timeout=_timeout(patience or self._patience),
                allow_redirects=False,
            ) as response:
                yield response

    def _opened_lean(self) -> LeanClient:
        """The lean client; made late, because it belongs to the running event loop."""
        if self._lean is None:
            self._lean = LeanClient(
                self._reach.socket_factory(),
                tls=self._tls,
                connections=self._connections,
                patience=self._patience,
            )
        return self._lean

    def _opened(self) -> aiohttp.ClientSession:
        """The session; made late, because it belongs to the running event loop."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                ssl=self._tls,
                limit=self._connections,
                keepalive_timeout=30,
                socket_factory=self._reach.socket_factory(),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity", "User-Agent": "dossierpost"},
                trust_env=False,
            )
        return self._session


def _target(method: str, status: int, headers: Mapping[str, str]) -> str | None:
    """Where an answer leads on; None when it is the answer."""
    return headers.get("Location") if method == "GET" and status in _MOVED else None


def _next_step(url: URL, target: str, headers: CIMultiDict[str]) -> tuple[URL, CIMultiDict[str]]:
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


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """The body, counted after decompression and refused as soon as it is too large."""
    length = response.content_length
    if length is not None and "Content-Encoding" not in response.headers:
        if length > max_bytes and response.method != "HEAD":
            raise AnswerTooLarge(f"The answer has {length} bytes; {max_bytes} are accepted.")
        return await response.content.read()  # the parser delivers no more than `length`
    parts, size = [], 0
    async for part in response.content.iter_chunked(_READ_SIZE):
        size += len(part)
        if size > max_bytes:
            raise AnswerTooLarge(f"The answer has more than {max_bytes} bytes.")
        parts.append(part)
    return b"".join(parts)


@contextmanager
def _translated(url: URL) -> Iterator[None]:
    """Turn what aiohttp raises into the error tree."""
    host = url.host
    try:
        yield
    except aiohttp.ClientConnectorCertificateError as error:
        raise failures.certificate_refused(host, error.certificate_error) from error
    except aiohttp.ClientConnectorError as error:
        raise failures.not_connected(host, error.os_error) from error
    except TimeoutError as error:
        raise failures.too_slow(host) from error
    except aiohttp.ClientPayloadError as error:
        raise failures.garbled(host) from error
    except (aiohttp.ClientError, OSError) as error:
        raise failures.connection_failed(host, f"{type(error).__name__}: {error}") from error


def _timeout(patience: Patience) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=patience.total_s, sock_connect=patience.connect_s, sock_read=patience.read_s
    )


@cache
def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Verification is always on; ``ca_file`` adds an authority of the office.

    Reading the authorities of the system takes 30 ms, so that it is done once.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            msg = f"The certificate file {ca_file} cannot be read: {error}. Check the setting."
            raise ConfigurationError(msg) from error
    return context
