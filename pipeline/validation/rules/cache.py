"""Compiled programs kept on disk, because compiling takes a hundred times as long as loading.

The name of a file is the digest of everything it was made from. What is kept is code that will be
executed: see `pipeline.validation.kept` for what counts. Anything else is compiled again.
"""

import hashlib
import marshal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, ModuleType

import msgspec

from pipeline.validation.kept import keep, read_kept
from pipeline.validation.rules.program import Program


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
    payload = read_kept(folder, _name(key))
    return None if payload is None else msgspec.msgpack.decode(payload, type=Compiled)


def is_kept(folder: Path, key: str) -> bool:
    """Whether something is kept under a key; `read` tells whether it is whole."""
    return (folder / _name(key)).exists()


def write(folder: Path, key: str, compiled: Compiled) -> None:
    """Keep a program, whole or not at all, readable and writable by its owner only."""
    keep(folder, _name(key), msgspec.msgpack.encode(compiled))


def _name(key: str) -> str:
    return f"{key}.rules"
