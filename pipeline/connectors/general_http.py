"""The client for whatever there is to ask of a server, on aiohttp.

aiohttp takes longer to import than a service takes to open its state, so that `http` imports this
module when there is something to ask.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from socket import socket

import aiohttp
from yarl import URL

from pipeline.connectors import failures
from pipeline.connectors.addresses import AddressInfo
from pipeline.connectors.answers import AnswerTooLarge
from pipeline.connectors.patience import Patience

_READ_SIZE = 2**16


class GeneralClient:
    """Requests over kept connections; `close` releases them.

    No redirect is followed, and proxies, cookies and ``netrc`` files are ignored.
    """

    def __init__(
        self,
        make_socket: Callable[[AddressInfo], socket],
        *,
        tls: ssl.SSLContext,
        connections: int,
        patience: Patience,
    ) -> None:
        self._patience = patience
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=tls,
                limit=connections,
                keepalive_timeout=30,
                socket_factory=make_socket,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity", "User-Agent": "dossierpost"},
            trust_env=False,
        )

    @asynccontextmanager
    async def asked(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        patience: Patience | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer whose body is still to be read.

        Raises:
            HubUnavailable: there is no connection, or no answer in time.
            TransientError: the answer broke off or is malformed.
        """
        with _translated(url):
            async with self._session.request(
                method,
                url,
                headers=headers,
                data=body,
                timeout=_timeout(patience or self._patience),
                allow_redirects=False,
            ) as response:
                yield response

    @staticmethod
    async def read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
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

    async def close(self) -> None:
        """Close all connections; idempotent."""
        await self._session.close()


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
