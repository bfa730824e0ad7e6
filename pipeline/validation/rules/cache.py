"""Compiled programs kept on disk, because compiling takes a hundred times as long as loading.

What is kept is code that will be executed. So a file counts only if nobody but its owner could
have written it, and only whole: its name is the digest of everything it was made from, and its
first bytes are the digest of the rest. Anything else is compiled again.
"""

import hashlib
import marshal
import os
import stat
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, ModuleType

import msgspec

from pipeline.domain.errors import ConfigurationError
from pipeline.validation.rules.program import Program

_DIGEST_BYTES = 32
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program with its code for each engine.

    ``serialised`` is for the native engine, empty where there is none, for a ``reason``.
    """

    program: Program
    marshalled: bytes
    serialised: bytes = b""
    reason: str = ""

    @classmethod
    def of(
        cls, program: Program, code: CodeType, serialised: bytes = b"", reason: str = ""
    ) -> "Compiled":
        """A program that was compiled just now."""
        return cls(program, marshal.dumps(code), serialised, reason)

    @property
    def code(self) -> CodeType:
        """The code for the Python engine."""
        code: CodeType = marshal.loads(self.marshalled)  # noqa: S302 - see the module's docstring
        return code


def key_of(files: Sequence[bytes], native: ModuleType | None = None) -> str:
    """The name under which the program of these rule files is kept, for the C module ``native``."""
    made_by = f"{_compiler_digest()}\0{sys.version}\0{_vocabulary(native)}\0"
    digest = hashlib.sha256(made_by.encode())
    for data in files:
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()


def _vocabulary(native: ModuleType | None) -> str:
    """What the tables for a C module are written in."""
    return "" if native is None else repr((native.OPERATIONS, native.STATEMENTS, native.BUILTINS))


@lru_cache(maxsize=1)
def _compiler_digest() -> str:
    """The version of the compiler: its own source, so that nobody has to count it up."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def read(folder: Path, key: str) -> Compiled | None:
    """The program kept under a key, None when there is none that is whole.

    Raises `ConfigurationError` when others may write to the folder or the file.
    """
    path = folder / f"{key}.rules"
    try:
        _require_private(folder)
        _require_private(path)
        data = path.read_bytes()
    except OSError:
        return None  # there is none, or none that can be read
    digest, payload = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if hashlib.sha256(payload).digest() != digest:
        return None
    return msgspec.msgpack.decode(payload, type=Compiled)


def write(folder: Path, key: str, compiled: Compiled) -> None:
    """Keep a program, whole or not at all, readable and writable by its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_private(folder)
    payload = msgspec.msgpack.encode(compiled)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(payload).digest() + payload)
        Path(name).replace(folder / f"{key}.rules")
    except BaseException:
        Path(name).unlink(missing_ok=True)
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
