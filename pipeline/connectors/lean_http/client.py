"""The lean client: which requests it takes, and what it does when one fails."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from functools import lru_cache

import anyio
from multidict import CIMultiDict
from yarl import URL

from pipeline.connectors import failures
from pipeline.connectors.answers import Answer
from pipeline.connectors.lean_http.connection import ConnectionLost
from pipeline.connectors.lean_http.head import Malformed, Unusual
from pipeline.connectors.lean_http.pool import Origin, Pool
from pipeline.connectors.lean_http.sockets import MakeSocket
from pipeline.connectors.patience import Patience
from pipeline.domain.errors import PipelineError

_PLAIN_HOST = re.compile(r"[0-9A-Za-z.:-]*[0-9A-Za-z:]")
_PLAIN_TARGET = re.compile(r"/[!-\"$-~]*")
_PLAIN_FIELDS = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t -~]*\r\n)*")
_MOST_ORIGINS = 1000
_FIELDS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "dossierpost"}
_FRAMING = frozenset(
    {"Connection", "Content-Length", "Expect", "Host", "Transfer-Encoding", "Upgrade"}
)
_FIELD_SETS = 4
_Key = tuple[str, str]


class LeanClient:
    """GET requests over kept connections; `close` releases them.

    An origin that once answered in an unusual way is left to the general client from then on:
    only its first answer was asked for twice.
    """

    def __init__(
        self,
        make_socket: MakeSocket,
        *,
        tls: ssl.SSLContext,
        connections: int,
        patience: Patience,
    ) -> None:
        self._tls = tls
        self._patience = patience
        self._pool = Pool(make_socket, connections=connections, patience=patience)
        self._permits = anyio.Semaphore(connections, fast_acquire=True)
        self._origins: dict[_Key, Origin | None] = {}
        self._fields = lru_cache(_FIELD_SETS)(_fields)  # they change with the token, once an hour

    async def get(self, url: URL, headers: Mapping[str, str], max_bytes: int) -> Answer | None:
        """The answer, whatever its status; None when the general client is to ask.

        Raises:
            HubUnavailable: there is no connection, or no answer in time.
            TransientError: the answer broke off, is malformed, or has more than ``max_bytes``.
        """
        key = (url.scheme, url.raw_authority)
        origin = self._origins[key] if key in self._origins else self._learn(key, url)
        fields, target = self._fields(tuple(headers.items())), url.raw_path_qs
        if origin is None or fields is None or not _PLAIN_TARGET.fullmatch(target):
            return None
        request = f"GET {target} HTTP/1.1\r\nHost: {origin.authority}\r\n{fields}\r\n".encode()
        try:
            return await self._answer(origin, request, max_bytes)
        except Unusual:
            self._origins[key] = None
            return None
        except (OSError, Malformed) as error:
            raise _told(origin.host, error) from error

    async def close(self) -> None:
        """Close all connections; idempotent."""
        await self._pool.close()

    def _learn(self, key: _Key, url: URL) -> Origin | None:
        """What an origin is, that is asked for the first time."""
        if len(self._origins) >= _MOST_ORIGINS:
            self._origins.clear()
        origin, host, port = None, url.raw_host, url.port
        if host is not None and port is not None and _PLAIN_HOST.fullmatch(host):
            tls = self._tls if url.scheme == "https" else None
            origin = Origin(host, port, url.host_port_subcomponent or host, tls)
        self._origins[key] = origin
        return origin

    async def _answer(self, origin: Origin, request: bytes, max_bytes: int) -> Answer:
        """Ask, and once more over a new connection when the server had closed the kept one."""
        await self._take_permit()
        total_s = self._patience.total_s
        ends_at = asyncio.get_running_loop().time() + (float("inf") if total_s is None else total_s)
        try:
            return await self._asked(origin, request, max_bytes, ends_at=ends_at)
        except ConnectionLost as error:
            if not error.is_stale:
                raise
            return await self._asked(origin, request, max_bytes, ends_at=ends_at, fresh=True)
        finally:
            self._permits.release()

    async def _take_permit(self) -> None:
        """Wait for a permit; where one is left, looking whether we are cancelled costs more."""
        try:
            self._permits.acquire_nowait()
        except anyio.WouldBlock:
            await self._permits.acquire()

    async def _asked(
        self,
        origin: Origin,
        request: bytes,
        max_bytes: int,
        *,
        ends_at: float,
        fresh: bool = False,
    ) -> Answer:
        connection = await self._pool.take(origin, fresh=fresh)
        try:
            return await connection.ask(request, max_bytes, ends_at=ends_at)
        finally:
            self._pool.give_back(origin, connection)


def _fields(headers: tuple[tuple[str, str], ...]) -> str | None:
    """The header fields as they are sent; None when one of them is not plain."""
    sent = CIMultiDict(_FIELDS)
    sent.update(headers)
    fields = "".join([f"{name}: {value}\r\n" for name, value in sent.items()])
    is_one_line_each = _PLAIN_FIELDS.fullmatch(fields) and fields.count("\n") == len(sent)
    is_framed = any(name in sent for name in _FRAMING)
    return fields if is_one_line_each and not is_framed else None


def _told(host: str, error: Exception) -> PipelineError:
    """What went wrong, in the words of the general client."""
    if isinstance(error, Malformed):
        return failures.garbled(host, error)
    if isinstance(error, ConnectionLost):
        is_torn = error.has_begun
        return failures.garbled(host) if is_torn else failures.connection_failed(host, error)
    if isinstance(error, TimeoutError):
        return failures.too_slow(host)
    is_untrusted = isinstance(error, ssl.SSLCertVerificationError)
    explain = failures.certificate_refused if is_untrusted else failures.not_connected
    return explain(host, error)
