"""Text of an XPath expression to tokens."""

import enum
import re
from dataclasses import dataclass


class XPathSyntaxError(ValueError):
    """The expression is not written in the XPath that is understood here."""


class Kind(enum.Enum):
    """Kind of a token."""

    NUMBER = "number"
    STRING = "string"
    NAME = "name"
    SYMBOL = "symbol"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the expression; ``text`` is as written."""

    kind: Kind
    text: str


_NCNAME = r"[^\W\d][\w.\-]*"
_TOKEN = re.compile(
    rf"""
    (?P<space> [ \t\r\n]+ | \(: (?:[^:]|:(?!\)))* :\) )
  | (?P<number> (?: \d+ (?:\.\d*)? | \.\d+ ) (?:[eE][+-]?\d+)? (?![\w.]) )
  | (?P<string> "(?:[^"]|"")*" | '(?:[^']|'')*' )
  | (?P<name> \*:{_NCNAME} | {_NCNAME} (?: : (?: {_NCNAME} | \* ) (?!:) )? )
  | (?P<symbol> :: | // | \.\. | <= | >= | != | << | >> | [()\[\]@,/|+\-*=<>$.?] )
    """,
    re.VERBOSE,
)
_END = Token(Kind.END, "")


def tokens_of(text: str) -> list[Token]:
    """All tokens, with one of the kind END after them; comments count as space."""
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise XPathSyntaxError(f"unreadable at: {text[place : place + 40]}")
        if match.lastgroup != "space":
            found.append(Token(Kind(match.lastgroup), match[0]))
        place = match.end()
    return [*found, _END]
