"""Layers that break the process they run in, when the document asks for it.

A worker imports this module: what it makes there must be a function that can be named.
"""

import ctypes
import os
import re
import sys
import time
from collections.abc import Sequence

from pipeline.domain.documents import Document, Finding, LayerReport
from pipeline.domain.errors import ConfigurationError
from pipeline.testing.contracts.profile import listed
from pipeline.validation.processes import limits
from pipeline.validation.profile import Subject
from pipeline.validation.profiles.ubl_2_1 import Ubl21
from pipeline.validation.validator import Examiner
from tests.data.hostile.documents import INVOICE, good

LONGEST_S = 20.0
MOST_BYTES = 600 * 2**20
EATEN_AT_ONCE = 8 * 2**20
GROWN_BYTES = 150 * 2**20
_KEPT: list[bytes] = []


class Planted:
    """Does what a comment at the end of the document says."""

    is_binding = False
    report = LayerReport("planted", "1")

    def check(self, subject: Subject) -> Sequence[Finding]:
        _, _, word = subject.body.rpartition(b"<!--")
        deeds = {
            b"segfault-->": _segfault,
            b"hang-->": _hang,
            b"hang in C-->": _hang_in_c,
            b"eat-->": _eat,
            b"grow-->": _grow,
            b"bug-->": _bug,
            b"print-->": _print,
            b"exit-->": _exit,
            b"who-->": _who,
        }
        return deeds[word]() if word in deeds else []


def saying(word: str, document_id: str = "1") -> Document:
    """An invoice that makes `Planted` do something."""
    return listed(good(INVOICE) + f"<!--{word}-->".encode(), INVOICE, document_id)


def fine(document_id: str = "1") -> Document:
    """An invoice that makes it do nothing."""
    return listed(good(INVOICE), INVOICE, document_id)


def planted() -> Examiner:
    return Examiner([Ubl21([Planted()])])


def planted_without_timer() -> Examiner:
    """A worker that has forgotten its own limit of time."""
    limits._set_timer = lambda seconds: None  # noqa: ARG005
    return planted()


def planted_without_memory_limit() -> Examiner:
    """A worker that has forgotten its limit of memory."""
    limits._limit_resources = lambda memory_bytes: None  # noqa: ARG005
    return planted()


def unusable() -> Examiner:
    raise ConfigurationError("The rules are torn.")


def dying() -> Examiner:
    os._exit(3)


def _segfault() -> list[Finding]:
    return [ctypes.string_at(0)]  # type: ignore[list-item]


def _hang() -> list[Finding]:
    time.sleep(LONGEST_S)
    return []


def _hang_in_c() -> list[Finding]:
    """Hold the interpreter for minutes, in one call."""
    re.match(r"(?:a|a)*b", "a" * 40)
    return []


def _eat() -> list[Finding]:
    eaten: list[bytes] = []
    while len(eaten) * EATEN_AT_ONCE < MOST_BYTES:
        eaten.append(bytes(EATEN_AT_ONCE))
    return []


def _grow() -> list[Finding]:
    """Stay within the limit, and give nothing back."""
    _KEPT.append(b"x" * GROWN_BYTES)
    return []


def _bug() -> list[Finding]:
    raise ZeroDivisionError("a bug")


def _print() -> list[Finding]:
    sys.stdout.write("nobody asked for this")
    sys.stdout.flush()
    os.write(1, b"\0" * 100)
    return []


def _exit() -> list[Finding]:
    os._exit(0)


def _who() -> list[Finding]:
    raise RuntimeError(f"pid {os.getpid()}")
