"""String functions that Python has not, or not with the same edges."""

import math
import re
from collections.abc import Sequence
from typing import Any

from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.numbers import plus, round_half_up

_SPACES = re.compile("[ \t\r\n]+")
_KEPT = 20_000
_KEPT_LENGTH = 100
_normalised: dict[str, str] = {}


def normalize_space(text: str) -> str:
    """Single spaces between words, none around; only the four spaces of XML count.

    The same codes come again and again, so short results are kept.
    """
    known = _normalised.get(text)
    if known is not None:
        return known
    result = _SPACES.sub(" ", text).strip(" ")
    if len(text) <= _KEPT_LENGTH:
        if len(_normalised) >= _KEPT:
            _normalised.clear()
        _normalised[text] = result
    return result


def has_text(text: str) -> bool:
    """Whether there is anything but the spaces of XML."""
    return bool(text.strip(" \t\r\n"))


def substring_before(text: str, mark: str) -> str:
    """What comes before the first mark, empty without one."""
    before, found, _ = text.partition(mark) if mark else ("", "", "")
    return before if found else ""


def substring_after(text: str, mark: str) -> str:
    """What comes after the first mark, empty without one."""
    return text.partition(mark)[2] if mark else text


def substring(text: str, start: Any, length: Any = None) -> str:
    """Characters from ``start``, counted from 1; numbers are rounded and may be out of range."""
    if start is None:
        raise DynamicError("substring has no start")
    first = round_half_up(start)
    last = math.inf if length is None else plus(first, round_half_up(length))
    if math.isnan(first) or math.isnan(last):
        return ""
    begin = max(first, 1)
    end = min(last, len(text) + 1)
    return text[int(begin) - 1 : int(end) - 1] if end > begin else ""


def translate(text: str, old: str, new: str) -> str:
    """Each character of ``old`` by the one at its place in ``new``, or by nothing."""
    table: dict[int, str | None] = {}
    for place, character in enumerate(old):
        table.setdefault(ord(character), new[place] if place < len(new) else None)
    return text.translate(table)


def codepoints(text: str) -> list[int]:
    """The characters as numbers."""
    return [ord(character) for character in text]


def from_codepoints(numbers: Sequence[Any]) -> str:
    """The characters with these numbers."""
    try:
        return "".join([chr(int(number)) for number in numbers])
    except ValueError:
        raise DynamicError("a number is not that of a character") from None


def is_listed(word: str, words: frozenset[str], text: str) -> bool:
    """Whether ``' word '`` occurs in ``text``, which is ``words`` between single spaces."""
    return word in words or (" " in word and f" {word} " in text)
