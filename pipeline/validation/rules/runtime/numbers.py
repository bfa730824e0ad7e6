"""Arithmetic of XPath: exact decimals, doubles as in IEEE 754, None for a missing operand."""

import math
from collections.abc import Iterable
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Any

from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.tree import Node
from pipeline.validation.rules.runtime.values import Untyped, double_of, string_of

_QUOTIENT_PLACES = 18
_HALF = Decimal("0.5")
_ROUNDING = Context(prec=4000, rounding=ROUND_FLOOR)


def numeric(item: Any) -> Any:
    """An operand of arithmetic: untyped text counts as a double."""
    if item is None:
        return None
    if item.__class__ is Node or item.__class__ is Untyped:
        return double_of(item)
    if isinstance(item, (int, float, Decimal)) and not isinstance(item, bool):
        return item
    raise DynamicError(f"'{string_of(item)[:40]}' is not a number")


def same_kind(left: Any, right: Any) -> tuple[Any, Any]:
    """Both as doubles when one of them is."""
    if left.__class__ is float or right.__class__ is float:
        return float(left), float(right)
    return left, right


def plus(left: Any, right: Any) -> Any:
    """The sum."""
    if left is None or right is None:
        return None
    left, right = same_kind(left, right)
    return left + right


def minus(left: Any, right: Any) -> Any:
    """The difference."""
    if left is None or right is None:
        return None
    left, right = same_kind(left, right)
    return left - right


def times(left: Any, right: Any) -> Any:
    """The product."""
    if left is None or right is None:
        return None
    left, right = same_kind(left, right)
    return left * right


def exact_plus(left: Any, right: Any) -> Any:
    """The sum of exact numbers."""
    return None if left is None or right is None else left + right


def exact_minus(left: Any, right: Any) -> Any:
    """The difference of exact numbers."""
    return None if left is None or right is None else left - right


def exact_times(left: Any, right: Any) -> Any:
    """The product of exact numbers."""
    return None if left is None or right is None else left * right


def div(left: Any, right: Any) -> Any:
    """The quotient; of exact numbers a decimal with 18 places."""
    if left is None or right is None:
        return None
    left, right = same_kind(left, right)
    if left.__class__ is float:
        return _quotient_of_doubles(left, right)
    if not right:
        raise DynamicError("division by zero")
    return quotient(Decimal(left), Decimal(right))


def quotient(left: Decimal, right: Decimal) -> Decimal:
    """The quotient with 18 decimal places, or as many as an operand has when that is more.

    The standard leaves the places open; these, and halves rounded towards zero, are what the
    usual processors give.
    """
    places = max(_QUOTIENT_PLACES, _places(left), _places(right))
    above = int(left.scaleb(_places(left))) * 10 ** (places - _places(left) + _places(right))
    below = int(right.scaleb(_places(right)))
    whole, rest = divmod(abs(above), abs(below))
    whole += 2 * rest > abs(below)
    return Decimal(whole if (above < 0) == (below < 0) else -whole).scaleb(-places)


def by_power_of_ten(value: Any, power: int) -> Any:
    """``value div 10**power`` of an exact number, which needs no division."""
    if value is None:
        return None
    value = Decimal(value)
    if _places(value) + power > _QUOTIENT_PLACES:
        return quotient(value, Decimal(10**power))
    return value.scaleb(-power)


def _places(value: Decimal) -> int:
    return max(0, -int(value.as_tuple().exponent))


def _quotient_of_doubles(left: float, right: float) -> float:
    if right:
        return left / right
    if not left or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def idiv(left: Any, right: Any) -> Any:
    """The quotient without its fraction."""
    if left is None or right is None:
        return None
    left, right = same_kind(left, right)
    if not right or not math.isfinite(left) or math.isnan(right):
        raise DynamicError("division by zero")
    if left.__class__ is float:
        return int(left / right)
    whole = abs(left) // abs(right)
    return int(whole if (left < 0) == (right < 0) else -whole)


def mod(left: Any, right: Any) -> Any:
    """The remainder, with the sign of the left operand."""
    if left is None or right is None:
        return None
    left, right = same_kind(left, right)
    if left.__class__ is float:
        return math.fmod(left, right) if right and math.isfinite(left) else math.nan
    if not right:
        raise DynamicError("division by zero")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def negative(value: Any) -> Any:
    """The value with its sign turned."""
    return None if value is None else -value if value or value.__class__ is float else value


def absolute(value: Any) -> Any:
    """The value without its sign."""
    return None if value is None else abs(value)


def round_half_up(value: Any) -> Any:
    """``fn:round``: halves go towards positive infinity."""
    if value is None or value.__class__ is int:
        return value
    if value.__class__ is Decimal:
        return (value + _HALF).to_integral_value(context=_ROUNDING)
    if not math.isfinite(value) or abs(value) >= 2**52:
        return value
    whole = float(math.floor(value))
    return math.copysign(whole + 1 if value - whole >= 0.5 else whole, value)  # noqa: PLR2004


def floor(value: Any) -> Any:
    """The greatest whole number that is not greater, in the same type."""
    return _whole(value, math.floor)


def ceiling(value: Any) -> Any:
    """The least whole number that is not less, in the same type."""
    return _whole(value, math.ceil)


def _whole(value: Any, rounding: Any) -> Any:
    if value is None or (value.__class__ is float and not math.isfinite(value)):
        return value
    return value.__class__(rounding(value))


def total(items: Iterable[Any]) -> Any:
    """``fn:sum``; nothing adds up to the integer 0."""
    result: Any = 0
    for item in items:
        result = plus(result, numeric(item))
    return result


def least(items: Iterable[Any]) -> Any:
    """``fn:min`` of numbers."""
    return _extreme(items, min)


def greatest(items: Iterable[Any]) -> Any:
    """``fn:max`` of numbers."""
    return _extreme(items, max)


def _extreme(items: Iterable[Any], choose: Any) -> Any:
    values = [numeric(item) for item in items]
    if any(value.__class__ is float for value in values):
        values = [float(value) for value in values]
        if any(math.isnan(value) for value in values):
            return math.nan
    return choose(values) if values else None


def average(items: Iterable[Any]) -> Any:
    """``fn:avg``."""
    values = list(items)
    return div(total(values), len(values)) if values else None
