"""Paths that only differ in a constant, such as those about each category of VAT.

``//cac:TaxCategory[normalize-space(cbc:ID) = 'AE']`` is asked for nine categories. The nodes are
filed once by ``normalize-space(cbc:ID)``, and each category is one look-up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipeline.validation.rules.syntax.tree import Axis
from pipeline.validation.rules.types import A_STRING, NODES
from pipeline.validation.rules.typing import tree
from pipeline.validation.rules.typing.tree import Filter, Typed, Uses


@dataclass(frozen=True, slots=True)
class Lookup:
    """``nodes`` whose ``key`` is ``text``, and the steps that follow."""

    nodes: tree.Path
    key: Typed
    text: str
    rest: tuple[tree.Step, ...]


def find_lookup(path: tree.Path) -> Lookup | None:
    """The first predicate of a path that compares a text of a node with a constant."""
    for place, step in enumerate(path.steps):
        if not isinstance(step, tree.AxisStep) or any(map(_is_place, step.filters)):
            return None
        for number, one in enumerate(step.filters):
            for key, text in _compared(one):
                last = replace(step, filters=step.filters[:number])
                nodes = replace(path, type=NODES, steps=(*path.steps[:place], last))
                rest = selfsame(step.filters[number + 1 :])
                return Lookup(nodes, key, text, (rest, *path.steps[place + 1 :]))
    return None


def selfsame(filters: tuple[Filter, ...]) -> tree.AxisStep:
    """A step that goes nowhere and filters."""
    return tree.AxisStep(Axis.SELF, tree.NameTest(tree.NameKind.NODE), filters)


def _is_place(one: Filter) -> bool:
    return isinstance(one, tree.Place) or bool(one.condition.uses & Uses.POSITION)


def _compared(one: Filter) -> Iterator[tuple[Typed, str]]:
    """The key and the constant of a predicate of the right form, if it is one."""
    if not isinstance(one, tree.Where) or not isinstance(one.condition, tree.Compare):
        return
    left, right = one.condition.left, one.condition.right
    for key, constant in ((left, right), (right, left)):
        if one.condition.operator != "=" or not isinstance(constant, tree.Constant):
            continue
        is_key = key.type == A_STRING and key.uses == Uses.CONTEXT
        if is_key and isinstance(constant.value, str):
            yield key, constant.value
