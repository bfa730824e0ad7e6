"""One answer out of the bytes of a connection."""

import re

from pipeline.connectors.answers import Answer
from pipeline.connectors.lean_http.body import Body, ChunkedBody, SizedBody
from pipeline.connectors.lean_http.head import (
    END_OF_HEAD,
    LARGEST_HEAD,
    Head,
    Malformed,
    parse_head,
)

_MOST_INTERIM = 8
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_BEGINNING = b"HTTP/1."


class AnswerParser:
    """Reads one answer of at most ``max_bytes``, however the network cuts it.

    `feed` raises `Malformed`, `Unusual` or `AnswerTooLarge`, after which the connection is of no
    further use.
    """

    __slots__ = ("_body", "_came", "_head", "_interim", "_max_bytes", "has_begun")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._came = b""
        self._interim = 0
        self._head: Head | None = None
        self._body: Body | None = None
        self.has_begun = False

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection can be used again; after the head only."""
        return self._head is not None and self._head.keeps_alive

    @property
    def answer(self) -> Answer:
        """The answer, once `feed` returned True."""
        assert self._head is not None  # noqa: S101 - see above
        assert self._body is not None  # noqa: S101
        head = self._head
        return Answer(head.status, head.headers, self._body.content, head.reason)

    def feed(self, data: bytes) -> bool:
        """Take what came; whether the answer is complete."""
        self.has_begun = True
        if self._body is not None:
            return self._body.feed(data)
        seen, data = len(self._came), self._came + data
        while True:
            end = data.find(END_OF_HEAD, max(0, seen - len(END_OF_HEAD)))
            if end < 0 or end > LARGEST_HEAD:
                return self._wait(data, seen)
            start = end + len(END_OF_HEAD)
            head, data = parse_head(data[:start]), data[start:]
            if not head.is_interim:
                return self._begin_body(head, data)
            seen = self._count_interim()

    def _wait(self, data: bytes, seen: int) -> bool:
        """Keep the start of a head whose end is still to come; ``seen`` bytes were kept before."""
        if len(data) > LARGEST_HEAD:
            raise Malformed("its head is too large")
        is_http = _BEGINNING.startswith(data[: len(_BEGINNING)])
        if not is_http or _BARE_LINE_FEED.search(data, seen):
            raise Malformed("its head is not HTTP/1.1")
        self._came = data
        return False

    def _begin_body(self, head: Head, data: bytes) -> bool:
        length, limit = head.length, self._max_bytes
        self._head, self._came = head, b""
        self._body = ChunkedBody(limit) if length is None else SizedBody(length, limit)
        return self._body.feed(data)

    def _count_interim(self) -> int:
        self._interim += 1
        if self._interim > _MOST_INTERIM:
            raise Malformed("it announces itself without end")
        return 0
