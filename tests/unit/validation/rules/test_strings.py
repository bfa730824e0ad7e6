import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.strings import (
    codepoints,
    from_codepoints,
    is_listed,
    normalize_space,
    substring,
    substring_after,
    substring_before,
    translate,
)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  a \t\r\n b ", "a b"),
        ("", ""),
        (" \n", ""),
        ("\u00a0a\u00a0 ", "\u00a0a\u00a0"),
        ("a\u2003b", "a\u2003b"),
        ("a\x0bb", "a\x0bb"),
        ("x" * 200 + "  y", "x" * 200 + " y"),
    ],
)
def test_only_the_spaces_of_xml_are_normalised(text: str, normal: str) -> None:
    assert normalize_space(text) == normal
    assert normalize_space(text) == normal


@pytest.mark.parametrize(
    ("text", "mark", "before", "after"),
    [("a=b=c", "=", "a", "b=c"), ("abc", "=", "", ""), ("abc", "", "", "abc"), ("", "a", "", "")],
)
def test_text_before_and_after_a_mark(text: str, mark: str, before: str, after: str) -> None:
    assert substring_before(text, mark) == before
    assert substring_after(text, mark) == after


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((2,), "2345"),
        ((2, 3), "234"),
        ((0, 3), "12"),
        ((-5, 7), "1"),
        ((1.5, 2.6), "234"),
        ((math.nan, 3), ""),
        ((1, math.nan), ""),
        ((-math.inf, math.inf), ""),
        ((2, math.inf), "2345"),
        ((9,), ""),
        ((3, -1), ""),
        ((Decimal("1.5"), 2e0), "23"),
    ],
)
def test_a_substring_is_what_lies_in_its_range(arguments: tuple[Any, ...], part: str) -> None:
    assert substring("12345", *arguments) == part


def test_a_substring_needs_a_start() -> None:
    with pytest.raises(DynamicError):
        substring("12345", None)


@pytest.mark.parametrize(
    ("old", "new", "result"), [("abc", "AB", "BA-"), ("aab", "xyz", "zxc-"), ("-", "", "bac")]
)
def test_characters_are_translated_by_their_first_place(old: str, new: str, result: str) -> None:
    assert translate("bac-", old, new) == result


@given(st.text())
def test_codepoints_are_a_text_taken_apart(text: str) -> None:
    assert from_codepoints(codepoints(text)) == text


def test_a_number_of_no_character_is_an_error() -> None:
    with pytest.raises(DynamicError):
        from_codepoints([0x110000])


@given(st.text("AB ", max_size=6))
def test_a_word_is_found_in_a_list_as_in_its_text(word: str) -> None:
    words = " A B AB A B "

    assert is_listed(word, frozenset(words.split()), words) == (f" {word} " in words)
