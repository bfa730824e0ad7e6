"""Text in and out of SQLite without loss, whatever a hub sends.

SQLite and the ``sqlite3`` module take any text that is valid Unicode, NUL included; a lone
surrogate, which JSON can carry, is refused. So a surrogate is written as U+D7FF, which is
assigned to nothing, and a character that tells which one; U+D7FF itself is doubled up likewise.
Everything else is stored as it is, and the order of texts stays the order of code points.
"""

import re
from collections.abc import Iterable
from typing import overload

_ESCAPE = "\ud7ff"
_TO_ESCAPE = re.compile("[\ud7ff-\udfff]")
_ESCAPED = re.compile(f"{_ESCAPE}(.)", re.DOTALL)


def stored(value: object) -> object:
    """The value as handed to SQLite; enumerations of texts give their value, the rest passes."""
    if not isinstance(value, str):
        return value
    text = value if type(value) is str else str(value)
    return text if text.isascii() else _TO_ESCAPE.sub(_escape, text)


def stored_row(values: Iterable[object]) -> list[object]:
    """Values as handed to SQLite; looks closer only at texts that are not ASCII."""
    return [
        stored(value) if type(value) is str and not value.isascii() else value for value in values
    ]


def restored(value: object) -> object:
    """What `stored` was given, enumerations apart."""
    if isinstance(value, str) and _ESCAPE in value:
        return _ESCAPED.sub(_unescape, value)
    return value


def restored_row(values: tuple[object, ...]) -> tuple[object, ...]:
    """What `stored_row` was given; looks closer only at rows with texts that are not ASCII."""
    for value in values:
        if type(value) is str and not value.isascii():
            return tuple(map(restored, values))
    return values


def _escape(match: re.Match[str]) -> str:
    return _ESCAPE + chr(ord(match[0]) - ord(_ESCAPE))


def _unescape(match: re.Match[str]) -> str:
    return chr(ord(match[1]) + ord(_ESCAPE))


@overload
def packed(hexadecimal: str) -> bytes | str: ...
@overload
def packed(hexadecimal: None) -> None: ...
@overload
def packed(hexadecimal: str | None) -> bytes | str | None: ...
def packed(hexadecimal: str | None) -> bytes | str | None:
    """Half the size of a hex digest; what is no lower-case hexadecimal stays as it is."""
    try:
        raw = bytes.fromhex(hexadecimal or "")
    except ValueError:
        return hexadecimal
    return raw if hexadecimal is not None and raw.hex() == hexadecimal else hexadecimal


@overload
def unpacked(value: bytes | str) -> str: ...
@overload
def unpacked(value: None) -> None: ...
def unpacked(value: bytes | str | None) -> str | None:
    """What `packed` was given."""
    return value.hex() if isinstance(value, bytes) else value
