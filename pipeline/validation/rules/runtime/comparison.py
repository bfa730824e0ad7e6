"""Comparisons between values whose types are known at run time only.

Source: XPath 2.0, sections 3.5.1 (value comparisons) and 3.5.2 (general comparisons).
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.numbers import same_kind
from pipeline.validation.rules.runtime.sequences import at_most_one
from pipeline.validation.rules.runtime.values import (
    Date,
    Untyped,
    atom,
    boolean_of,
    date_of,
    double_of,
    string_of,
)

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def both(symbol: str, left: Any, right: Any) -> bool:
    """A comparison of exact numbers that may be missing."""
    return left is not None and right is not None and OPERATORS[symbol](left, right)


def any_pair(symbol: str, left: Iterable[Any], right: Sequence[Any]) -> bool:
    """A general comparison: whether it holds for any pair of items."""
    holds = OPERATORS[symbol]
    others = [atom(item) for item in right]
    return any(holds(*_alike(atom(item), other)) for item in left for other in others)


def compared(symbol: str, left: Sequence[Any], right: Sequence[Any]) -> bool:
    """A value comparison, in which untyped text is a string; without a value it does not hold."""
    first, second = _typed(left), _typed(right)
    if first is None or second is None:
        return False
    return OPERATORS[symbol](*_of_one_type(first, second))


def _typed(items: Sequence[Any]) -> Any:
    item = atom(at_most_one(items))
    return str(item) if isinstance(item, Untyped) else item


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two atomic values, untyped text cast to the type of the other one."""
    if isinstance(left, Untyped):
        if isinstance(right, Untyped):
            return str(left), str(right)
        return _cast_like(right, left), _plain(right)
    if isinstance(right, Untyped):
        return _plain(left), _cast_like(left, right)
    return _of_one_type(left, right)


def _cast_like(model: Any, text: str) -> Any:
    if isinstance(model, str):
        return str(text)
    if isinstance(model, bool):
        return boolean_of(text)
    return date_of(text) if isinstance(model, Date) else double_of(text)


def _plain(value: Any) -> Any:
    """Numbers as doubles, which is what untyped text becomes beside them."""
    return value if isinstance(value, (str, bool, Date)) else float(value)


def _of_one_type(left: Any, right: Any) -> tuple[Any, Any]:
    if _family(left) is not _family(right):
        names = f"'{string_of(left)[:40]}' with '{string_of(right)[:40]}'"
        raise DynamicError(f"cannot compare values of different types: {names}")
    return same_kind(left, right)


def _family(value: Any) -> type:
    for family in (str, bool, Date):
        if isinstance(value, family):
            return family
    return float
