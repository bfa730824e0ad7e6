"""Tokens in files that only the account of the service can read, one file for each sign-in."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import anyio.to_thread
import msgspec
from filelock import AsyncFileLock, Timeout

from pipeline.connectors.private_files import PrivateFolder
from pipeline.domain.errors import ConfigurationError, TransientError
from pipeline.ports.credentials import Secret, Tokens

T = TypeVar("T")

TURN_S = 90.0
"""Longer than any renewal that is under way may take."""


class _Stored(msgspec.Struct, omit_defaults=True):
    access_token: str
    issued_at: datetime
    lifetime_s: float
    refresh_token: str | None = None


class FileCredentials:
    """Credential store in a folder, see `pipeline.ports.credentials.CredentialStore`.

    Files are private, see `private_files`.
    """

    def __init__(self, folder: Path) -> None:
        self._files = PrivateFolder(folder, "Remove it and sign in again.")

    @asynccontextmanager
    async def turn(self, credential: str) -> AsyncIterator[None]:
        """See `CredentialStore.turn`; the operating system ends that of a process that died."""
        await _in_thread(self._files.make)
        path = self._files.path / f"{_name(credential)}.lock"
        lock = AsyncFileLock(path, timeout=TURN_S, mode=0o600, thread_local=False)
        try:
            await lock.acquire()
        except Timeout as error:
            raise TransientError("Another process is still renewing the sign-in.") from error
        try:
            yield
        finally:
            await lock.release()

    async def load(self, credential: str) -> Tokens | None:
        """See `CredentialStore.load`."""
        return await _in_thread(lambda: self._load(credential))

    async def save(self, credential: str, tokens: Tokens) -> None:
        """See `CredentialStore.save`."""
        await _in_thread(lambda: self._files.write(_name(credential), _encoded(tokens)))

    async def forget(self, credential: str) -> None:
        """See `CredentialStore.forget`."""
        await _in_thread(lambda: self._files.remove(_name(credential)))

    def _load(self, credential: str) -> Tokens | None:
        text = self._files.read(_name(credential))
        if text is None:
            return None
        try:
            return _tokens(msgspec.json.decode(text, type=_Stored))
        except msgspec.DecodeError as error:
            path = self._files.path / _name(credential)
            msg = f"{path} is not a file of tokens. Remove it and sign in again."
            raise ConfigurationError(msg) from error


def _name(credential: str) -> str:
    return f"{quote(credential, safe='')}.tokens"


def _encoded(tokens: Tokens) -> bytes:
    return msgspec.json.encode(
        _Stored(
            access_token=tokens.access.reveal(),
            issued_at=tokens.issued_at,
            lifetime_s=tokens.lifetime.total_seconds(),
            refresh_token=tokens.refresh.reveal() if tokens.refresh else None,
        )
    )


def _tokens(stored: _Stored) -> Tokens:
    return Tokens(
        access=Secret(stored.access_token),
        issued_at=stored.issued_at,
        lifetime=timedelta(seconds=stored.lifetime_s),
        refresh=Secret(stored.refresh_token) if stored.refresh_token else None,
    )


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await anyio.to_thread.run_sync(work)
    except OSError as error:
        msg = f"The stored sign-ins cannot be used: {error.strerror} ({error.filename})."
        raise TransientError(msg) from error
