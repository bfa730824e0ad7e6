import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.validation.rules.runtime import numbers
from pipeline.validation.rules.runtime.comparison import OPERATORS
from pipeline.validation.rules.runtime.sequences import truth_of_number
from pipeline.validation.rules.runtime.strings import substring
from pipeline.validation.rules.runtime.values import string_of, to_boolean, to_date, to_double
from tests.native import values
from tests.native.oracle import TEXTS, agree, python
from tests.native.values import UNSUPPORTED

pytestmark = pytest.mark.usefixtures("compiled_values")

D = Decimal
EXACT_NUMBERS = st.integers(-(10**15), 10**15) | st.decimals(-(10**9), 10**9, places=3)
EDGES = st.sampled_from(
    [0.0, -0.0, 0.5, -0.5, 1.5, -2.5, math.inf, -math.inf, math.nan, 2.0**52, 1e-6, 1e6, 1e300,
     5e-324, 0.49999999999999994]
)  # fmt: skip
NUMBERS = EXACT_NUMBERS | st.floats() | EDGES
BINARY = {
    "add": numbers.plus,
    "subtract": numbers.minus,
    "multiply": numbers.times,
    "divide": numbers.div,
    "divide_whole": numbers.idiv,
    "remainder": numbers.mod,
}
UNARY = {
    "negative": numbers.negative,
    "absolute": numbers.absolute,
    "round": numbers.round_half_up,
    "floor": numbers.floor,
    "ceiling": numbers.ceiling,
}


def _arithmetic(name: str, left: Any, right: Any) -> Any:
    try:
        return python(BINARY[name], left, right)
    except OverflowError:
        return UNSUPPORTED


@pytest.mark.parametrize("name", BINARY)
@given(left=NUMBERS, right=NUMBERS)
@example(left=-0.0, right=1)
@example(left=1.0, right=-0.0)
@example(left=1e300, right=1e-300)
@example(left=7, right=-2)
@example(left=D("-7.5"), right=2)
def test_numbers_of_any_types_are_computed_as_in_python(name: str, left: Any, right: Any) -> None:
    native = values.calculate(f"number_{name}", left, right)

    assert agree(native, _arithmetic(name, left, right))


@pytest.mark.parametrize("name", UNARY)
@given(value=NUMBERS)
def test_a_number_is_changed_as_in_python(name: str, value: Any) -> None:
    assert repr(values.changed(f"number_{name}", value)) == repr(python(UNARY[name], value))


@given(NUMBERS, NUMBERS)
@example(D("0.1"), 0.1)
@example(math.nan, 1)
@example(1 << 60, float(1 << 60))
def test_numbers_of_any_types_are_compared_as_in_python(left: Any, right: Any) -> None:
    for symbol, holds in OPERATORS.items():
        assert values.relation(symbol, left, right) is holds(*numbers.same_kind(left, right))


@given(st.lists(NUMBERS, min_size=1, max_size=6))
@example([0.0, -0.0])
@example([1, D("1.0")])
@example([2, math.nan])
def test_the_least_and_the_greatest_are_those_of_python(items: list[Any]) -> None:
    assert repr(values.extreme(items, is_greatest=False)) == repr(numbers.least(items))
    assert repr(values.extreme(items, is_greatest=True)) == repr(numbers.greatest(items))


@given(NUMBERS)
def test_the_boolean_value_is_that_of_python(value: Any) -> None:
    assert values.truth(value) is truth_of_number(value)


@given(TEXTS | st.floats().map(repr) | st.decimals().map(str))
@example("1e999")
@example("-1e-999")
@example("1e" + "9" * 400)
@example("0." + "0" * 400 + "1e401")
@example("9" * 400)
@example("0." + "3" * 600)
@example("-0")
@example("INF")
@example("-INF")
@example("+INF")
@example("NaN")
@example("inf")
@example("1_0")
@example("0x1")
@example("1e")
@example("1e+")
@example("e5")
@example(".e5")
@example("1.5E-3 ")
@example("9007199254740993")
@example("2.2250738585072011e-308")
@example("179769313486231580793728971405301e276")
def test_a_text_is_a_double_where_it_is_one_in_python(text: str) -> None:
    assert agree(values.parse("double_parse", text), python(to_double, text))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_that_is_written_is_read_again(value: float) -> None:
    assert values.parse("double_parse", repr(value)) == value


@given(st.floats())
@example(1e6)
@example(999999.9999999999)
@example(1e-6)
@example(1e22)
@example(1.7976931348623157e308)
@example(2.2250738585072014e-308)
@example(5e-324)
@example(9007199254740993.0)
@example(123456789.0)
def test_a_double_is_written_as_in_python(value: float) -> None:
    assert agree(values.number_text(value), string_of(value))


@given(
    st.floats(allow_infinity=False, allow_nan=False).filter(
        lambda value: math.frexp(value)[0] not in (0.5, -0.5)
    )
)
def test_a_double_that_is_no_power_of_two_is_always_written(value: float) -> None:
    assert values.number_text(value) == string_of(value)


def test_powers_of_two_are_written_with_the_fewest_digits() -> None:
    """Their neighbours below are nearer than those above, which is the hard case."""
    powers = [math.ldexp(1.0, exponent) for exponent in range(-1074, 1024)]
    written = [values.number_text(power) for power in powers]

    assert all(agree(text, string_of(power)) for text, power in zip(written, powers, strict=True))
    assert UNSUPPORTED not in [values.number_text(2.0**power) for power in range(-20, 54)]


@given(TEXTS | st.sampled_from(["true", "false", " 1\n", "0", "TRUE", "true\u00a0", "01"]))
def test_a_text_is_a_boolean_where_it_is_one_in_python(text: str) -> None:
    assert values.parse("boolean_parse", text) == python(to_boolean, text)


_ZONES = st.sampled_from(["", "Z", "+02:00", "-14:00", "+14:01", "+01:60", "z", "+1:00", " Z"])
_DATES = st.builds(
    "{}{}-{:02}-{:02}{}".format,
    st.sampled_from(["", "-", "+"]),
    st.integers(0, 3000).map("{:04}".format) | st.integers(0, 10**10).map(str),
    st.integers(0, 13),
    st.integers(0, 32),
    _ZONES,
)


@given(TEXTS | _DATES | st.dates().map(str))
@example("2024-02-29")
@example("2023-02-29")
@example("1900-02-29")
@example("-0001-12-31")
@example("-0004-02-29")
@example("0000-01-01")
@example("-0000-01-01")
@example("999999999-12-31-14:00")
@example("2026-03-01\n")
@example("\u0662026-03-01")
def test_a_text_is_a_date_where_it_is_one_in_python(text: str) -> None:
    expected = python(to_date, text)

    assert values.parse("date_parse", text) == getattr(expected, "minutes", expected)


_PLACES = NUMBERS | st.integers(-3, 8) | st.floats(-3, 8)


@given(TEXTS, _PLACES, _PLACES | st.none())
@example("12345", 1.5, 2.6)
@example("12345", 0, 3)
@example("12345", -math.inf, math.inf)
@example("12345", math.nan, 3)
@example("é€\U0001f600a", 2, 2)
@example("12345", 10**30, 1)
@example("12345", -(10**30), 10**30 + 3)
def test_a_substring_is_that_of_python(text: str, start: Any, length: Any) -> None:
    expected = python(substring, text, start, length)

    assert agree(values.substring(text, start, length), expected)
