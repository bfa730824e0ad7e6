import pytest

from pipeline.validation.rules.syntax.parser import parse
from pipeline.validation.rules.types import A_NODE, Count, Item, Type
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.infer import infer
from pipeline.validation.rules.typing.scope import Names, Scope, Signature
from pipeline.validation.rules.typing.tree import (
    AxisStep,
    Compare,
    Path,
    Place,
    RootElement,
    Typed,
    Uses,
    Where,
)

ONE, OPTIONAL, MANY = Count.ONE, Count.OPTIONAL, Count.MANY


def scope() -> Scope:
    functions = {"u:f": Signature((Type(Item.STRING),), Type(Item.BOOLEAN))}
    start = Scope(Names(), {"p": "urn:p", "q": "urn:p"}, functions, context=A_NODE)
    return start.with_local("s", Type(Item.STRING)).with_local("n", Type(Item.NODE, MANY))


def typed(text: str) -> Typed:
    return infer(parse(text), scope())


@pytest.mark.parametrize(
    ("text", "item", "count"),
    [
        ("1", Item.INTEGER, ONE),
        ("1.5", Item.DECIMAL, ONE),
        ("1e1", Item.DOUBLE, ONE),
        ("'a'", Item.STRING, ONE),
        ("a", Item.NODE, MANY),
        ("..", Item.NODE, OPTIONAL),
        ("@x", Item.UNTYPED, OPTIONAL),
        ("a/@x", Item.UNTYPED, MANY),
        ("a[1]", Item.NODE, OPTIONAL),
        ("(a/b)[1]", Item.NODE, OPTIONAL),
        ("a/b[1]", Item.NODE, MANY),
        ("a/normalize-space(.)", Item.STRING, MANY),
        ("$s", Item.STRING, ONE),
        ("$n/a", Item.NODE, MANY),
        ("a | b", Item.NODE, MANY),
        ("1 + 2", Item.INTEGER, ONE),
        ("1 div 2", Item.DECIMAL, ONE),
        ("7 idiv 2.5", Item.INTEGER, ONE),
        ("1.5 * 2", Item.DECIMAL, ONE),
        ("@x + 1", Item.DOUBLE, OPTIONAL),
        ("a + 1", Item.DOUBLE, OPTIONAL),
        ("xs:decimal(a)", Item.DECIMAL, OPTIONAL),
        ("xs:decimal($s)", Item.DECIMAL, ONE),
        ("sum(a/xs:decimal(.))", Item.DECIMAL, ONE),
        ("sum(a)", Item.NUMERIC, ONE),
        ("count(a)", Item.INTEGER, ONE),
        ("round(1.5)", Item.DECIMAL, ONE),
        ("number(a)", Item.DOUBLE, ONE),
        ("tokenize('a b', ' ')", Item.STRING, MANY),
        ("(1, 2)", Item.INTEGER, MANY),
        ("(1, 2.5)", Item.DECIMAL, MANY),
        ("(1, 2e0)", Item.NUMERIC, MANY),
        ("(1, 'a')", Item.ANY, MANY),
        ("1 to 3", Item.INTEGER, MANY),
        ("if (a) then 1 else 2", Item.INTEGER, ONE),
        ("if (a) then 1 else ()", Item.INTEGER, OPTIONAL),
        ("if (a) then 1 else 'b'", Item.ANY, ONE),
        ("if (a) then a else 'b'", Item.ANY, MANY),
        ("for $x in a return string($x)", Item.STRING, MANY),
        ("some $x in a satisfies $x = 1", Item.BOOLEAN, ONE),
        ("a = 1", Item.BOOLEAN, ONE),
        ("u:f(a)", Item.BOOLEAN, ONE),
        ("-1.5", Item.DECIMAL, ONE),
        ("reverse(a)", Item.NODE, MANY),
    ],
)
def test_an_expression_has_its_type(text: str, item: Item, count: Count) -> None:
    assert typed(text).type == Type(item, count)


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("1", Uses.NOTHING),
        ("a", Uses.CONTEXT),
        ("//a", Uses.DOCUMENT),
        ("$s", Uses.LOCAL),
        ("//a[b = 1]", Uses.DOCUMENT),
        ("//a[b = $s]", Uses.DOCUMENT | Uses.LOCAL),
        ("a[last() > 1]", Uses.CONTEXT),
        ("a = //b", Uses.CONTEXT | Uses.DOCUMENT),
        ("a/string()", Uses.CONTEXT),
    ],
)
def test_what_an_expression_depends_on_is_known(text: str, uses: Uses) -> None:
    assert typed(text).uses == uses


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("z:a", "prefix z"),
        ("$unknown", r"\$unknown"),
        ("u:other()", "u:other"),
        ("format-number(1, '0')", "format-number"),
        ("count(a, b)", "number of arguments"),
        ("'a' + 1", "arithmetic with a string"),
        ("@p:x", "attributes with a prefix"),
        ("comment()", "comment"),
        ("1/a", "step from a integer"),
        ("a | 1", "union"),
        ("xs:gYear(a)", "xs:gYear"),
        ("position()", "outside a predicate"),
        ("a[(1, 'x')]", "position or a condition"),
        ("a[position() + 1]", "depends on the item"),
        ("sum(a = 1)", "sum of boolean"),
        ("name('a')", "where a node is expected"),
    ],
)
def test_what_has_no_known_meaning_is_refused(text: str, told: str) -> None:
    with pytest.raises(TypingError, match=told):
        typed(text)


def test_names_are_known_by_one_prefix_for_each_namespace() -> None:
    here = scope()

    assert infer(parse("p:a"), here) == infer(parse("q:a"), here)


def test_an_axis_from_anywhere_needs_no_detour() -> None:
    path = typed("//a[b]")

    assert isinstance(path, Path)
    assert [step.axis.value for step in path.steps if isinstance(step, AxisStep)] == ["descendant"]


def test_a_place_below_anywhere_is_counted_in_its_parent() -> None:
    path = typed("//a[1]")

    assert isinstance(path, Path)
    assert len(path.steps) == 2


def test_places_and_conditions_are_told_apart() -> None:
    path = typed("a[b][2][last()]")

    assert isinstance(path, Path)
    assert isinstance(path.steps[0], AxisStep)
    assert [type(one) for one in path.steps[0].filters] == [Where, Place, Place]


def test_in_a_rule_about_the_root_the_context_belongs_to_the_document() -> None:
    root = Scope(Names(), {}, context=A_NODE, is_root=True)

    assert isinstance(infer(parse("."), root), RootElement)
    assert infer(parse("a = 1"), root).uses == Uses.DOCUMENT
    inner = infer(parse("a[b = 1]"), root)
    assert isinstance(inner, Path)
    assert isinstance(inner.steps[0], AxisStep)
    condition = inner.steps[0].filters[0]
    assert isinstance(condition, Where)
    assert isinstance(condition.condition, Compare)
    assert condition.condition.uses == Uses.CONTEXT
