"""Fetching one file whose content is known beforehand, by its SHA-256.

The digest is what is trusted, so the file may come from wherever its address leads; what breaks
off is kept and goes on at the next attempt.
"""

import hashlib
import os
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path

import aiofiles
from anyio import to_thread
from yarl import URL

from pipeline.connectors.addresses import Reach
from pipeline.connectors.http import HttpClient, Stream
from pipeline.connectors.patience import Patience
from pipeline.domain.errors import ConfigurationError, TransientError

_PATIENCE = Patience(total_s=600)


@dataclass(frozen=True, slots=True)
class Anywhere(Reach):
    """Follows redirects to any host, always as safely as it started: https, or a private hub."""

    def check(self, url: URL) -> URL:
        """Return ``url`` unless it is not absolute, names a user, or leaves https."""
        schemes = {origin.scheme for origin in self.origins}
        if not url.absolute or url.scheme not in schemes or url.user is not None:
            raise TransientError(f"The address leads to {url.host!r} in a way that is not safe.")
        return url


@dataclass(frozen=True, slots=True)
class Download:
    """One file to fetch: at most ``max_bytes``, with this SHA-256 (lower-case hexadecimal).

    ``part`` is where it grows; it is complete and right when `run` returns its bytes, and it
    stays there when the connection breaks, so that the next `run` asks for the rest.
    """

    url: str
    sha256: str
    part: Path
    max_bytes: int
    ca_file: Path | None = None
    allow_private: bool = False

    async def run(self) -> bytes:
        """Fetch what is missing and return the whole.

        Raises:
            ConfigurationError: the address is not https, the server does not have it, or what it
                has is something else than the digest says; that is then thrown away.
            TransientError: the server cannot be reached, or breaks off.
        """
        reach = Anywhere.of(self.url, allow_private=self.allow_private)
        async with HttpClient(reach, ca_file=self.ca_file) as client:
            was_begun = await to_thread.run_sync(_size, self.part) > 0
            body = await self._fetched(client)
            if was_begun and not self._is_right(body):
                # A part of an older file is no start for this one.
                await to_thread.run_sync(self.part.unlink)
                body = await self._fetched(client)
        if self._is_right(body):
            return body
        await to_thread.run_sync(self.part.unlink)
        raise ConfigurationError(
            f"{self.url} is not the file that was meant: its SHA-256 is"
            f" {hashlib.sha256(body).hexdigest()}, expected is {self.sha256}. Nothing was changed."
        )

    def _is_right(self, body: bytes) -> bool:
        return hashlib.sha256(body).hexdigest() == self.sha256

    async def _fetched(self, client: HttpClient) -> bytes:
        """All there is, after the server was asked for what is missing."""
        try:
            await self._ask(client)
        except ConfigurationError:
            await to_thread.run_sync(partial(self.part.unlink, missing_ok=True))
            raise
        return await to_thread.run_sync(self.part.read_bytes)

    async def _ask(self, client: HttpClient) -> None:
        begun = await to_thread.run_sync(_size, self.part)
        headers = {"Range": f"bytes={begun}-"} if begun else {}
        async with client.stream(URL(self.url), headers=headers, patience=_PATIENCE) as answer:
            match answer.status:
                case HTTPStatus.OK:
                    await self._store(answer, begun=0)
                case HTTPStatus.PARTIAL_CONTENT:
                    await self._store(answer, begun=begun)
                case HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    pass  # there is no more than what is here; the digest tells if it is all
                case status:
                    raise _refused(self.url, status)

    async def _store(self, answer: Stream, *, begun: int) -> None:
        size = begun
        async with aiofiles.open(self.part, "ab" if begun else "wb", opener=_private) as file:
            async for chunk in answer.chunks:
                size += len(chunk)
                if size > self.max_bytes:
                    raise ConfigurationError(
                        f"{self.url} has more than {self.max_bytes} bytes, which is no rule file."
                    )
                await file.write(chunk)


def _refused(url: str, status: int) -> ConfigurationError | TransientError:
    text = f"{url} answers {status}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return TransientError(f"{text}. Try again later.")
    return ConfigurationError(f"{text}. Check the address.")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)
