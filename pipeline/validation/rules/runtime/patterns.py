r"""Regular expressions of XPath, by way of Python's.

What differs is translated: ``$`` is the very end, ``\s`` the four spaces of XML, ``.`` no line
end. What Python cannot say (categories, subtraction, ``\w``) is refused.
"""

import re
from collections.abc import Iterator
from functools import lru_cache, partial

from pipeline.validation.rules.runtime.errors import DynamicError

TEXT_MAX = 1000
"""Longer texts are not searched: Python's engine may need time that grows with their square."""

_FLAGS = {"": re.NOFLAG, "i": re.IGNORECASE}
_OUTSIDE = {"s": r"[ \t\r\n]", "S": r"[^ \t\r\n]", "d": r"\d", "D": r"\D"}
_INSIDE = {"s": r" \t\r\n", "d": r"\d", "D": r"\D"}
_ESCAPED = frozenset("nrt\\|.?*+(){}-[]^$")
_PLAIN = {"$": r"\Z", ".": r"[^\n\r]", "^": r"\A"}
_LINEAR = re.compile(r"[^*+?{}()|]*[*+]?\Z")
"""Patterns that repeat nothing but their end are searched in time that grows with the text."""

_REFERENCE = re.compile(r"\\\\|\\\$|\$([0-9])|([\\$])")


class UnsupportedPattern(ValueError):
    """The pattern uses something that is not translated."""


@lru_cache(maxsize=512)
def compiled(pattern: str, flags: str = "") -> re.Pattern[str]:
    """The Python pattern; raises `UnsupportedPattern`."""
    if flags not in _FLAGS:
        raise UnsupportedPattern(f"flags '{flags}'")
    try:
        return re.compile("".join(_translated(pattern)), _FLAGS[flags])
    except (re.error, RecursionError) as error:
        raise UnsupportedPattern(f"pattern '{pattern}': {error}") from error


def _translated(pattern: str) -> Iterator[str]:
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            yield _escape(next(characters, ""), _OUTSIDE)
        elif character == "[":
            yield from _class(characters)
        else:
            yield _PLAIN.get(character, character)


def _class(characters: Iterator[str]) -> Iterator[str]:
    yield "["
    last = ""
    for character in characters:
        if character == "]":
            yield "]"
            return
        if character == "[":
            raise UnsupportedPattern("subtraction of characters")
        part = _escape(next(characters, ""), _INSIDE) if character == "\\" else character
        # Python reads these as operations on sets, or will.
        yield "\\" + part if part in "&~|" or (part == "-" == last) else part
        last = part
    raise UnsupportedPattern("a class of characters has no end")


def _escape(character: str, classes: dict[str, str]) -> str:
    if character in classes:
        return classes[character]
    if character in _ESCAPED or (character.isdigit() and classes is _OUTSIDE):
        return "\\" + character
    raise UnsupportedPattern(f"\\{character}")


def _searched(text: str, pattern: str) -> str:
    if len(text) > TEXT_MAX and not _LINEAR.match(pattern):
        raise DynamicError(f"the text has {len(text)} characters, more than {TEXT_MAX}")
    return text


def matches(text: str, pattern: str, flags: str = "") -> bool:
    """Whether the pattern is found anywhere in the text."""
    return _pattern(pattern, flags).search(_searched(text, pattern)) is not None


def tokenize(text: str, pattern: str, flags: str = "") -> list[str]:
    """The parts between the separators; none of an empty text."""
    separator = _pattern(pattern, flags)
    if separator.match(""):
        raise DynamicError("the separator matches the empty text")
    parts: list[str] = []
    end = 0
    for match in separator.finditer(_searched(text, pattern)):
        parts.append(text[end : match.start()])
        end = match.end()
    return [*parts, text[end:]] if text else []


def replace(text: str, pattern: str, replacement: str, flags: str = "") -> str:
    """Every match replaced; ``$1`` in the replacement is the first group, or nothing."""
    found = _pattern(pattern, flags)
    if found.match(""):
        raise DynamicError("the pattern matches the empty text")
    template = _REFERENCE.sub(partial(_python_reference, found.groups), replacement)
    return found.sub(template, _searched(text, pattern))


def _python_reference(groups: int, match: re.Match[str]) -> str:
    if match[1] is not None:
        return rf"\g<{match[1]}>" if int(match[1]) <= groups else ""
    if match[2] is not None:
        raise DynamicError("the replacement has a lone \\ or $")
    return "$" if match[0] == r"\$" else match[0]


def _pattern(pattern: str, flags: str) -> re.Pattern[str]:
    try:
        return compiled(pattern, flags)
    except UnsupportedPattern as error:
        raise DynamicError(f"not supported: {error}") from error
