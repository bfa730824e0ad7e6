"""Atomic values: how text becomes a number, a date or a boolean, and how it is written again.

Source: XML Schema 1.0 part 2 for the lexical forms, XPath functions and operators for casts.
"""

import math
import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from operator import attrgetter
from typing import Any

from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.tree import Node, text_of

SPACE = " \t\r\n"
DIGITS_MAX = 200
"""Longer numbers are refused, so that exact products stay small."""

EXACT = Context(prec=4000, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
"""Decimal arithmetic without rounding; what cannot be exact is an error."""

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\Z")
_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_DOUBLE = re.compile(r"(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|-?INF|NaN)\Z")
_DATE = re.compile(r"(-?[0-9]{4,9})-([0-9]{2})-([0-9]{2})(Z|([+-])([0-9]{2}):([0-9]{2}))?\Z")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_SHOWN = 40
_MINUTES_MAX = 14 * 60
_DECIMALS_KEPT = 20_000
_decimals: dict[str, Decimal] = {}


class Untyped(str):
    """Text without a type among values of any type."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, order=True)
class Date:
    """A date as minutes since year 0, which order dates of different time zones."""

    minutes: int
    text: str


def _fault(text: str, kind: str) -> DynamicError:
    return DynamicError(f"'{text[:_SHOWN]}' is not {kind}")


def to_decimal(text: str) -> Decimal:
    """Cast text; every number of an invoice is asked for several times, so they are kept."""
    value = _decimals.get(text)
    if value is None:
        value = _parse_decimal(text)
        if len(_decimals) >= _DECIMALS_KEPT:
            _decimals.clear()
        _decimals[text] = value
    return value


def decimal_of_nodes(nodes: Sequence[Node]) -> Decimal | None:
    """The only node as a decimal, None for none; most amounts of the rules are asked for so."""
    if not nodes:
        return None
    if len(nodes) > 1:
        raise DynamicError(f"{len(nodes)} elements where one is allowed")
    text = text_of(nodes[0])
    return _decimals.get(text) or to_decimal(text)


def _parse_decimal(text: str) -> Decimal:
    stripped = text.strip(SPACE)
    if not _DECIMAL.match(stripped):
        raise _fault(text, "a decimal number")
    if len(stripped) > DIGITS_MAX:
        raise DynamicError(f"a number has more than {DIGITS_MAX} characters")
    return Decimal(stripped)


def to_integer(text: str) -> int:
    """Cast text."""
    stripped = text.strip(SPACE)
    if not _INTEGER.match(stripped):
        raise _fault(text, "an integer")
    if len(stripped) > DIGITS_MAX:
        raise DynamicError(f"a number has more than {DIGITS_MAX} characters")
    return int(stripped)


def to_double(text: str) -> float:
    """Cast text."""
    stripped = text.strip(SPACE)
    if not _DOUBLE.match(stripped):
        raise _fault(text, "a number")
    return float(stripped)


def to_boolean(text: str) -> bool:
    """Cast text."""
    value = _BOOLEANS.get(text.strip(SPACE))
    if value is None:
        raise _fault(text, "a boolean")
    return value


def to_date(text: str) -> Date:
    """Cast text; without a time zone it counts as UTC."""
    match = _DATE.match(text.strip(SPACE))
    if match is None:
        raise _fault(text, "a date")
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if not (year and 1 <= month <= 12 and 1 <= day <= _days_in(year, month)):  # noqa: PLR2004
        raise _fault(text, "a date")
    offset = int(match[6]) * 60 + int(match[7]) if match[5] else 0
    if offset > _MINUTES_MAX or (match[7] and int(match[7]) > 59):  # noqa: PLR2004
        raise _fault(text, "a date")
    minutes = _days_before(year, month, day) * 1440
    return Date(minutes + (offset if match[5] == "-" else -offset), "")


def _days_in(year: int, month: int) -> int:
    # The calendar repeats every 400 years, and Python's starts with year 1.
    return monthrange(year % 400 + 400, month)[1]


def _days_before(year: int, month: int, day: int) -> int:
    leaps = (year - 1) // 4 - (year - 1) // 100 + (year - 1) // 400
    return year * 365 + leaps + sum(_days_in(year, one) for one in range(1, month)) + day


def atom(item: Any) -> Any:
    """The typed value of one item of any kind."""
    return Untyped(text_of(item)) if item.__class__ is Node else item


def decimal_of(item: Any) -> Decimal:
    """``xs:decimal`` of one item."""
    value = atom(item)
    if isinstance(value, str):
        return to_decimal(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise DynamicError(f"{string_of(value)} is not a decimal number")
    if isinstance(value, Date):
        raise DynamicError("a date is not a decimal number")
    return Decimal(value)


def integer_of(item: Any) -> int:
    """``xs:integer`` of one item, cutting decimals off."""
    value = atom(item)
    if isinstance(value, str):
        return to_integer(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise DynamicError(f"{string_of(value)} is not an integer")
    if isinstance(value, Date):
        raise DynamicError("a date is not an integer")
    return int(value)


def double_of(item: Any) -> float:
    """``xs:double`` of one item."""
    value = atom(item)
    if isinstance(value, str):
        return to_double(value)
    if isinstance(value, Date):
        raise DynamicError("a date is not a number")
    return float(value)


def boolean_of(item: Any) -> bool:
    """``xs:boolean`` of one item."""
    value = atom(item)
    if isinstance(value, str):
        return to_boolean(value)
    if isinstance(value, Date):
        raise DynamicError("a date is not a boolean")
    return bool(value == value and value != 0)  # noqa: PLR0124 - NaN is false


def date_of(item: Any) -> Date:
    """``xs:date`` of one item."""
    value = atom(item)
    if isinstance(value, Date):
        return value
    if isinstance(value, str):
        return to_date(value)
    raise DynamicError(f"{string_of(value)} is not a date")


def number_of(item: Any) -> float:
    """``fn:number`` of at most one item: not a number where a cast would be an error."""
    try:
        return math.nan if item is None else double_of(item)
    except DynamicError:
        return math.nan


def string_of(item: Any) -> str:
    """``fn:string`` of one item."""
    if item.__class__ is Node:
        return text_of(item)
    if isinstance(item, bool):
        return "true" if item else "false"
    return _WRITTEN.get(item.__class__, str)(item)


def _decimal_text(value: Decimal) -> str:
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


_PLAIN_DOUBLES = (1e-6, 1e6)


def _double_text(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    lowest, highest = _PLAIN_DOUBLES
    if lowest <= abs(value) < highest:
        return _decimal_text(Decimal(repr(value)))
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    figures = "".join(map(str, digits)).rstrip("0")
    power = len(digits) - 1 + int(exponent)
    return f"{'-' * sign}{figures[0]}.{figures[1:] or '0'}E{power}"


def cast_optional(cast: Callable[[Any], Any], item: Any) -> Any:
    """The cast of an item that may be missing."""
    return None if item is None else cast(item)


def is_castable(cast: Callable[[Any], Any], items: Sequence[Any], none_is: bool) -> bool:  # noqa: FBT001
    """Whether the only item can be cast; ``none_is`` is the answer without an item."""
    if len(items) != 1:
        return none_is and not items
    try:
        cast(items[0])
    except DynamicError:
        return False
    return True


_WRITTEN: Mapping[type, Callable[[Any], str]] = {
    Date: attrgetter("text"),
    float: _double_text,
    Decimal: _decimal_text,
}
