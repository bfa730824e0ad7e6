import math
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.validation.rules.runtime import numbers
from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.values import EXACT, Untyped

D = Decimal


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (D("2.5"), 3), (D("-2.5"), -2), (D("2.4999"), 2), (D("-2.51"), -3), (7, 7), (D("0.5"), 1),
        (2.5, 3.0), (-2.5, -2.0), (0.49999999999999994, 0.0), (1e300, 1e300), (None, None),
    ],
)  # fmt: skip
def test_halves_are_rounded_towards_positive_infinity(value: Any, rounded: Any) -> None:
    assert numbers.round_half_up(value) == rounded


def test_what_is_no_number_is_rounded_to_itself() -> None:
    assert math.isnan(numbers.round_half_up(math.nan))
    assert numbers.round_half_up(-math.inf) == -math.inf
    assert math.copysign(1, numbers.round_half_up(-0.2)) == -1


@pytest.mark.parametrize(
    ("left", "right", "result"),
    [
        (1, 3, D("0.333333333333333333")),
        (2, 3, D("0.666666666666666667")),
        (D("-1"), D("3"), D("-0.333333333333333333")),
        (D("1"), D("8"), D("0.125")),
        (D("0.00000000000000000001"), 3, D("0.00000000000000000000")),
        (1.0, 4, 0.25),
        (1.0, 0, math.inf),
        (-1, 0.0, -math.inf),
        (None, 1, None),
    ],
)
def test_a_quotient_has_eighteen_places(left: Any, right: Any, result: Any) -> None:
    with localcontext(EXACT):
        assert numbers.div(left, right) == result


def test_nothing_by_nothing_is_not_a_number() -> None:
    assert math.isnan(numbers.div(0.0, 0))


@pytest.mark.parametrize("operation", [numbers.div, numbers.idiv, numbers.mod])
def test_an_exact_number_by_zero_is_an_error(operation: Any) -> None:
    with pytest.raises(DynamicError, match="zero"):
        operation(1, D(0))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3), st.integers(1, 4))
def test_a_quotient_by_a_power_of_ten_moves_the_point(value: D, power: int) -> None:
    with localcontext(EXACT):
        assert numbers.by_power_of_ten(value, power) == numbers.quotient(value, D(10**power))


def test_a_quotient_by_a_power_of_ten_is_rounded_when_it_gets_too_long() -> None:
    with localcontext(EXACT):
        value = numbers.by_power_of_ten(D("0.123456789012345678"), 2)

    assert value == D("0.001234567890123457")
    assert numbers.by_power_of_ten(None, 2) is None
    assert numbers.by_power_of_ten(12345, 2) == D("123.45")


@pytest.mark.parametrize(
    ("left", "right", "whole", "rest"),
    [(7, 2, 3, 1), (-7, 2, -3, -1), (7, -2, -3, 1), (D("7.5"), 2, 3, D("1.5")), (7.5, 2, 3, 1.5)],
)
def test_whole_quotients_go_towards_zero(left: Any, right: Any, whole: int, rest: Any) -> None:
    assert numbers.idiv(left, right) == whole
    assert numbers.mod(left, right) == rest


def test_a_remainder_of_doubles_may_be_no_number() -> None:
    assert math.isnan(numbers.mod(1.0, 0))
    assert math.isnan(numbers.mod(math.inf, 2))
    with pytest.raises(DynamicError):
        numbers.idiv(math.nan, 2)


def test_products_of_decimals_are_exact() -> None:
    digits = 123456789012345678901234567890123456789
    with localcontext(EXACT):
        long = D(digits).scaleb(-9)
        product = numbers.exact_times(long, long)

        assert product == D(digits**2).scaleb(-18)


@pytest.mark.parametrize(
    "operation",
    [numbers.plus, numbers.minus, numbers.times, numbers.div, numbers.idiv, numbers.mod,
     numbers.exact_plus, numbers.exact_minus, numbers.exact_times],
)  # fmt: skip
def test_a_missing_operand_gives_a_missing_result(operation: Any) -> None:
    assert operation(None, 1) is None
    assert operation(1, None) is None


def test_a_decimal_beside_a_double_becomes_one() -> None:
    assert numbers.plus(D("0.5"), 0.25) == 0.75
    assert numbers.minus(0.5, D("0.25")) == 0.25
    assert numbers.times(2, 0.5) == 1.0
    assert numbers.plus(1, D("0.5")) == D("1.5")


def test_an_operand_must_be_a_number() -> None:
    assert numbers.numeric(Untyped(" 2.5 ")) == 2.5
    assert numbers.numeric(None) is None
    for text in ("2.5", True):
        with pytest.raises(DynamicError, match="not a number"):
            numbers.numeric(text)


def test_sums_start_with_the_integer_zero() -> None:
    assert numbers.total([]) == 0
    assert isinstance(numbers.total([]), int)
    assert numbers.total([Untyped("1.5"), D("2")]) == 3.5


def test_the_least_and_the_greatest_of_nothing_are_missing() -> None:
    assert numbers.least([]) is None
    assert numbers.least([3, D("2.5")]) == D("2.5")
    assert numbers.greatest([1, 2.5]) == 2.5
    assert math.isnan(numbers.greatest([1, math.nan]))
    assert numbers.average([]) is None
    assert numbers.average([1, 2]) == D("1.5")


def test_signs_and_whole_numbers() -> None:
    assert numbers.negative(2) == -2
    assert numbers.negative(None) is None
    assert numbers.absolute(D("-1.5")) == D("1.5")
    assert numbers.absolute(None) is None
    assert numbers.floor(D("-1.5")) == -2
    assert numbers.ceiling(1.2) == 2.0
    assert isinstance(numbers.ceiling(1.2), float)
    assert numbers.floor(math.inf) == math.inf
