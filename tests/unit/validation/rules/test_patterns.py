import re

import pytest

from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.patterns import (
    TEXT_MAX,
    UnsupportedPattern,
    compiled,
    matches,
    replace,
    tokenize,
)


@pytest.mark.parametrize(
    ("text", "pattern", "found"),
    [
        ("abc", "b", True),
        ("1\n", "^[0-9]$", False),
        ("1", "^[0-9]$", True),
        ("a\nb", "a.b", False),
        ("a\rb", "a.b", False),
        ("a\u2028b", "a.b", True),
        ("a\x0bb", r"a\sb", False),
        ("a\u00a0b", r"a\Sb", True),
        ("\u0663", r"^\d$", True),
        ("\u0663", "^[0-9]$", False),
        ("a-b", r"^[a\-b]+$", True),
        ("a]b", r"^[a\]b]+$", True),
        ("a b", r"^[a\sb]+$", True),
        ("a&&b", "^[a&&b]+$", True),
        ("x.y", r"^x\.y$", True),
        ("x^$", r"^x\^\$$", True),
        ("aa", r"^(a)\1$", True),
        ("$", "[$]", True),
        ("a^", "[a^]+$", True),
        ("", "^$", True),
    ],
)
def test_a_pattern_finds_what_it_finds_in_xpath(text: str, pattern: str, found: bool) -> None:
    assert matches(text, pattern) is found


def test_case_may_be_ignored() -> None:
    assert matches("ABC", "b", "i")


@pytest.mark.parametrize(
    "pattern",
    [r"\w", r"\p{L}", r"\i", r"[\S]", "[a-z-[aeiou]]", "[abc", "a(", r"\q", "\\", "*a"],
)
def test_what_python_cannot_say_is_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedPattern):
        compiled(pattern)
    with pytest.raises(DynamicError, match="not supported"):
        matches("a", pattern)


def test_other_flags_are_refused() -> None:
    with pytest.raises(UnsupportedPattern, match="flags 'x'"):
        compiled("a", "x")


@pytest.mark.parametrize(
    ("text", "pattern", "parts"),
    [
        ("a,b,,c", ",", ["a", "b", "", "c"]),
        ("", ",", []),
        (",", ",", ["", ""]),
        ("a1b22c", "([0-9])+", ["a", "b", "c"]),
        ("abc", ",", ["abc"]),
    ],
)
def test_a_text_is_split_at_its_separators(text: str, pattern: str, parts: list[str]) -> None:
    assert tokenize(text, pattern) == parts


@pytest.mark.parametrize(
    ("pattern", "replacement", "result"),
    [("b", "x", "axxc"), ("(b+)", "[$1$2]", "a[bb]c"), ("b", r"\$", "a$$c"), ("b", r"\\", r"a\\c")],
)
def test_matches_are_replaced(pattern: str, replacement: str, result: str) -> None:
    assert replace("abbc", pattern, replacement) == result


def test_an_empty_match_or_a_lone_dollar_is_an_error() -> None:
    for wrong in (
        lambda: tokenize("abc", "x*"),
        lambda: replace("abc", "x*", ""),
        lambda: replace("abc", "a", "$"),
    ):
        with pytest.raises(DynamicError):
            wrong()


def test_a_long_text_is_an_error_where_searching_it_could_take_long() -> None:
    long = "1" * (TEXT_MAX + 1)

    with pytest.raises(DynamicError, match="1001 characters"):
        matches(long, "^([0-9]+)+$")
    assert tokenize(long, r"\s+") == [long]
    assert matches(long, "1")


def test_patterns_are_kept_compiled() -> None:
    assert compiled("a+") is compiled("a+")
    assert isinstance(compiled("a+"), re.Pattern)
