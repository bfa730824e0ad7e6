"""Keeps the bytes of rejected documents as files beside the state."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import TransientError


@dataclass(frozen=True, slots=True)
class FileQuarantine:
    """The `Quarantine` port on a folder; files are named by document and content, mode 0600.

    Nothing is deleted here: what could not be delivered is kept until a person removes it.
    """

    folder: Path

    async def keep(self, key: DocumentKey, body: bytes) -> str:
        """Store the bytes durably and return the path of the file."""
        content = hashlib.sha256(body).hexdigest()[:16]
        path = self.folder / key.digest[:2] / f"{key.digest}-{content}.bin"
        try:
            await to_thread.run_sync(_store, path, body)
        except OSError as error:
            raise TransientError(
                f"The bytes of document {key.document_id} cannot be kept in {self.folder}: "
                f"{error.strerror}. Free space there or give the account write rights."
            ) from error
        return str(path)


def _store(path: Path, body: bytes) -> None:
    """In one go, so that a caller who is cancelled leaves no file open.

    An earlier file of that name may be a half-written one: its name says what it should be.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(path, "xb", opener=_private) as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    _flush_folder(path.parent)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
