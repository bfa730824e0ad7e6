"""IMAP on the wire (RFC 3501): answers into values, and values into arguments of commands.

A client of our own, because the library for asyncio is GPL and puts answers together by counting
parentheses, and the standard library's blocks and knows no IDLE.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = "bytes | list[Value] | None"
"""Atoms, numbers and strings are bytes; NIL is None; a parenthesised list is a list."""

_DEEPEST = 40
_SPACE, _OPEN, _CLOSE, _QUOTE, _BACKSLASH = b" ", b"(", b")", b'"', b"\\"
_LITERAL = b"literal"
_ATOM_END = re.compile(rb"[ ()\"]|$")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_CONTROL = re.compile(rb"[\x00\r\n]")
_SHIFTED = re.compile(rb"&([A-Za-z0-9+,]*)-")
_TO_SHIFT = re.compile(r"[^\x20-\x7e]+|&")


class MalformedAnswer(ValueError):
    """The server said something that is not IMAP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a tag, ``*`` or ``+``, and what follows it, in pieces.

    Even pieces are text, odd ones are literals as they came.
    """

    tag: bytes
    pieces: Sequence[bytes]

    @property
    def text(self) -> bytes:
        """What follows the tag, up to the first literal."""
        return self.pieces[0]

    @property
    def word(self) -> bytes:
        """First word, in capitals: OK, NO, BAD, BYE, SEARCH, LIST, or a number."""
        return self.text.partition(_SPACE)[0].upper()

    @property
    def code(self) -> tuple[bytes, bytes]:
        """Name and value of the code in brackets of a status answer, both empty without one."""
        found = re.match(rb"\S+ \[([A-Za-z-]+) ?([^\]]*)\]", self.text)
        return (found[1].upper(), found[2]) if found else (b"", b"")

    def values(self) -> list[Value]:
        """All values of the answer.

        Raises:
            MalformedAnswer: brackets or quotes do not match.
        """
        return _Reading(self.pieces).values()


class _Reading:
    """Reads the values of one answer from left to right."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = list(pieces)
        self._at = 0

    def values(self) -> list[Value]:
        found = self._list(depth=0)
        if self._pieces[0][self._at :]:
            raise MalformedAnswer("an answer closes more than it opens")
        return found

    def _list(self, depth: int) -> list[Value]:
        """Values up to a closing parenthesis, or to the end at the top."""
        if depth > _DEEPEST:
            raise MalformedAnswer("an answer is nested too deeply")
        found: list[Value] = []
        while (start := self._next()) not in (b"", _CLOSE):
            if start == _OPEN:
                self._at += 1
                found.append(self._list(depth + 1))
                self._close()
            else:
                found.append(self._string() if start in (_QUOTE, _LITERAL) else self._atom())
        return found

    def _next(self) -> bytes:
        """The character that the next value begins with; a literal begins with a brace."""
        while self._pieces[0][self._at : self._at + 1] == _SPACE:
            self._at += 1
        if self._at < len(self._pieces[0]):
            return self._pieces[0][self._at : self._at + 1]
        return _LITERAL if len(self._pieces) > 1 else b""

    def _close(self) -> None:
        if self._next() != _CLOSE:
            raise MalformedAnswer("an answer opens more than it closes")
        self._at += 1

    def _string(self) -> bytes:
        if self._at == len(self._pieces[0]):
            literal = self._pieces[1]
            del self._pieces[:2]
            self._at = 0
            return literal
        quoted = _QUOTED.match(self._pieces[0], self._at)
        if quoted is None:
            raise MalformedAnswer("an answer has a quote that does not end")
        self._at = quoted.end()
        return re.sub(rb"\\(.)", rb"\1", quoted[1], flags=re.DOTALL)

    def _atom(self) -> bytes | None:
        """An atom; what stands in its brackets belongs to it: ``BODY[HEADER.FIELDS (FROM)]``."""
        text, start = self._pieces[0], self._at
        end = _end_of_atom(text, start)
        while b"[" in text[start:end] and b"]" not in text[start:end]:
            closing = text.find(b"]", end)
            end = _end_of_atom(text, closing + 1) if closing >= 0 else len(text)
        if end == start:
            raise MalformedAnswer("an answer cannot be read")
        self._at = end
        atom = text[start:end]
        return None if atom.upper() == b"NIL" else atom


def _end_of_atom(text: bytes, start: int) -> int:
    found = _ATOM_END.search(text, start)
    return found.start() if found else len(text)


def quoted(value: bytes) -> bytes:
    """An argument as a quoted string.

    Raises:
        ValueError: it has a character that ends a line, which would start another command.
    """
    if _CONTROL.search(value):
        raise ValueError("an argument of a mail server must not have line ends")
    return _QUOTE + value.replace(_BACKSLASH, rb"\\").replace(_QUOTE, rb"\"") + _QUOTE


def folder_to_wire(name: str) -> bytes:
    """The name of a folder in modified UTF-7 (RFC 3501, 5.1.3)."""

    def shifted(found: re.Match[str]) -> str:
        if found[0] == "&":
            return "&-"
        coded = base64.b64encode(found[0].encode("utf-16-be", "surrogatepass")).rstrip(b"=")
        return f"&{coded.replace(b'/', b',').decode()}-"

    return _TO_SHIFT.sub(shifted, name).encode()


def folder_from_wire(name: bytes) -> str:
    """The name of a folder as people write it; one that is no modified UTF-7 stays as it is."""

    def plain(found: re.Match[bytes]) -> bytes:
        if not found[1]:
            return b"&"
        coded = found[1].replace(b",", b"/")
        return base64.b64decode(coded + b"=" * (-len(coded) % 4)).decode("utf-16-be").encode()

    try:
        return _SHIFTED.sub(plain, name).decode()
    except (UnicodeDecodeError, binascii.Error):
        return name.decode("utf-8", "replace")
