"""Small files that only the account of the service can read, in a folder of their own.

The folder has mode 0700, its files 0600; a folder or file of another owner, with more rights, or
behind a link is refused. A file is replaced by a complete new one, flushed before. Blocking.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.domain.errors import ConfigurationError

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_OTHERS = 0o077
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class PrivateFolder:
    """A folder of private files; ``remedy`` ends the message about one that is refused.

    Every method raises `OSError` when the folder cannot be used now, and `ConfigurationError` when
    it is not private.
    """

    path: Path
    remedy: str
    largest: int = 64 * 1024

    def read(self, name: str) -> bytes | None:
        """The content of a file, at most ``largest`` bytes; None when there is none."""
        path = self.path / name
        try:
            self._check(self.path, self.path.lstat(), is_wanted=stat.S_ISDIR)
            self._check(path, path.lstat(), is_wanted=stat.S_ISREG)
            descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            self._check(path, os.fstat(descriptor), is_wanted=stat.S_ISREG)
            return file.read(self.largest)

    def make(self) -> None:
        """Make the folder where it is missing."""
        self.path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        self.path.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        self._check(self.path, self.path.lstat(), is_wanted=stat.S_ISDIR)

    def write(self, name: str, content: bytes) -> None:
        """Replace a file; durable when it returns."""
        self.make()
        path = self.path / name
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
        with os.fdopen(os.open(new, flags, _FILE_MODE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)  # noqa: PTH105, TID251 -- our own file, which is meant to be replaced
        _flush_folder(self.path)

    def remove(self, name: str) -> None:
        """Remove a file; idempotent."""
        (self.path / name).unlink(missing_ok=True)

    def _check(
        self, path: Path, status: os.stat_result, *, is_wanted: Callable[[int], bool]
    ) -> None:
        """Refuse a folder or file that others could read or have put there."""
        if not is_wanted(status.st_mode):
            raise ConfigurationError(f"{path} is a link or of the wrong kind. {self.remedy}")
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
