"""Assertions that only say "this path must not exist", which the automaton decides.

Two thirds of the rules of EN 16931 are of this kind. They cost nothing beyond the parse.
"""

from itertools import product

from pipeline.validation.rules.syntax import tree as syntax
from pipeline.validation.rules.syntax.tree import Axis

Forbidden = tuple[bool, tuple[tuple[bool, str], ...], str | None]
"""Whether it starts at the document, its steps (deep, name test), and an attribute at its end."""

_ANY_NODE = syntax.AxisStep(Axis.DESCENDANT_OR_SELF, "node()")


def forbidden_ways(test: syntax.Expression) -> list[Forbidden] | None:
    """The paths that a test forbids; None when it says anything else."""
    if not isinstance(test, syntax.Call) or test.function != "not" or len(test.arguments) != 1:
        return None
    return _ways(test.arguments[0])


def _ways(expression: syntax.Expression) -> list[Forbidden] | None:
    if isinstance(expression, syntax.Union):
        parts = [_ways(part) for part in expression.parts]
        return None if None in parts else [way for part in parts for way in part or ()]
    if not isinstance(expression, syntax.Path) or not expression.steps:
        return None
    return _ways_of_path(expression)


def _ways_of_path(path: syntax.Path) -> list[Forbidden] | None:
    steps, attribute = list(path.steps), None
    last = steps[-1]
    if isinstance(last, syntax.AxisStep) and last.axis is Axis.ATTRIBUTE:
        if last.predicates or ":" in last.test or last.test == "*":
            return None
        attribute = last.test
        steps.pop()
    names = _names(steps)
    if names is None or (not names and not path.is_absolute):
        return None
    return [(path.is_absolute, way, attribute) for way in names]


def _names(steps: list[syntax.Step]) -> list[tuple[tuple[bool, str], ...]] | None:
    """Every way through the steps, each as names from the top down."""
    choices: list[list[tuple[tuple[bool, str], ...]]] = []
    is_deep = False
    for step in steps:
        if step == _ANY_NODE:
            is_deep = True
            continue
        ways = _names_of_step(step)
        if ways is None:
            return None
        choices.append([((is_deep or way[0][0], way[0][1]), *way[1:]) for way in ways])
        is_deep = False
    if is_deep:
        choices.append([((True, "*"),)])
    return [tuple(name for part in ways for name in part) for ways in product(*choices)]


def _names_of_step(step: syntax.Step) -> list[tuple[tuple[bool, str], ...]] | None:
    if step.predicates:
        return None
    if isinstance(step, syntax.AxisStep):
        is_element = step.axis is Axis.CHILD and not step.test.endswith("()")
        return [((False, step.test),)] if is_element else None
    ways = _ways(step.expression)
    if ways is None or any(starts or attribute for starts, _, attribute in ways):
        return None
    return [names for _, names, _ in ways]
