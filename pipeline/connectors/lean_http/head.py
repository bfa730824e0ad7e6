"""The head of an answer, read strictly: what could be understood in two ways is refused.

Source: RFC 9110, 5.5 and 15; RFC 9112, 2 to 6.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from multidict import CIMultiDict, CIMultiDictProxy

LARGEST_HEAD = 2**15
MOST_FIELDS = 100
END_OF_HEAD = b"\r\n\r\n"
_HEAD = re.compile(
    rb"HTTP/1\.([01]) ([1-9]\d\d)(?: ([\t -~\x80-\xff]*+))?+\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n)*+)\r\n"
)
_FIELD = re.compile(r"([^:\r\n]++):[\t ]*+([^\r]*+)\r\n")
_LONGEST_LENGTH = 18
_INTERIM = range(100, 200)
_SWITCHING = 101
_WITHOUT_BODY = frozenset({204, 304})


class Malformed(Exception):
    """An answer breaks the rules; nothing after it can be trusted."""


class Unusual(Exception):
    """An answer is right, and for another client to read."""


@dataclass(slots=True)
class Head:
    """Status line and fields; ``length`` None when the body comes in chunks."""

    status: int
    reason: str
    headers: CIMultiDictProxy[str]
    length: int | None = None
    keeps_alive: bool = True

    @property
    def is_interim(self) -> bool:
        """Whether the answer itself is still to come."""
        return self.status in _INTERIM


def parse_head(block: bytes) -> Head:
    """The head in ``block``, which ends with `END_OF_HEAD`.

    Raises:
        Malformed: it breaks the grammar, has too many fields, or states its length in two ways.
        Unusual: the answer is packed, ends with its connection, or is of HTTP/1.0.
    """
    match = _HEAD.fullmatch(block)
    if match is None:
        raise Malformed("its head is not HTTP/1.1")
    minor, status, reason, fields = match.groups()
    head = Head(int(status), _text(reason or b""), _fields(_text(fields)))
    if minor == b"0":
        raise Unusual("HTTP/1.0")
    if not head.is_interim:
        _frame(head)
    elif head.status == _SWITCHING:
        raise Malformed("it switches to a protocol that nobody asked for")
    return head


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _fields(text: str) -> CIMultiDictProxy[str]:
    fields = _FIELD.findall(text)
    if len(fields) > MOST_FIELDS:
        raise Malformed("it has too many header fields")
    return CIMultiDictProxy(CIMultiDict([(name, value.rstrip(" \t")) for name, value in fields]))


def _frame(head: Head) -> None:
    """Fill in where the body ends, and whether the connection goes on behind it."""
    headers = head.headers
    head.length = _length(head)
    if any(coding != "identity" for coding in _options(headers, "Content-Encoding")):
        raise Unusual("it is packed")
    head.keeps_alive = "close" not in _options(headers, "Connection")


def _options(headers: CIMultiDictProxy[str], name: str) -> Sequence[str]:
    """The parts of a header that is a list."""
    if name not in headers:
        return ()
    return [part.strip(" \t") for part in ",".join(headers.getall(name)).lower().split(",")]


def _length(head: Head) -> int | None:
    lengths = head.headers.getall("Content-Length", ())
    codings = head.headers.getall("Transfer-Encoding", ())
    if len(lengths) + len(codings) > 1:
        raise Malformed("it states its length more than once")
    if lengths and not _is_length(lengths[0]):
        raise Malformed("its length is no number")
    if codings and codings[0].lower() != "chunked":
        raise Malformed("its transfer coding is not known")
    if head.status in _WITHOUT_BODY:
        return 0
    if not lengths and not codings:
        raise Unusual("it ends with its connection")
    return int(lengths[0]) if lengths else None


def _is_length(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_LENGTH
