"""Server-sent events: from chunks of a stream to events (WHATWG, "event stream" format)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from pipeline.domain.errors import TransientError

LONGEST_EVENT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One event; ``id`` None when the stream has not named any yet."""

    name: str
    data: str
    id: str | None


async def parse_events(chunks: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """Events of a stream, in order; an incomplete last one is dropped, as the format says.

    Raises:
        TransientError: an event is longer than `LONGEST_EVENT` bytes.
    """
    name, data, size, last_id = "message", list[str](), 0, None
    async for line in _lines(chunks):
        if not line:
            if data:
                yield Event(name, "\n".join(data), last_id)
            name, data, size = "message", [], 0
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            size += len(value) + 1
            _check_size(size)
            data.append(value)
        elif field == "id" and "\0" not in value:
            last_id = value


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Lines ended by LF or CR LF, without their end."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        _check_size(len(rest))
        for line in lines:
            yield line.removesuffix(b"\r").decode("utf-8", "replace")


def _check_size(size: int) -> None:
    if size > LONGEST_EVENT:
        raise TransientError(f"The hub sent an event of more than {LONGEST_EVENT} bytes.")
