"""The C sources of the rules engine, compiled to a library that a test calls by way of ctypes."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pytest

import pipeline.validation.rules

SOURCES = Path(pipeline.validation.rules.__file__).parent / "native"
STRICT = ("-std=c11", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror")
SANITIZE = "DOSSIERPOST_TEST_SANITIZE"
"""The environment variable with which `tests.native.sanitized` asks for a build that checks itself.

Every piece of an arena is an allocation of its own then, so that no step behind its end is missed.
"""
CHECKED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
           "-fno-omit-frame-pointer", "-DARENA_CHUNK_MOST=((size_t)0)")  # fmt: skip
VALUES = (
    "arena", "casing", "date", "decimal", "fault", "number", "numeral", "pattern",
    "pattern_compile", "pattern_search", "pattern_source", "point_class", "search", "text", "wide",
)  # fmt: skip
"""The files of the value layer, which need nothing of Python."""


def compiler() -> str:
    """The compiler of the system; a test that needs one is skipped without."""
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if found is None:
        pytest.skip("NOT TESTED: the native value layer, as this system has no C compiler")
    return found


def compile_library(names: Sequence[str], target: Path, flags: Sequence[str] = ("-O2",)) -> None:
    """Compile sources to a shared library; a warning is an error."""
    if os.environ.get(SANITIZE):
        flags = CHECKED
    files = [str(SOURCES / f"{name}.c") for name in names]
    command = [compiler(), *STRICT, *flags, "-fPIC", "-shared", "-o", str(target), *files, "-lm"]
    subprocess.run(command, check=True)


@lru_cache(maxsize=1)
def values_library() -> ctypes.CDLL:
    """The value layer, compiled once in a process."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "values.so"
        compile_library(VALUES, target)
        return ctypes.CDLL(str(target))
