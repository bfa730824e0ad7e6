import sys
from ctypes import c_int, c_uint32
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.validation.rules.runtime import strings
from tests.native import values
from tests.native.oracle import TEXTS, agree, python
from tests.native.values import UNSUPPORTED, Fault

pytestmark = pytest.mark.usefixtures("compiled_values")

FEW = st.text("ab", max_size=60)
"""Texts in which searches nearly succeed."""


@given(TEXTS)
@example("a \t b")
@example("a\u00a0b\n")
@example(" \r\n ")
def test_spaces_are_normalised_as_in_python(text: str) -> None:
    assert values.change_text("text_normalize", text) == strings.normalize_space(text)
    assert values.ask("text_has_content", text) is strings.has_text(text)
    assert values.part_of("text_trim", text) == text.strip(" \t\r\n")


@given(TEXTS)
@example("Straße")
@example("ΑΣ")
@example("\u0130")
@example("ŉ")
def test_case_is_changed_as_in_python_or_not_at_all(text: str) -> None:
    assert agree(values.change_text("text_upper", text), text.upper())
    assert agree(values.change_text("text_lower", text), text.lower())


@pytest.mark.parametrize(
    "text", ["Rechnungs-Straße 1, 75 €", "Übergröße \u2013 l\u2019été", "ŁÓDŹ", "Ελλάδα"]
)
def test_the_case_of_common_letters_is_supported(text: str) -> None:
    assert values.change_text("text_upper", text) == text.upper()
    assert values.change_text("text_lower", text) == text.lower()


def test_each_character_has_the_case_that_it_has_in_python() -> None:
    known = 0
    for point in range(1, sys.maxunicode + 1):
        if 0xD800 <= point < 0xE000:
            continue
        upper = values.function("casing_upper", c_uint32, c_uint32)(point)
        lower = values.function("casing_lower", c_uint32, c_uint32)(point)
        known += upper != 0xFFFFFFFF
        assert upper == 0xFFFFFFFF or point == 0xDF or chr(upper) == chr(point).upper()
        assert lower == 0xFFFFFFFF or chr(lower) == chr(point).lower()
    assert known > 50_000


@given(TEXTS | FEW, TEXTS | FEW)
@example("", "")
@example("abc", "")
@example("", "a")
@example("ab" * 40, "ab" * 20 + "b")
@example("a" * 60, "a" * 40)
def test_a_text_is_found_in_another_as_in_python(text: str, part: str) -> None:
    assert values.ask("text_contains", text, part) is (part in text)
    assert values.ask("text_starts_with", text, part) is text.startswith(part)
    assert values.ask("text_ends_with", text, part) is text.endswith(part)
    assert values.part_of("text_before", text, part) == strings.substring_before(text, part)
    assert values.part_of("text_after", text, part) == strings.substring_after(text, part)


@given(st.data(), st.text("ab", min_size=33, max_size=80), FEW, FEW)
def test_a_long_part_is_found_where_it_is(data: Any, part: str, before: str, after: str) -> None:
    text = before + part * data.draw(st.integers(0, 3)) + after
    place = text.find(part)

    assert values.ask("text_contains", text, part) is (place >= 0)
    assert values.part_of("text_before", text, part) == (text[:place] if place >= 0 else "")


@pytest.mark.timeout(10)
def test_a_search_that_nearly_succeeds_everywhere_takes_linear_time() -> None:
    text, part = "a" * 4_000_000, "a" * 1_000_000 + "b" + "a" * 1_000_000

    assert not values.ask("text_contains", text, part)


@given(TEXTS, TEXTS)
def test_texts_are_ordered_by_their_characters(left: str, right: str) -> None:
    order = values.ask("text_compare", left, right, result=c_int)

    assert (order > 0) - (order < 0) == (left > right) - (left < right)
    assert values.ask("text_equal", left, right) is (left == right)


@given(TEXTS, st.integers(-3, 40), st.integers(-3, 40))
@example("é€\U0001f600", 2, 3)
def test_a_slice_is_counted_in_characters(text: str, first: int, end: int) -> None:
    start = max(first, 1)

    assert values.text_slice(text, first, end) == (text[start - 1 : end - 1] if end > start else "")
    assert values.ask("text_length", text, result=c_uint32) == len(text)
    assert values.ask("text_is_ascii", text) is text.isascii()


@given(TEXTS, TEXTS, TEXTS)
@example("bac-", "abc", "AB")
@example("aab", "aab", "xyz")
@example("aé", "é", "\U0001f600")
def test_characters_are_translated_as_in_python(text: str, old: str, new: str) -> None:
    assert values.change_text("text_translate", text, old, new) == strings.translate(text, old, new)


@given(st.lists(TEXTS, max_size=5), TEXTS)
def test_texts_are_joined(parts: list[str], between: str) -> None:
    assert values.join(parts, between) == between.join(parts)


@given(TEXTS)
def test_a_text_is_taken_apart_and_put_together(text: str) -> None:
    points = values.codepoints(text)

    assert points == strings.codepoints(text)
    assert values.from_codepoints(points) == text


@given(st.lists(st.integers(-10, 0x110010) | st.integers(-(2**40), 2**40), max_size=4))
def test_numbers_become_characters_as_in_python(points: list[int]) -> None:
    try:
        expected = python(strings.from_codepoints, points)
    except OverflowError:
        expected = UNSUPPORTED

    assert agree(values.from_codepoints(points), expected)


@given(st.binary(max_size=20), st.binary(max_size=6))
@example(b"\xc3", b"")
@example(b"\xf0\x9f", b"\x80")
@example(b"\x80" * 20, b"\xc3")
def test_bytes_that_are_no_text_do_no_harm(data: bytes, other: bytes) -> None:
    """The answers mean nothing; a checked build stops at a step outside the memory."""
    for name in ("text_upper", "text_lower", "text_normalize"):
        values.attempt(name, data, result=values.CText, read=lambda _, text: text.size)
    values.attempt(
        "text_translate", data, other, data, result=values.CText, read=lambda _, text: text.size
    )
    values.codepoints(data)
    for name in ("decimal_parse", "integer_parse", "double_parse", "date_parse"):
        values.parse(name, data)


def test_words_show_forty_characters_of_a_text() -> None:
    text = "é" * 41

    assert values.parse("decimal_parse", text) == Fault(f"'{text[:40]}' is not a decimal number")
