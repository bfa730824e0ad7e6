"""Code of the steps of a path along an axis, as clauses."""

from dataclasses import replace

from pipeline.validation.rules.codegen.clauses import Clauses, Shape
from pipeline.validation.rules.codegen.scribe import Scribe
from pipeline.validation.rules.program import Way
from pipeline.validation.rules.syntax.tree import Axis
from pipeline.validation.rules.types import Item
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.tree import AxisStep, NameKind, NameTest

_SOURCES = {
    Axis.CHILD: "{}.children",
    Axis.DESCENDANT: "descendants({})",
    Axis.DESCENDANT_OR_SELF: "({0}, *descendants({0}))",
    Axis.ANCESTOR: "ancestors({})",
    Axis.ANCESTOR_OR_SELF: "({0}, *ancestors({0}))",
    Axis.FOLLOWING_SIBLING: "siblings_after({})",
    Axis.PRECEDING_SIBLING: "siblings_before({})",
    Axis.FOLLOWING: "nodes_after({})",
    Axis.PRECEDING: "nodes_before({})",
}
REVERSE_AXES = frozenset(
    {Axis.ANCESTOR, Axis.ANCESTOR_OR_SELF, Axis.PRECEDING_SIBLING, Axis.PRECEDING}
)
_AFTER_CHILD = {Shape.SINGLE: Shape.PEERS, Shape.ORDERED: Shape.DISTINCT}
_AFTER_DESCENDANT = {Shape.SINGLE: Shape.ORDERED, Shape.PEERS: Shape.ORDERED}


def axis_step(before: Clauses, step: AxisStep, scribe: Scribe) -> Clauses:
    """The clauses with one more step, without its predicates."""
    if step.axis is Axis.ATTRIBUTE:
        return _attribute(before, step.test, scribe)
    if step.test.kind is NameKind.TEXT:
        return _text(before, step, scribe)
    return _ELEMENT_STEPS.get(step.axis, _along)(before, step, scribe)


def _is_name(test: NameTest) -> bool:
    return test.kind is NameKind.NAME


def _attribute(before: Clauses, test: NameTest, scribe: Scribe) -> Clauses:
    attributes = f"{before.item}.attributes"
    if _is_name(test):
        found = before.where(f"{test.name!r} in {attributes}")
        return found.giving(f"{attributes}[{test.name!r}]", Item.UNTYPED)
    if test.kind is not NameKind.ANY:
        raise TypingError("attributes are only found by name")
    shape = max(before.shape, Shape.PEERS)
    return before.each(scribe.fresh(), f"{attributes}.values()", shape, attributes).of_kind(
        Item.UNTYPED
    )


def _text(before: Clauses, step: AxisStep, scribe: Scribe) -> Clauses:
    if step.axis is not Axis.CHILD:
        raise TypingError("text() is only supported as a child")
    shape = _AFTER_CHILD.get(before.shape, before.shape)
    return before.each(scribe.fresh(), f"text_nodes({before.item})", shape).of_kind(Item.UNTYPED)


def _self(before: Clauses, step: AxisStep, _scribe: Scribe) -> Clauses:
    return _tested(before, before.item, step.test)


def _parent(before: Clauses, step: AxisStep, _scribe: Scribe) -> Clauses:
    parent = f"{before.item}.parent"
    shape = Shape.SINGLE if before.shape is Shape.SINGLE else Shape.LOOSE
    if before.item != "n":  # what a rule looks at is an element and has a parent
        before = before.where(f"{parent} is not None")
    return _tested(replace(before, item=parent, shape=shape), parent, step.test)


def _child(before: Clauses, step: AxisStep, scribe: Scribe) -> Clauses:
    test = step.test
    shape = _AFTER_CHILD.get(before.shape, before.shape)
    if _is_name(test):
        scribe.module.file(test.name)
        named = f"{before.item}.named"
        source = f"{named}.get({test.name!r}, E)"
        return before.each(scribe.fresh(), source, shape, f"{test.name!r} in {named}")
    found = before.each(scribe.fresh(), f"{before.item}.children", shape)
    if test.kind is NameKind.NODE:
        raise TypingError("node() as a child is not supported")
    return _tested(found, found.item, test)


def _along(before: Clauses, step: AxisStep, scribe: Scribe) -> Clauses:
    if step.axis is Axis.PRECEDING and _is_name(step.test):
        everywhere = scribe.module.collect(Way(((True, step.test.kind.value, step.test.name),)))
        source = f"named_before({everywhere}, {before.item}, {step.test.name!r})"
        return before.each(scribe.fresh(), source, _shape_after(step.axis, before.shape))
    source = _SOURCES[step.axis].format(before.item)
    found = before.each(scribe.fresh(), source, _shape_after(step.axis, before.shape))
    if step.axis in (Axis.ANCESTOR, Axis.ANCESTOR_OR_SELF) and step.test.kind is NameKind.ANY:
        return found.where(f"{found.item}.parent is not None")
    return _tested(found, found.item, step.test)


def _shape_after(axis: Axis, shape: Shape) -> Shape:
    if axis in REVERSE_AXES:
        return Shape.DISTINCT if shape is Shape.SINGLE else Shape.LOOSE
    return _AFTER_DESCENDANT.get(shape, Shape.LOOSE)


def _tested(found: Clauses, node: str, test: NameTest) -> Clauses:
    condition = name_condition(node, test)
    return found.where(condition) if condition else found


def name_condition(node: str, test: NameTest) -> str:
    """Code for whether a node passes a name test, empty when every element does."""
    if test.kind is NameKind.NAME:
        return f"{node}.state.name == {test.name!r}"
    if test.kind is NameKind.LOCAL:
        return f"local_name({node}) == {test.name!r}"
    if test.kind is NameKind.NAMESPACE:
        return f"namespace_uri({node}) == {test.name!r}"
    return ""


_ELEMENT_STEPS = {Axis.SELF: _self, Axis.PARENT: _parent, Axis.CHILD: _child}
