"""Code of paths: walked step by step as clauses, or known to the document already.

What can be known without a walk is, in this order: nodes that names alone decide are collected by
the automaton; nodes chosen by a constant are looked up in an index; a path that belongs to the
document is walked once and kept.
"""

from dataclasses import replace

from pipeline.validation.rules.codegen.clauses import Clauses, Need, Shape
from pipeline.validation.rules.codegen.frame import DOCUMENT, Frame
from pipeline.validation.rules.codegen.lookups import find_lookup, selfsame
from pipeline.validation.rules.codegen.scribe import Scribe, is_of_document
from pipeline.validation.rules.codegen.steps import REVERSE_AXES, axis_step
from pipeline.validation.rules.program import Step, Way
from pipeline.validation.rules.syntax.tree import Axis
from pipeline.validation.rules.types import Item
from pipeline.validation.rules.typing import tree
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.tree import Filter, Uses

_NODES_AT_HAND = (tree.ContextItem, tree.DocumentNode, tree.RootElement)
_ANYWHERE = tree.AxisStep(Axis.DESCENDANT_OR_SELF, tree.NameTest(tree.NameKind.NODE), ())
_WAYS: dict[str, tuple[Step, ...]] = {"d.root": (), "d.top": ((False, "any", ""),)}
"""Where ways of the automaton may start, by the code for it."""


def path_clauses(scribe: Scribe, node: tree.Path, frame: Frame) -> Clauses:
    """A path as clauses."""
    attributes = _with_attribute(scribe, node)
    if attributes is not None:
        return attributes
    found, steps = _begun(scribe, node, frame)
    if not steps:
        return found
    if is_of_document(node):
        if node is not scribe.own:
            return _kept(scribe, node)
        found, steps = _looked_up(scribe, node) or (found, steps)
    for step in steps:
        if isinstance(step, tree.AxisStep):
            found = _axis_step(scribe, found, step, frame)
        else:
            found = _each_step(scribe, found, step, frame)
    return found


def union_clauses(scribe: Scribe, node: tree.Union, frame: Frame) -> Clauses:
    """A union as clauses."""
    parts = [scribe.clauses(part, frame) for part in node.parts]
    start = Clauses("", node.type.item)
    listed = [part.listed() for part in parts]
    if node.type.item is Item.NODE and all(part.shape <= Shape.ORDERED for part in parts):
        return start.each(scribe.fresh(), f"merged(d, {', '.join(listed)})", Shape.ORDERED)
    spliced = ", ".join(f"*{one}" for one in listed)
    return start.each(scribe.fresh(), f"[{spliced}]", Shape.LOOSE)


def in_shape(found: Clauses, need: Need, *, keep_reverse: bool = False) -> str:
    """Code for a list of the items, in the order and without the repetitions that matter.

    ``keep_reverse`` leaves the order of a reverse axis, in which places are counted.
    """
    listed = found.listed()
    if found.shape <= need or found.kind is not Item.NODE or keep_reverse:
        return listed
    return f"distinct({listed})" if need is Need.DISTINCT else f"in_order(d, {listed})"


def _kept(scribe: Scribe, node: tree.Path) -> Clauses:
    """A path that is walked once; it is put in order only by those who need it."""
    listed, shape = _once(scribe.unit(own=node), node)
    code = scribe.module.per_document(listed)
    return Clauses("", node.type.item).each(scribe.fresh(), code, shape, code)


def _once(unit: Scribe, node: tree.Path) -> tuple[str, Shape]:
    """Code for the nodes of a path of the document, none twice, and what is known of them."""
    found = unit.clauses(node, DOCUMENT)
    return in_shape(found, Need.DISTINCT), min(found.shape, Shape.DISTINCT)


def _looked_up(scribe: Scribe, node: tree.Path) -> tuple[Clauses, tuple[tree.Step, ...]] | None:
    """The nodes whose text is a constant, from an index that all such constants share."""
    wanted = find_lookup(node)
    if wanted is None:
        return None
    unit = scribe.unit()
    listed, shape = _once(unit, wanted.nodes)
    each = unit.fresh()
    key = unit.value(wanted.key, DOCUMENT.at(each))
    index = scribe.module.per_document(f"indexed([({key}, {each}) for {each} in {listed}])")
    source = f"{index}.get({wanted.text!r}, E)"
    found = Clauses("", Item.NODE).each(scribe.fresh(), source, shape, source)
    return found, wanted.rest


def _begun(scribe: Scribe, node: tree.Path, frame: Frame) -> tuple[Clauses, tuple[tree.Step, ...]]:
    """A path up to where it has to be walked, and the steps that are left."""
    if not isinstance(node.start, _NODES_AT_HAND):
        start = scribe.clauses(node.start, frame)
        return _filtered(scribe, start, node.filters, frame), node.steps
    code = scribe.value(node.start, frame)
    way = _WAYS.get(code)
    if way is not None and not node.filters:
        return _collected(scribe, node, code, way)
    start = Clauses(code, node.start.type.item)
    return _filtered(scribe, start, node.filters, frame), node.steps


def _collected(
    scribe: Scribe, node: tree.Path, code: str, start: tuple[Step, ...]
) -> tuple[Clauses, tuple[tree.Step, ...]]:
    """Nodes that the automaton collects, for the steps that names alone decide."""
    way, rest = start, node.steps
    while rest and (name := _collectable(rest[0])):
        way = (*way, name)
        first, rest = rest[0], rest[1:]
        if first.filters:
            rest = (selfsame(first.filters), *rest)
            break
    if way == start:
        return Clauses(code, Item.NODE), rest
    shape = Shape.ORDERED if any(is_deep for is_deep, _, _ in way) else Shape.PEERS
    collected = scribe.module.collect(Way(way))
    return Clauses("", Item.NODE).each(scribe.fresh(), collected, shape, collected), rest


def _with_attribute(scribe: Scribe, node: tree.Path) -> Clauses | None:
    """``//@name``, for which every element would have to be asked."""
    if len(node.steps) != 2 or not isinstance(node.start, tree.DocumentNode):  # noqa: PLR2004
        return None
    anywhere, step = node.steps
    if anywhere != _ANYWHERE or not isinstance(step, tree.AxisStep) or step.filters:
        return None
    if step.axis is not Axis.ATTRIBUTE or step.test.kind is not tree.NameKind.NAME:
        return None
    collected = scribe.module.collect(Way(((True, "any", ""),), step.test.name))
    found = Clauses("", Item.NODE).each(scribe.fresh(), collected, Shape.ORDERED, collected)
    # The automaton has seen that each of them has it.
    attribute = f"{found.item}.attributes[{step.test.name!r}]"
    return replace(found, item=attribute, kind=Item.UNTYPED)


def _collectable(step: tree.Step) -> Step | None:
    """The step of the automaton that finds the same nodes, filters aside."""
    if not isinstance(step, tree.AxisStep) or any(map(_needs_places, step.filters)):
        return None
    is_way = step.axis in (Axis.CHILD, Axis.DESCENDANT)
    if not is_way or step.test.kind not in (tree.NameKind.NAME, tree.NameKind.ANY):
        return None
    return step.axis is Axis.DESCENDANT, step.test.kind.value, step.test.name


def _needs_places(one: Filter) -> bool:
    return isinstance(one, tree.Place) or bool(one.condition.uses & Uses.POSITION)


def _axis_step(scribe: Scribe, before: Clauses, step: tree.AxisStep, frame: Frame) -> Clauses:
    after = axis_step(before, step, scribe)
    if not any(map(_needs_places, step.filters)):
        return _filtered(scribe, after, step.filters, frame)
    # Places are counted anew for every node that the step starts from.
    alone = axis_step(Clauses(before.item, Item.NODE), step, scribe)
    alone = replace(alone, is_reverse=step.axis in REVERSE_AXES)
    chosen = _filtered(scribe, alone, step.filters, frame)
    shape = before.shape if chosen.shape is Shape.SINGLE else after.shape
    return before.each(scribe.fresh(), chosen.listed(), shape).of_kind(after.kind)


def _each_step(scribe: Scribe, before: Clauses, step: tree.EachStep, frame: Frame) -> Clauses:
    if any(map(_needs_places, step.filters)):
        raise TypingError("a position in a computed step is not supported")
    if step.expression.type.item is not Item.NODE and before.shape > Shape.ORDERED:
        # Values of a node that came twice would be twice in the result.
        listed = in_shape(before, Need.ORDER)
        before = Clauses("", before.kind).each(scribe.fresh(), listed, Shape.ORDERED)
    inner = scribe.clauses(step.expression, frame.at(before.item))
    found = Clauses(
        item=inner.item,
        kind=inner.kind,
        shape=_shape_after_each(before, inner),
        clauses=(*before.clauses, *inner.clauses),
        last_test=inner.last_test,
    )
    return _filtered(scribe, found, step.filters, frame)


def _shape_after_each(before: Clauses, inner: Clauses) -> Shape:
    if before.shape is Shape.SINGLE:
        return inner.shape
    return Shape.LOOSE if inner.kind is Item.NODE else before.shape


def _filtered(scribe: Scribe, found: Clauses, filters: tuple[Filter, ...], frame: Frame) -> Clauses:
    """Nodes of a step, or of anything else, after predicates; places count along the axis."""
    for one in filters:
        if not _needs_places(one):
            found = _where(scribe, found, one, frame)
            continue
        listed = in_shape(found, Need.ORDER, keep_reverse=found.is_reverse)
        source, shape = _chosen(scribe, listed, one, frame), found.shape
        is_single = isinstance(one, tree.Place)
        found = Clauses("", found.kind, is_reverse=found.is_reverse).each(
            scribe.fresh(), source, Shape.SINGLE if is_single else shape
        )
    return found


def _where(scribe: Scribe, found: Clauses, one: Filter, frame: Frame) -> Clauses:
    assert isinstance(one, tree.Where)  # noqa: S101 - places are told apart before
    if not found.item.isidentifier() and found.item not in ("d.root", frame.context):
        found = found.each(scribe.fresh(), f"({found.item},)", found.shape)
    return found.where(scribe.condition(one.condition, frame.at(found.item)))


def _chosen(scribe: Scribe, listed: str, one: Filter, frame: Frame) -> str:
    """Code for the items of a list that are at some place."""
    if isinstance(one, tree.Where):
        item, place, total = scribe.fresh(), scribe.fresh(), scribe.fresh()
        inner = Frame(item, frame.variables, place, total, is_inner=True)
        keeps = f"lambda {item}, {place}, {total}: {scribe.condition(one.condition, inner)}"
        return f"filtered({listed}, {keeps})"
    if one.number is None:
        return f"{listed}[-1:]"
    return f"item_at({listed}, {scribe.value(one.number, frame)})"
