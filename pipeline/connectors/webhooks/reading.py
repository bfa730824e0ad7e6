"""Reading events: whatever somebody sends, it gives a value or nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

_MILLISECONDS_FROM = 10**11
"""A larger number of seconds lies 3,000 years ahead: it counts milliseconds."""


def read_event(body: bytes) -> Mapping[str, object]:
    """The fields of an event; empty when it is no JSON object, or one that is nested too deep."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def text_of(event: Mapping[str, object], field: str) -> str:
    """A field as text; empty when there is none, or no text or number in it."""
    value = event.get(field)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def moment_of(event: Mapping[str, object], field: str) -> datetime | None:
    """A moment, as ISO 8601 (without a zone in UTC) or in seconds since 1970; None without one."""
    text = text_of(event, field)
    try:
        if text.isdecimal():
            seconds = int(text)
            return datetime.fromtimestamp(
                seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds, UTC
            )
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
