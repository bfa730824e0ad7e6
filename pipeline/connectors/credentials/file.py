"""Tokens in files that only the account of the service can read, one file for each sign-in."""

import os
import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import anyio.to_thread
import msgspec

from pipeline.domain.errors import ConfigurationError, TransientError
from pipeline.ports.credentials import Secret, Tokens

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_OTHERS = 0o077
_LARGEST = 64 * 1024
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
T = TypeVar("T")


class _Stored(msgspec.Struct, omit_defaults=True):
    access_token: str
    issued_at: datetime
    lifetime_s: float
    refresh_token: str | None = None


class FileCredentials:
    """Credential store in a folder, see `pipeline.ports.credentials.CredentialStore`.

    The folder has mode 0700, its files 0600; a folder or file of another owner, with more rights,
    or behind a link is refused. A file is replaced by a complete new one, flushed before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def load(self, credential: str) -> Tokens | None:
        """See `CredentialStore.load`."""
        return await _in_thread(lambda: self._load(credential))

    async def save(self, credential: str, tokens: Tokens) -> None:
        """See `CredentialStore.save`."""
        await _in_thread(lambda: self._save(credential, tokens))

    async def forget(self, credential: str) -> None:
        """See `CredentialStore.forget`."""
        await _in_thread(lambda: self._path(credential).unlink(missing_ok=True))

    def _path(self, credential: str) -> Path:
        return self._folder / f"{quote(credential, safe='')}.tokens"

    def _load(self, credential: str) -> Tokens | None:
        path = self._path(credential)
        try:
            _check(self._folder, self._folder.lstat(), is_wanted=stat.S_ISDIR)
            _check(path, path.lstat(), is_wanted=stat.S_ISREG)
            descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            _check(path, os.fstat(descriptor), is_wanted=stat.S_ISREG)
            text = file.read(_LARGEST)
        try:
            return _tokens(msgspec.json.decode(text, type=_Stored))
        except msgspec.DecodeError as error:
            msg = f"{path} is not a file of tokens. Remove it and sign in again."
            raise ConfigurationError(msg) from error

    def _save(self, credential: str, tokens: Tokens) -> None:
        self._folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        _check(self._folder, self._folder.lstat(), is_wanted=stat.S_ISDIR)
        path = self._path(credential)
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
        with os.fdopen(os.open(new, flags, _FILE_MODE), "wb") as file:
            file.write(_encoded(tokens))
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)  # noqa: PTH105, TID251 -- our own file, which is meant to be replaced
        _flush_folder(self._folder)


def _check(path: Path, status: os.stat_result, *, is_wanted: Callable[[int], bool]) -> None:
    """Refuse a folder or file that others could read or have put there."""
    if not is_wanted(status.st_mode):
        raise ConfigurationError(
            f"{path} is a link or of the wrong kind. Remove it and sign in again."
        )
    if os.name != "posix":
        return  # rights are those of the folder of the service account
    if status.st_uid != os.geteuid():
        msg = f"{path} belongs to another user. Give it to the account of the service."
        raise ConfigurationError(msg)
    if status.st_mode & _OTHERS:
        msg = f"Others may read {path}. Take the rights away: chmod go-rwx {path}"
        raise ConfigurationError(msg)


def _flush_folder(folder: Path) -> None:
    """Make the new name durable; Windows flushes names with the file."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
