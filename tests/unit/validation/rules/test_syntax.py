import pytest

from pipeline.validation.rules.syntax.lexer import XPathSyntaxError, tokens_of
from pipeline.validation.rules.syntax.parser import parse
from pipeline.validation.rules.syntax.tree import (
    And,
    Arithmetic,
    Axis,
    AxisStep,
    Binding,
    Call,
    Castable,
    Comparison,
    ComputedStep,
    Expression,
    For,
    Here,
    If,
    Negative,
    Number,
    Or,
    Path,
    Quantified,
    Range,
    Sequence,
    String,
    Union,
    Variable,
)


def child(name: str, *predicates: Expression) -> AxisStep:
    return AxisStep(Axis.CHILD, name, predicates)


def path(*steps: AxisStep | ComputedStep, is_absolute: bool = False) -> Path:
    return Path(is_absolute, steps)


ANYWHERE = AxisStep(Axis.DESCENDANT_OR_SELF, "node()")
A, B = path(child("a")), path(child("b"))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1", Number("1")),
        ("1.50", Number("1.50")),
        ("1e3", Number("1e3")),
        ("'it''s'", String("it's")),
        ('"say ""x"""', String('say "x"')),
        ("$v", Variable("v")),
        (".", Here()),
        ("..", path(AxisStep(Axis.PARENT, "node()"))),
        ("@x", path(AxisStep(Axis.ATTRIBUTE, "x"))),
        ("attribute::x", path(AxisStep(Axis.ATTRIBUTE, "x"))),
        ("p:a/*", path(child("p:a"), child("*"))),
        ("*:a", path(child("*:a"))),
        ("p:*", path(child("p:*"))),
        ("a/text()", path(child("a"), child("text()"))),
        ("/", path(is_absolute=True)),
        ("/a", path(child("a"), is_absolute=True)),
        ("//a", path(ANYWHERE, child("a"), is_absolute=True)),
        ("a//b", path(child("a"), ANYWHERE, child("b"))),
        ("ancestor-or-self::a", path(AxisStep(Axis.ANCESTOR_OR_SELF, "a"))),
        ("a[b][1]", path(child("a", B, Number("1")))),
        ("(a)[1]", path(ComputedStep(A, (Number("1"),)))),
        ("(a)", A),
        ("a/(b|c)", path(child("a"), ComputedStep(Union((B, path(child("c"))))))),
        ("a/count(b)", path(child("a"), ComputedStep(Call("count", (B,))))),
        ("()", Sequence(())),
        ("(1, 2)", Sequence((Number("1"), Number("2")))),
        ("a | b", Union((A, B))),
        ("a union b", Union((A, B))),
        ("a and b or 1", Or((And((A, B)), Number("1")))),
        ("a = b", Comparison("=", A, B, False, "a = b")),
        ("a  le\nb", Comparison("<=", A, B, True, "a le b")),
        ("1 + 2 * 3", Arithmetic("+", Number("1"), Arithmetic("*", Number("2"), Number("3")))),
        ("a div b", Arithmetic("div", A, B)),
        ("a - b - 1", Arithmetic("-", Arithmetic("-", A, B), Number("1"))),
        ("-1", Negative(Number("1"))),
        ("+1", Number("1")),
        ("1 to 3", Range(Number("1"), Number("3"))),
        ("if (a) then b else 1", If(A, B, Number("1"))),
        ("for $v in a return b", For((Binding("v", A),), B)),
        ("some $v in a satisfies b", Quantified(False, (Binding("v", A),), B)),
        (
            "every $v in a, $w in b satisfies 1",
            Quantified(True, (Binding("v", A), Binding("w", B)), Number("1")),
        ),
        ("a castable as xs:date?", Castable(A, "xs:date", True)),
        ("u:f(a, 1)", Call("u:f", (A, Number("1")))),
        ("true()", Call("true", ())),
        ("a (: a comment :) = b", Comparison("=", A, B, False, "a = b")),
        ("div div div", Arithmetic("div", path(child("div")), path(child("div")))),
        ("if", path(child("if"))),
        ("child-name", path(child("child-name"))),
    ],
)
def test_an_expression_has_its_tree(text: str, tree: Expression) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a =", "unexpected"),
        ("a b", "unexpected: b"),
        ("(a", ") expected"),
        ("'open", "unreadable"),
        ("a/", "unexpected"),
        ("§", "unreadable"),
        ("a is b", "unexpected: is b"),
        ("sideways::a", "unknown axis"),
        ("if (a) then b", "else expected"),
        ("$", "name expected"),
        ("(" * 300 + "1" + ")" * 300, "nested"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_place(text: str, told: str) -> None:
    with pytest.raises(XPathSyntaxError, match=told.replace(")", r"\)").replace("(", r"\(")):
        parse(text)


def test_tokens_end_with_an_end() -> None:
    assert [token.text for token in tokens_of("a::b <= 1.5")] == ["a", "::", "b", "<=", "1.5", ""]
