"""The C sources of the rules engine, compiled to a library that a test calls by way of ctypes."""

import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

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


EXTENSION = "pipeline.validation.rules._native"


def checked_extension() -> ModuleType:
    """The whole extension, compiled to check itself, in the place of the one that is installed."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "_native.so"
        includes = f"-I{sysconfig.get_paths()['include']}"
        files = sorted(map(str, SOURCES.glob("*.c")))
        flags = (*STRICT, *CHECKED, "-DPy_LIMITED_API=0x030B0000", includes, "-fPIC", "-shared")
        command = [compiler(), *flags, "-o", str(target), *files, "-lm"]
        subprocess.run(command, check=True)
        loader = ExtensionFileLoader(EXTENSION, str(target))
        spec = spec_from_file_location(EXTENSION, target, loader=loader)
        assert spec is not None
        module = sys.modules[EXTENSION] = module_from_spec(spec)
        loader.exec_module(module)
        return module


def checking_environment() -> dict[str, str]:
    """The environment of a process that loads what was compiled to check itself."""
    names = ("libasan.so", "libubsan.so")
    return {
        **os.environ,
        SANITIZE: "1",
        "LD_PRELOAD": " ".join(_library(name) for name in names),
        # Python itself keeps memory until it ends.
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }


def _library(name: str) -> str:
    command = [compiler(), f"-print-file-name={name}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
