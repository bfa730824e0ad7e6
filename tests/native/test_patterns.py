from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pipeline.validation.rules.runtime import patterns
from pipeline.validation.rules.runtime.patterns import TEXT_MAX, UnsupportedPattern
from tests.native import values
from tests.native.oracle import TEXTS, agree, python
from tests.native.values import UNSUPPORTED, Fault

pytestmark = pytest.mark.usefixtures("compiled_values")

ATOMS = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", "[a-c0-9]", r"\s", r"\S", r"\d", r"\.", r"[\s,]", r"\D",
     "[^\u00e9a]", "\u00e9", "(a)", "(ab|b)", "(a|)", "^", "$", r"[\d-]", "[-a]", r"[a\-z]", "[$^]"]
)  # fmt: skip
QUANTIFIERS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "{0}"])
PIECES = st.builds("{}{}".format, ATOMS, QUANTIFIERS)
SEQUENCES = st.lists(PIECES, max_size=4).map("".join)
GROUPS = st.builds("({}|{}){}".format, SEQUENCES, SEQUENCES, QUANTIFIERS)
PATTERNS = st.lists(SEQUENCES | GROUPS, min_size=1, max_size=3).map("".join) | st.builds(
    "{}|{}".format, SEQUENCES, GROUPS
)
SUBJECTS = st.text("aab bc,0\u00e9.\n\r$", max_size=12) | TEXTS
RULES = [
    "^[0-9]+$", "^[0-9]{9}$", "^(DK)?[0-9]{8}$", "^[A-Za-z0-9]{6}$", "^NL[0-9]{9}B[0-9]{2}$",
    "^([0-9]{11}|[A-Za-z]{6}[0-9]{2}[A-Za-z][0-9]{2}.{3}[0-9][A-Za-z])$", r"\s", " ", r"\s+",
    r"^[^@\s]+@([^@.\s]+\.)+[^@.\s]+$", ".*([0-9].*){3,}.*", r"[,;]\s*", r"(\r?\n)",
    r"(^|\r?\n)#(SKONTO)#DAYS=([0-9]+#PERCENT=[0-9]+\.[0-9]{2})(#BASE=-?[0-9]+\.[0-9]{2})?#$",
]  # fmt: skip
"""Patterns such as rule files have."""


@given(PATTERNS | st.sampled_from(RULES), SUBJECTS)
@example("^1$", "1\n")
@example("a.b", "a\nb")
@example("a.b", "a\rb")
@example("a.b", "a\u2028b")
@example(r"a\sb", "a\x0bb")
@example(r"a\Sb", "a\u00a0b")
@example(r"^\d$", "\u0663")
@example("^[0-9]$", "\u0663")
@example("[$]", "$")
@example("[a^]+$", "a^")
@example("^$", "")
@example("^$", "\n")
@example("(a|ab)(c|bcd)$", "abcd")
@example("x*", "")
@example("[a-]", "-")
def test_a_pattern_finds_what_it_finds_in_python(pattern: str, text: str) -> None:
    with values.Pattern(pattern) as native:
        for name in ("matches", "tokenize"):
            expected = python(getattr(patterns, name), text, pattern)
            assert agree(getattr(native, name)(text), expected)


@given(
    PATTERNS, SUBJECTS, st.sampled_from(["", "x", "[$0]", "<$1>", r"\$", r"\\", "$", "\\", "$9"])
)
@example("(a)(b)", "xabab", "$2$1")
@example("(a)|b", "ab", "[$1]")
@example("a", "b", "$")
@example("(a|ab)(c|bcd)", "abcd", "$1,$2")
def test_matches_are_replaced_as_in_python(pattern: str, text: str, replacement: str) -> None:
    with values.Pattern(pattern) as native:
        expected = python(patterns.replace, text, pattern, replacement)
        assert agree(native.replace(text, replacement), expected)


@given(st.text("ab\\[]()|*+?{}^$.-,012sdDSwpi&~", max_size=12), SUBJECTS)
@example("[]a]", "]")
@example("[^]", "a")
@example("[a", "a")
@example("[--a]", "-")
@example("[a-z-[b]]", "b")
@example("[a-z-9]", "-")
@example("a**", "a")
@example("a*?", "a")
@example("a{,2}", "aa")
@example("a{x}", "a{x}")
@example("a}", "a}")
@example("(?:a)", "a")
@example(r"(a)\1", "aa")
@example("(" * 60 + "a" + ")" * 60, "a")
@example("[b-a]", "a")
@example("^*", "a")
def test_a_pattern_that_is_supported_is_one_of_pythons(pattern: str, text: str) -> None:
    with values.Pattern(pattern) as native:
        assume(native.is_supported)
        try:
            patterns.compiled(pattern)
        except UnsupportedPattern:
            pytest.fail(f"only native: {pattern}")
        assert agree(native.matches(text), python(patterns.matches, text, pattern))


@pytest.mark.parametrize("pattern", RULES)
def test_the_patterns_of_rule_files_are_supported(pattern: str) -> None:
    with values.Pattern(pattern) as native:
        assert native.is_supported


@pytest.mark.parametrize(
    "pattern",
    ["a{3000}", "((a{100}){100}){100}", "a{99999999999999999999}", "(a*)*", "(a|){2}", "[a" * 99,
     "x" * 3000, "(?i)a", r"\w", r"\p{L}", "a{0,100000}"],
)  # fmt: skip
def test_a_pattern_that_would_be_too_large_or_too_odd_is_refused(pattern: str) -> None:
    with values.Pattern(pattern) as native:
        assert not native.is_supported
        assert native.matches("a") == UNSUPPORTED


def test_flags_go_to_the_python_engine() -> None:
    with values.Pattern("a", "i") as native:
        assert not native.is_supported


def test_a_digit_of_a_script_that_is_not_known_goes_to_the_python_engine() -> None:
    with values.Pattern(r"\d") as native:
        assert native.matches("\u0663") == UNSUPPORTED
        assert native.matches("é€\u4e00") is False


@pytest.mark.parametrize("pattern", [r"^\d$", r"^\D$", r"^[\d]$", r"^[^\dx]$"])
def test_what_is_known_of_digits_is_true(pattern: str) -> None:
    with values.Pattern(pattern) as native:
        for point in (*range(0x80, 0x700), *range(0x1E00, 0x2C00), *range(0x3000, 0xA000, 7)):
            assert agree(native.matches(chr(point)), patterns.matches(chr(point), pattern))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|aa)+$", "(a?){0,1}(a*a*a*a*b)", "(.*.*.*.*=)"])
def test_no_pattern_takes_more_than_linear_time(pattern: str) -> None:
    text = "a" * (TEXT_MAX - 1) + "!"

    with values.Pattern(pattern) as native:
        assert native.matches(text) in (False, UNSUPPORTED)


def test_a_long_text_is_refused_as_in_python() -> None:
    long = "1" * (TEXT_MAX + 1)

    with values.Pattern("^([0-9]+)+$") as native:
        assert native.matches(long) == Fault(f"the text has {len(long)} characters, more than 1000")
        assert native.matches("é" * TEXT_MAX) is False
    with values.Pattern(r"\s+") as native:
        assert native.tokenize(long) == [long]


@pytest.mark.timeout(10)
def test_a_search_that_would_take_long_is_given_up() -> None:
    with values.Pattern("(a|b|c|d|[a-z]){1,300}!") as native:
        text = "abcd" * 240
        many: Any = native.tokenize(text)

    assert many in ([text], UNSUPPORTED)


def test_a_large_text_is_split_at_a_simple_separator() -> None:
    text = "some words and more " * 50_000

    with values.Pattern(r"\s") as native:
        assert native.tokenize(text) == text.split(" ")


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_bytes_that_are_no_text_do_no_harm(source: bytes, text: bytes) -> None:
    with values.Pattern(source) as native:
        native.matches(text)
    with values.Pattern("[^a]|é") as native:
        native.matches(text)
