"""Contexts of rules as patterns: what may be decided by names, and the conditions that are left.

`cac:Price[cbc:X]/cbc:Y` matches a node by the names on the way to it, which the automaton knows
while it parses, and by ``n.parent.named`` having ``cbc:X``, which is asked of the node.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from pipeline.validation.rules.syntax import tree as syntax
from pipeline.validation.rules.syntax.tree import Axis
from pipeline.validation.rules.types import A_NODE, NUMBERS
from pipeline.validation.rules.typing import convert, tree
from pipeline.validation.rules.typing.convert import TypingError
from pipeline.validation.rules.typing.infer import infer
from pipeline.validation.rules.typing.scope import Scope
from pipeline.validation.rules.typing.tree import NameTest, Typed

_ANY_NODE = syntax.AxisStep(Axis.DESCENDANT_OR_SELF, "node()")
_NAME_FUNCTIONS = frozenset({"name", "local-name"})


@dataclass(frozen=True, slots=True)
class MatchStep:
    """An element on the way; ``is_deep`` when others may come before it."""

    is_deep: bool
    test: str
    predicates: tuple[syntax.Expression, ...] = ()


Match = tuple[MatchStep, ...]


def matches_of(context: syntax.Expression) -> list[Match]:
    """Every way in which a context matches, from the root of the document down."""
    if isinstance(context, syntax.Union):
        return [match for part in context.parts for match in matches_of(part)]
    path = _path(context)
    return _matches(path, is_deep=not path.is_absolute)


def _path(expression: syntax.Expression) -> syntax.Path:
    if not isinstance(expression, syntax.Path) or not expression.steps:
        raise TypingError("a context must be a path to elements")
    return expression


def _matches(path: syntax.Path, *, is_deep: bool) -> list[Match]:
    """The ways of a path, the first step of which may be anywhere if ``is_deep``."""
    parts: list[list[Match]] = []
    for step in path.steps:
        if step == _ANY_NODE:
            is_deep = True
            continue
        parts.append(_step_matches(step, is_deep=is_deep, is_first=not parts))
        is_deep = False
    return [tuple(step for way in ways for step in way) for ways in product(*parts)]


def _step_matches(step: syntax.Step, *, is_deep: bool, is_first: bool) -> list[Match]:
    if isinstance(step, syntax.AxisStep):
        if step.axis is not Axis.CHILD or step.test in ("text()", "node()"):
            raise TypingError("a context must be a path to elements")
        return [(MatchStep(is_deep, step.test, step.predicates),)]
    expression = step.expression
    inner = expression.parts if isinstance(expression, syntax.Union) else (expression,)
    ways: list[Match] = []
    for path in map(_path, inner):
        if path.is_absolute and not is_first:
            raise TypingError("a context must be a path to elements")
        ways.extend(_matches(path, is_deep=is_deep and not path.is_absolute))
    last = step.predicates
    return [(*way[:-1], replace(way[-1], predicates=way[-1].predicates + last)) for way in ways]


@dataclass(frozen=True, slots=True)
class Condition:
    """What is left to ask: ``generations`` above the node, or of its name alone."""

    generations: int
    test: Typed

    @property
    def is_of_name(self) -> bool:
        """Whether the name of the node decides."""
        return self.generations == 0 and _asks_name(self.test)

    @property
    def is_of_document(self) -> bool:
        """Whether it is the same for every node."""
        return self.test.uses == tree.Uses.DOCUMENT


def conditions_of(match: Match, scope: Scope) -> list[Condition]:
    """The predicates of a match, with how far above the node each is asked."""
    found = []
    for place, step in enumerate(match):
        if step.predicates and any(later.is_deep for later in match[place + 1 :]):
            raise TypingError("a predicate before // in a context is not supported")
        above = len(match) - 1 - place
        tests = (_condition(one, scope) for one in step.predicates)
        found += [Condition(above, part) for test in tests for part in _parts(test)]
    return found


def _condition(predicate: syntax.Expression, scope: Scope) -> Typed:
    value = infer(predicate, scope.inside(A_NODE))
    if value.type.item in NUMBERS or value.uses & tree.Uses.POSITION:
        raise TypingError("a position in a context is not supported")
    return convert.truth(value)


def _parts(test: Typed) -> Iterable[Typed]:
    return test.parts if isinstance(test, tree.All) else (test,)


def _asks_name(test: Typed) -> bool:
    """Whether an expression asks the context item for nothing but its name."""
    if isinstance(test, tree.Call) and test.function in _NAME_FUNCTIONS:
        return isinstance(test.arguments[0], tree.ContextItem)
    parts = _parts_of_condition(test)
    return isinstance(test, tree.Constant) or (bool(parts) and all(map(_asks_name, parts)))


def _parts_of_condition(test: Typed) -> tuple[Typed, ...]:
    if isinstance(test, tree.Call):
        return test.arguments
    if isinstance(test, (tree.All, tree.Any)):
        return test.parts
    if isinstance(test, (tree.Compare, tree.CompareValues)):
        return test.left, test.right
    return ()


def names_of(match: Match, scope: Scope) -> Iterator[tuple[bool, NameTest]]:
    """The steps of a match as the automaton takes them."""
    for step in match:
        yield step.is_deep, scope.test(step.test, is_attribute=False)
