"""Reading what hubs write: numbers as strings, missing fields, times with and without a zone."""

import functools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.domain.errors import TransientError

Item = Mapping[str, Any]
_WINTER_TIME = timezone(timedelta(hours=1))


def pick(value: object, path: str) -> object:
    """What a path leads to, None where it ends early; the empty path leads to the value itself."""
    for part in filter(None, path.split(".")):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def text_at(value: object, path: str) -> str:
    """A field as text, empty when there is none; not asked for with an empty path."""
    found = pick(value, path) if path else None
    return "" if found is None else str(found)


def whole_at(value: object, path: str) -> int | None:
    """A number, written as one or as text."""
    text = text_at(value, path)
    return int(text) if text.isdecimal() else None


def items_at(value: object, path: str) -> list[Item]:
    """The objects of a list; null is an empty one.

    Raises:
        TransientError: there is no list: this is the answer to another question.
    """
    found = pick(value, path)
    if found is None and path and isinstance(value, Mapping) and path in value:
        return []
    if not isinstance(found, list):
        raise TransientError(f"The hub's answer has no list {path!r}.")
    return [item for item in found if isinstance(item, Mapping)]


def moment_of(text: str, zone: str) -> datetime | None:
    """A time in UTC; one without a zone is of ``zone``. None when it cannot be read."""
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=_zone(zone))
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@functools.cache
def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except ZoneInfoNotFoundError:  # Windows has none of its own; times are for file names only
        return _WINTER_TIME
