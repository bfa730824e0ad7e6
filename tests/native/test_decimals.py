from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.validation.rules.runtime import numbers
from pipeline.validation.rules.runtime.values import (
    EXACT,
    decimal_of,
    integer_of,
    string_of,
    to_decimal,
    to_integer,
)
from tests.native import values
from tests.native.oracle import TEXTS, agree, python
from tests.native.values import UNSUPPORTED, Fault

pytestmark = pytest.mark.usefixtures("compiled_values")

D = Decimal
COEFFICIENTS = (
    st.integers(0, 10**6) | st.integers(0, (1 << 64) + 10) | st.integers(0, (1 << 128) - 1)
)
PLACES = st.integers(0, 4) | st.integers(0, 45)


@st.composite
def _decimals(draw: st.DrawFn) -> Decimal:
    digits = tuple(map(int, str(draw(COEFFICIENTS))))
    return D((draw(st.integers(0, 1)), digits, -draw(PLACES)))


DECIMALS = _decimals()
AMOUNTS = st.decimals(-(10**12), 10**12, places=4)
"""What stands in invoices: never unsupported."""
TWO_OPERATIONS = ["add", "subtract", "multiply", "divide", "divide_whole", "remainder"]
PYTHON = {
    "add": numbers.exact_plus,
    "subtract": numbers.exact_minus,
    "multiply": numbers.exact_times,
    "divide": numbers.div,
    "divide_whole": numbers.idiv,
    "remainder": numbers.mod,
}


def same(native: Any, expected: Any) -> bool:
    """Equal with all places and the sign of zero; a whole quotient is an int in Python."""
    expected = D(expected) if isinstance(expected, int) else expected
    return agree(native, expected)


@pytest.mark.parametrize("name", TWO_OPERATIONS)
@given(left=DECIMALS, right=DECIMALS)
@example(left=D("0.00"), right=D("-0.0"))
@example(left=D(1), right=D("0.00"))
@example(left=D((1 << 128) - 1), right=D(1))
@example(left=D("-1.5"), right=D("0.5"))
def test_exact_numbers_are_computed_as_in_python(name: str, left: D, right: D) -> None:
    native = values.calculate_exactly(f"decimal_{name}", left, right)

    assert same(native, python(PYTHON[name], left, right))


@pytest.mark.parametrize("name", TWO_OPERATIONS)
@given(left=AMOUNTS, right=AMOUNTS)
def test_amounts_are_always_supported(name: str, left: D, right: D) -> None:
    native = values.calculate_exactly(f"decimal_{name}", left, right)

    assert native != UNSUPPORTED
    assert same(native, python(PYTHON[name], left, right))


@given(DECIMALS, DECIMALS)
@example(D(1), D("0." + "0" * 44 + "1"))
@example(D(0), D("-0." + "0" * 45))
@example(D((1 << 128) - 1), D("0." + "0" * 40 + "1"))
def test_any_two_numbers_can_be_compared(left: D, right: D) -> None:
    for symbol, holds in (("<", left < right), ("=", left == right), (">=", left >= right)):
        assert values.relation(symbol, left, right) is holds


@given(DECIMALS, st.integers(1, 20))
@example(D("-0.00"), 2)
@example(D("-0." + "0" * 18), 2)
def test_a_quotient_by_a_power_of_ten_moves_the_point(value: D, power: int) -> None:
    native = values.shift(value, power)

    assert same(native, python(numbers.by_power_of_ten, value, power))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("round", numbers.round_half_up),
        ("floor", numbers.floor),
        ("ceiling", numbers.ceiling),
        ("negative", numbers.negative),
        ("absolute", numbers.absolute),
    ],
)
@given(value=DECIMALS | AMOUNTS)
@example(value=D("2.5"))
@example(value=D("-2.5"))
@example(value=D("-0.5"))
@example(value=D("-0.0"))
@example(value=D("0." + "9" * 38))
@example(value=D("-0." + "0" * 44 + "9"))
def test_a_number_is_changed_as_in_python(name: str, function: Any, value: D) -> None:
    native = values.changed(f"number_{name}", value)

    assert repr(native) == repr(python(function, value))


@given(TEXTS | DECIMALS.map(str) | AMOUNTS.map(str))
@example("9" * 200)
@example("9" * 201)
@example("-" + "9" * 200)
@example("0." + "0" * 190 + "1")
@example("340282366920938463463374607431768211455")
@example("340282366920938463463374607431768211456")
@example("\u00a01")
@example("\u0663")
@example("1\u0000")
@example("+.5")
@example(".")
@example("-")
@example("")
@example(" -0.00\n")
@example("x" * 41 + "é" * 3)
def test_a_text_is_a_number_where_it_is_one_in_python(text: str) -> None:
    assert same(values.parse("decimal_parse", text), python(to_decimal, text))
    assert agree(values.parse("integer_parse", text), python(to_integer, text))


@given(AMOUNTS.map(str))
def test_an_amount_that_is_written_is_always_supported(text: str) -> None:
    assert values.parse("decimal_parse", text) == D(text)


def test_a_number_of_more_than_128_bits_goes_to_the_python_engine() -> None:
    assert values.parse("decimal_parse", str(1 << 128)) == UNSUPPORTED
    assert values.parse("decimal_parse", "9" * 201) == Fault(
        "a number has more than 200 characters"
    )
    assert values.calculate_exactly("decimal_multiply", D(1 << 100), D(1 << 100)) == UNSUPPORTED


@given(DECIMALS | AMOUNTS)
@example(D("-0.000"))
@example(D("100"))
@example(D("0." + "0" * 44 + "1"))
def test_a_number_is_written_as_in_python(value: D) -> None:
    assert values.number_text(value) == string_of(value)


@given(DECIMALS | AMOUNTS)
def test_a_number_becomes_the_nearest_double(value: D) -> None:
    assert repr(values.to_double(value)) == repr(float(value))


@given(DECIMALS | st.floats())
def test_a_number_is_cast_to_other_exact_types_as_in_python(value: D | float) -> None:
    native = values.cast_number("number_to_integer", value)
    is_number = isinstance(native, Decimal)

    assert agree(int(native) if is_number else native, python(integer_of, value))
    assert not (is_number and native.is_zero() and native.is_signed())
    assert agree(values.cast_number("number_to_decimal", value), python(decimal_of, value))


def test_the_sign_of_zero_is_that_of_python() -> None:
    with localcontext(EXACT):
        for left, right in ((D("-0"), D("-0")), (D("0"), D("-0")), (D("-5"), D("0"))):
            product = values.calculate_exactly("decimal_multiply", left, right)
            assert product.is_signed() is (left * right).is_signed()
    assert repr(values.calculate("number_multiply", 0, -5)) == "0"
