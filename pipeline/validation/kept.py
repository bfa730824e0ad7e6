"""Files that are kept because making them again takes long, in a folder that nobody else writes.

What is kept decides what is found in documents, or is even executed. So a file counts only if
nobody but its owner could have written it, and only whole: its first bytes are the digest of the
rest. Anything else is as good as nothing.
"""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from pipeline.domain.errors import ConfigurationError

_DIGEST_BYTES = 32
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def read_kept(folder: Path, name: str) -> bytes | None:
    """What was kept under a name, None when there is nothing that is whole.

    Raises `ConfigurationError` when others may write to the folder or the file.
    """
    path = folder / name
    try:
        _require_private(folder)
        _require_private(path)
        data = path.read_bytes()
    except OSError:
        return None  # there is none, or none that can be read
    digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == digest else None


def keep(folder: Path, name: str, content: bytes) -> None:
    """Keep it, whole or not at all, readable and writable by its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_private(folder)
    handle, new = tempfile.mkstemp(dir=folder, prefix=".new-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(content).digest() + content)
        Path(new).replace(folder / name)
    except BaseException:
        Path(new).unlink(missing_ok=True)
        raise


def _require_private(path: Path) -> None:
    status = path.stat()
    if os.name != "posix":
        return
    if status.st_mode & _WRITABLE_BY_OTHERS:
        raise ConfigurationError(
            f"{path} holds code that is executed, but others may write to it. "
            f"Take their right away: chmod go-w {path}"
        )
    if status.st_uid not in (0, os.geteuid()):
        raise ConfigurationError(
            f"{path} holds code that is executed, but belongs to another account. "
            "Remove it, or set another folder for the cache."
        )
