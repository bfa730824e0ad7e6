"""Delivery log: what was about to be placed, kept beside the folders it was placed in.

The log is a sequence of segments, ``delivery-<instance>.<position>.log``, each named after the
position of its first byte in the whole. A line that was torn by a power cut spoils only itself,
because every batch begins with a newline.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.connectors.destinations.filesystem.log_lines import LogLine, check_of, parse_line
from pipeline.ports.destination import LogComparison, LoggedRows, delivery_stem
from pipeline.ports.disk import Disk, Folder
from pipeline.ports.state import LogMark

SEGMENT_BYTES = 16 * 1024 * 1024
_BLOCK = 1024 * 1024
_LONGEST_LINE = 64 * 1024
_LINES_IN_CHUNK = 2000
_PREFIX, _SUFFIX = "delivery-", ".log"


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the log and the positions it holds."""

    name: str
    start: int
    end: int


class DeliveryLog:
    """Appends durably, reads back what is whole. Appending is safe from several threads.

    ``position`` is where the log ended after the last `settle` or `append`.
    """

    def __init__(
        self, disk: Disk, folder: Folder, *, instance: str, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._disk = disk
        self._folder = folder
        self._instance = instance
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        self._current: Segment | None = None
        self.position = 0

    @property
    def end(self) -> int:
        """Position after the last byte."""
        segments = self.segments()
        return segments[-1].end if segments else 0

    def settle(self) -> None:
        """Make durable what a killed process may have written without flushing it.

        Recovery believes the log, so the log must not change when the power fails later.
        """
        if segments := self.segments():
            last = segments[-1]
            self.position = last.start + self._disk.append(self._folder, last.name, b"\n")

    def append(self, lines: list[bytes]) -> LogMark:
        """Write lines, durable on return; raises `OSError`, and then never uses that file again.

        A failed flush may have dropped what was written, so the next lines go to a new segment.
        """
        data = b"\n" + b"\n".join(lines) + b"\n"
        with self._lock:
            segment = self._writable()
            self._current = None
            size = self._disk.append(self._folder, segment.name, data)
            self._current = Segment(segment.name, segment.start, segment.start + size)
            self.position = self._current.end
            return LogMark(self.position, check_of(lines[-1]) or "")

    def segments(self) -> list[Segment]:
        """All segments, whoever wrote them, by position."""
        found = []
        for name in self._disk.names(self._folder):
            if name.startswith(_PREFIX) and name.endswith(_SUFFIX):
                start = int(name.removesuffix(_SUFFIX).rpartition(".")[2])
                found.append(
                    Segment(name, start, start + (self._disk.size(self._folder, name) or 0))
                )
        return sorted(found, key=lambda segment: (segment.start, segment.end))

    def compare(self, mark: LogMark | None) -> LogComparison:
        """See `Destination.compare_log`.

        A log that does not have the marked line was restored, or replaced: all of it is read
        again, which imports only what the state does not know.
        """
        if mark is None or mark.position == 0:
            return LogComparison(start=0 if self.end else None)
        if self._check_before(mark.position) != mark.digest:
            return LogComparison(start=0 if self.end else None, was_restored=True)
        return LogComparison(start=mark.position if self.end > mark.position else None)

    def read(self, start: int, destination: str) -> Iterator[LoggedRows]:
        """See `Destination.read_log`; what was withdrawn anywhere after ``start`` is left out."""
        withdrawn = self._withdrawn(start)
        chunk: list[LogLine] = []
        mark = LogMark(start, "")
        for position, raw in self._lines(start):
            line = parse_line(raw, destination)
            if line is not None:
                chunk.append(line)
                mark = LogMark(position, line.check)
            if len(chunk) == _LINES_IN_CHUNK:
                yield _rows(chunk, withdrawn, mark)
                chunk = []
        if chunk:
            yield _rows(chunk, withdrawn, mark)

    def _writable(self) -> Segment:
        """The segment the next lines go to: the last one while it is ours, sound and not full."""
        if self._current is not None and self._size(self._current) < self._segment_bytes:
            return self._current
        return Segment(self._name(self.end), self.end, self.end)

    def _size(self, segment: Segment) -> int:
        return segment.end - segment.start

    def _name(self, start: int) -> str:
        return f"{_PREFIX}{self._instance}.{start:016d}{_SUFFIX}"

    def _withdrawn(self, start: int) -> frozenset[str]:
        stems: set[str] = set()
        for _, raw in self._lines(start):
            if raw.startswith(b'{"withdrawn"'):
                line = parse_line(raw, "")
                stems.update(line.withdrawn if line else ())
        return frozenset(stems)

    def _lines(self, start: int) -> Iterator[tuple[int, bytes]]:
        """Lines with the position after each; a last line without a newline is torn."""
        for segment in self.segments():
            if segment.end > start:
                yield from self._lines_of(segment, max(start, segment.start))

    def _lines_of(self, segment: Segment, position: int) -> Iterator[tuple[int, bytes]]:
        rest = b""
        offset = position - segment.start
        while block := self._disk.read(self._folder, segment.name, offset, _BLOCK):
            offset += len(block)
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                position += len(line) + 1
                if line:
                    yield position, line

    def _check_before(self, position: int) -> str | None:
        """Check value of the line that ends exactly at ``position``."""
        for segment in self.segments():
            if segment.start < position <= segment.end:
                begin = max(0, position - segment.start - _LONGEST_LINE)
                length = position - segment.start - begin
                data = self._disk.read(self._folder, segment.name, begin, length)
                return check_of(data.rstrip(b"\n").rpartition(b"\n")[2])
        return None


def _rows(chunk: list[LogLine], withdrawn: frozenset[str], mark: LogMark) -> LoggedRows:
    rows = {
        line.row.key: line.row
        for line in chunk
        if line.row is not None and delivery_stem(line.row.files) not in withdrawn
    }
    stems = frozenset(stem for line in chunk for stem in line.withdrawn)
    return LoggedRows(tuple(rows.values()), stems, mark)
