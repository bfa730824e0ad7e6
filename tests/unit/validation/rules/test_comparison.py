import math
from decimal import Decimal
from typing import Any

import pytest

from pipeline.validation.rules.runtime.comparison import any_pair, both, compared
from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.values import Untyped, to_date

U = Untyped


@pytest.mark.parametrize(
    ("left", "symbol", "right", "holds"),
    [
        ([U("10")], "<", [U("9")], True),
        ([U("10")], "<", [9], False),
        ([U("1.0")], "=", [1], True),
        ([U("1.0")], "=", ["1"], False),
        (["a"], "=", [U("a")], True),
        ([U("true")], "=", [True], True),
        ([False], "=", [U("0")], True),
        ([U("2026-03-01Z")], "=", [to_date("2026-03-01")], True),
        ([U("a"), U("b")], "!=", ["a"], True),
        ([], "!=", ["a"], False),
        ([Decimal("0.1")], "=", [0.1], True),
        ([1, 2], "=", [3, 2], True),
        ([math.nan], "=", [math.nan], False),
        ([math.nan], "!=", [1], True),
        ([Decimal(2)], ">=", [2], True),
    ],
)
def test_any_pair_is_enough(left: list[Any], symbol: str, right: list[Any], holds: bool) -> None:
    assert any_pair(symbol, left, right) is holds


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([U("x")], [1]),
        ([U("x")], [True]),
        (["1"], [1]),
        ([True], [1]),
        ([to_date("2026-03-01")], ["x"]),
    ],
)
def test_values_of_different_types_cannot_be_compared(left: list[Any], right: list[Any]) -> None:
    with pytest.raises(DynamicError):
        any_pair("=", left, right)


@pytest.mark.parametrize(
    ("left", "symbol", "right", "holds"),
    [([U("a")], "=", ["a"], True), ([], "=", ["a"], False), ([2], "<", [2.5], True),
     ([U("10")], "<", [U("9")], True)],
)  # fmt: skip
def test_values_are_compared_one_by_one(
    left: list[Any], symbol: str, right: list[Any], holds: bool
) -> None:
    assert compared(symbol, left, right) is holds


def test_a_value_comparison_takes_one_value_of_one_type() -> None:
    with pytest.raises(DynamicError, match="2 items"):
        compared("=", [1, 2], [1])
    with pytest.raises(DynamicError, match="different types"):
        compared("=", [U("1")], [1])


def test_a_missing_number_compares_with_nothing() -> None:
    assert both("<=", 1, Decimal(1))
    assert not both("=", None, None)
