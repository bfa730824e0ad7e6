"""Opaque cursors: positions that clients pass back without looking into them."""

import base64
import binascii
from typing import NamedTuple

_MAX_DIGITS = 18  # what SQLite holds in an integer


class Position(NamedTuple):
    """A place in the change feed: of documents, and of dossiers and packages."""

    change: int = 0
    config: int = 0


def encode_position(hub_id: str, position: Position) -> str:
    """The cursor for ``position`` at this hub."""
    return _encode(f"c.{hub_id}.{position.change}.{position.config}")


def decode_position(hub_id: str, cursor: str | None) -> Position | None:
    """The position of a cursor; None for one this hub did not give."""
    match _decode(cursor):
        case ["c", owner, change, config] if owner == hub_id:
            return Position(int(change), int(config))
        case _:
            return None


def encode_after(seq: int) -> str:
    """The cursor of a listing that goes on behind ``seq``."""
    return _encode(f"s.{seq}")


def decode_after(cursor: str | None) -> int:
    """Where a listing goes on; the beginning for a cursor that is not understood."""
    match _decode(cursor):
        case ["s", seq]:
            return int(seq)
        case _:
            return 0


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str | None) -> list[str]:
    padded = (cursor or "") + "=" * (-len(cursor or "") % 4)
    try:
        parts = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split(".")
    except (binascii.Error, ValueError):
        return []
    numbers = parts[1:] if parts[0] == "s" else parts[2:]
    return parts if all(_is_number(number) for number in numbers) else []


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
