"""Which values explain that an assertion does not hold: those at the paths written in it."""

from collections.abc import Iterator

from pipeline.validation.rules.syntax import tree as syntax
from pipeline.validation.rules.syntax.tree import Axis
from pipeline.validation.rules.typing.scope import Scope
from pipeline.validation.rules.typing.tree import NameKind

VALUES_MAX = 8
"""Values told of one failure."""


def witnesses_of(test: syntax.Expression, scope: Scope) -> tuple[str, ...]:
    """The paths in a test that start at the node it is about, each once, in short names."""
    found = dict.fromkeys(_paths_in(test, scope))
    return tuple(found)[:VALUES_MAX]


def _paths_in(node: object, scope: Scope) -> Iterator[str]:
    if isinstance(node, syntax.Here):
        yield "."
    elif isinstance(node, syntax.Path):
        yield from _path(node, scope)
    elif isinstance(node, (syntax.For, syntax.Quantified)):
        for binding in node.bindings:
            yield from _paths_in(binding.source, scope)
    elif isinstance(node, tuple):
        for part in node:
            yield from _paths_in(part, scope)
    else:
        for name in getattr(node, "__slots__", ()):
            yield from _paths_in(getattr(node, name), scope)


def _path(path: syntax.Path, scope: Scope) -> Iterator[str]:
    """The steps up to the first one that is no name; predicates are about other nodes."""
    names: list[str] = []
    for step in () if path.is_absolute else path.steps:
        name = _name(step, scope) if isinstance(step, syntax.AxisStep) else ""
        if not name:
            break
        names.append(name)
    if names:
        yield "/".join(names)


def _name(step: syntax.AxisStep, scope: Scope) -> str:
    if step.axis is Axis.PARENT and step.test == "node()":
        return ".."
    is_attribute = step.axis is Axis.ATTRIBUTE
    if step.axis is not Axis.CHILD and not is_attribute:
        return ""
    test = scope.test(step.test, is_attribute=is_attribute)
    if test.kind is not NameKind.NAME:
        return ""
    return f"@{test.name}" if is_attribute else test.name
