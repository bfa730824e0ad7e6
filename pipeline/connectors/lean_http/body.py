"""Bodies: what belongs to an answer, found however the network cuts it."""

import re
from collections.abc import Callable
from typing import Protocol

from pipeline.connectors.answers import AnswerTooLarge
from pipeline.connectors.lean_http.head import LARGEST_HEAD, Malformed
from pipeline.connectors.lean_http.pieces import Pieces

LONGEST_LINE = 1024
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,12})[\t ]*(?:;[\t -~\x80-\xff]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*")
_END_OF_LINE = b"\r\n"


class Body(Protocol):
    """A body that is being read; ``content`` is whole once `feed` returned True."""

    @property
    def content(self) -> bytes:
        """The bytes so far."""
        ...

    def feed(self, data: bytes) -> bool:
        """Take what came; whether the body is complete.

        Raises:
            Malformed: more came than belongs to it, or chunks that are none.
            AnswerTooLarge: it outgrew its cap.
        """
        ...


class SizedBody:
    """A body of a stated length."""

    def __init__(self, length: int, max_bytes: int) -> None:
        if length > max_bytes:
            raise AnswerTooLarge(f"The answer has {length} bytes; {max_bytes} are accepted.")
        self._length = length
        self._pieces = Pieces()

    @property
    def content(self) -> bytes:
        """See `Body.content`."""
        return self._pieces.whole()

    def feed(self, data: bytes) -> bool:
        """See `Body.feed`."""
        self._pieces.add(data)
        if self._pieces.size > self._length:
            raise Malformed("more came than its length says")
        return self._pieces.size == self._length


class ChunkedBody:
    """A body in chunks, with or without trailers, which are read and ignored."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pieces = Pieces()
        self._line = b""
        self._chunk_left = 0
        self._trailers_size = 0
        self._next: Callable[[bytes], None] = self._size_line

    @property
    def content(self) -> bytes:
        """See `Body.content`."""
        return self._pieces.whole()

    def feed(self, data: bytes) -> bool:
        """See `Body.feed`."""
        data, self._line = self._line + data, b""
        start = 0
        while start < len(data):
            if self._next == self._end_of_answer:
                raise Malformed("more came than its last chunk")
            if self._chunk_left:
                start = self._take(data, start)
                continue
            end = data.find(_END_OF_LINE, start)
            if end < 0:
                self._keep(data[start:])
                break
            self._take_line(data[start:end])
            start = end + len(_END_OF_LINE)
        return self._next == self._end_of_answer

    def _take(self, data: bytes, start: int) -> int:
        """Bytes of the chunk; returns where they end."""
        part = data[start : start + self._chunk_left]
        self._pieces.add(part)
        self._chunk_left -= len(part)
        return start + len(part)

    def _keep(self, rest: bytes) -> None:
        """The start of a line whose end is still to come."""
        if len(rest) > LONGEST_LINE or b"\n" in rest:
            raise Malformed("it has a line that does not end as lines do")
        self._line = rest

    def _take_line(self, line: bytes) -> None:
        if len(line) >= LONGEST_LINE:
            raise Malformed("it has a line without end")
        self._next(line)

    # -- what the next line must be ---------------------------------------------------------------
    def _size_line(self, line: bytes) -> None:
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise Malformed("a chunk has no size")
        size = int(match[1], 16)
        if self._pieces.size + size > self._max_bytes:
            raise AnswerTooLarge(f"The answer has more than {self._max_bytes} bytes.")
        self._chunk_left = size
        self._next = self._end_of_chunk if size else self._trailer

    def _end_of_chunk(self, line: bytes) -> None:
        if line:
            raise Malformed("a chunk is longer than it says")
        self._next = self._size_line

    def _trailer(self, line: bytes) -> None:
        self._trailers_size += len(line)
        if not line:
            self._next = self._end_of_answer
        elif not _TRAILER.fullmatch(line) or self._trailers_size > LARGEST_HEAD:
            raise Malformed("its trailers are not accepted")

    def _end_of_answer(self, _line: bytes) -> None:
        """Nothing follows."""
