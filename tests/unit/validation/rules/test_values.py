import math
from decimal import Decimal
from typing import Any

import pytest

from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.values import (
    DIGITS_MAX,
    Untyped,
    boolean_of,
    cast_optional,
    date_of,
    decimal_of,
    decimal_of_nodes,
    double_of,
    integer_of,
    is_castable,
    number_of,
    string_of,
    to_boolean,
    to_date,
    to_decimal,
    to_double,
    to_integer,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"),
        (" 1.50\n", "1.50"),
        ("-.5", "-0.5"),
        ("+3.", "3"),
        ("0." + "1234567890" * 4, "0." + "1234567890" * 4),
    ],
)  # fmt: skip
def test_a_decimal_is_exactly_what_is_written(text: str, value: str) -> None:
    assert to_decimal(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", " ", "1e3", "1,5", "1 2", "abc", "1_0", "\u00a01", "\u0663"])
def test_other_text_is_no_decimal(text: str) -> None:
    with pytest.raises(DynamicError, match="not a decimal"):
        to_decimal(text)


def test_a_number_of_very_many_digits_is_an_error_and_not_a_burden() -> None:
    for cast in (to_decimal, to_integer):
        with pytest.raises(DynamicError, match="more than 200"):
            cast("9" * (DIGITS_MAX + 1))


@pytest.mark.parametrize(("text", "value"), [("7", 7), ("-07 ", -7), ("+1", 1)])
def test_an_integer_has_no_fraction(text: str, value: int) -> None:
    assert to_integer(text) == value
    with pytest.raises(DynamicError):
        to_integer(text + ".0")


@pytest.mark.parametrize(
    ("text", "value"), [("1e3", 1000.0), ("INF", math.inf), ("-INF", -math.inf), (" .5", 0.5)]
)
def test_a_double_may_have_an_exponent(text: str, value: float) -> None:
    assert to_double(text) == value


@pytest.mark.parametrize("text", ["inf", "1_0", "0x1", "nan", "", "1e", "+INF"])
def test_what_only_python_takes_for_a_number_is_none(text: str) -> None:
    assert math.isnan(number_of(text))
    with pytest.raises(DynamicError):
        to_double(text)


@pytest.mark.parametrize(("text", "value"), [("true", True), (" 1", True), ("0", False)])
def test_a_boolean_has_four_forms(text: str, value: bool) -> None:
    assert to_boolean(text) is value
    with pytest.raises(DynamicError):
        to_boolean("TRUE")


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-02-28", "2026-03-01"),
        ("2024-02-29", "2024-03-01"),
        ("2026-03-01+02:00", "2026-03-01"),
        ("2026-03-01Z", "2026-03-01-05:00"),
        ("0400-02-29", "12026-01-01"),
        ("1999-12-31", "2000-01-01"),
    ],
)
def test_dates_are_ordered_with_their_time_zones(earlier: str, later: str) -> None:
    assert to_date(earlier) < to_date(later)


@pytest.mark.parametrize(
    "text",
    ["2026-02-29", "2026-13-01", "2026-1-01", "20260301", "", "2026-03-01T00:00:00", "2026-04-31",
     "2026-03-01+15:00", "2026-03-01+01:60", "0000-01-01"],
)  # fmt: skip
def test_what_is_in_no_calendar_is_no_date(text: str) -> None:
    with pytest.raises(DynamicError, match="not a date"):
        to_date(text)


def test_a_date_without_time_zone_is_that_of_utc() -> None:
    assert to_date("2026-03-01") == to_date("2026-03-01Z")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.50"), "1.5"),
        (Decimal(100), "100"),
        (Decimal("-0.0"), "0"),
        (Decimal("1E+3"), "1000"),
        (7, "7"),
        (True, "true"),
        (False, "false"),
        (1.0, "1"),
        (0.5, "0.5"),
        (1e6, "1.0E6"),
        (1.5e-7, "1.5E-7"),
        (-123456.75, "-123456.75"),
        (math.inf, "INF"),
        (-math.inf, "-INF"),
        (math.nan, "NaN"),
        (0.0, "0"),
        (-0.0, "-0"),
        ("x", "x"),
        (Untyped("y"), "y"),
    ],
)
def test_a_value_is_written_in_its_canonical_form(value: Any, text: str) -> None:
    assert string_of(value) == text


def test_values_are_cast_to_each_other() -> None:
    assert decimal_of(1.5) == Decimal("1.5")
    assert decimal_of(True) == 1
    assert integer_of(Decimal("-2.9")) == -2
    assert integer_of(2.9) == 2
    assert double_of(Decimal("0.1")) == 0.1
    assert boolean_of(2) is True
    assert boolean_of(math.nan) is False
    assert date_of(Untyped("2026-03-01")) == to_date("2026-03-01")
    assert date_of(to_date("2026-03-01")) == to_date("2026-03-01")


@pytest.mark.parametrize("cast", [decimal_of, integer_of])
@pytest.mark.parametrize("value", [math.nan, math.inf, to_date("2026-03-01"), "x"])
def test_some_values_cannot_be_cast(cast: Any, value: Any) -> None:
    with pytest.raises(DynamicError):
        cast(value)


@pytest.mark.parametrize(("cast", "value"), [(double_of, to_date("2026-03-01")), (date_of, 1)])
def test_dates_and_numbers_are_strangers(cast: Any, value: Any) -> None:
    with pytest.raises(DynamicError):
        cast(value)
    with pytest.raises(DynamicError):
        boolean_of(to_date("2026-03-01"))


def test_a_missing_value_stays_missing() -> None:
    assert cast_optional(decimal_of, None) is None
    assert decimal_of_nodes([]) is None
    assert math.isnan(number_of(None))


@pytest.mark.parametrize(
    ("items", "none_is", "answer"),
    [(["1"], False, True), (["x"], True, False), ([], True, True), ([], False, False),
     (["1", "2"], True, False)],
)  # fmt: skip
def test_castable_is_about_one_item(items: list[str], none_is: bool, answer: bool) -> None:
    assert is_castable(decimal_of, items, none_is) is answer
