"""What the rules look at, read from the rules: where a mutation is likely to matter.

A target is one assertion: names on the way to the nodes it is about, paths from there that it
mentions, and the texts that it compares with.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.validation.rules.codegen.contexts import Match, matches_of
from pipeline.validation.rules.codegen.forbidden import forbidden_ways
from pipeline.validation.rules.schema import Assertion, Rule, Schema
from pipeline.validation.rules.syntax import tree as syntax
from pipeline.validation.rules.syntax.parser import parse
from pipeline.validation.rules.syntax.tree import Axis

Names = tuple[str, ...]
"""Names with prefixes; an attribute starts with @, ``..`` is the parent, ``/`` the root element,
``//`` anywhere.
"""
_ANYWHERE = syntax.AxisStep(Axis.DESCENDANT_OR_SELF, "node()")
_WORDS_MAX = 40


@dataclass(frozen=True)
class Target:
    """One assertion, for one way in which its rule matches, anywhere if ``is_deep``."""

    rule: str
    way: Names
    is_deep: bool
    paths: tuple[Names, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Forbidden:
    """A path that an assertion forbids, from the root element down."""

    rule: str
    way: Names


@dataclass(frozen=True)
class Targets:
    """All of one rule file; ``namespaces`` are those of its prefixes."""

    schema: Schema

    @property
    def namespaces(self) -> Mapping[str, str]:
        return self.schema.namespaces

    @cached_property
    def aims(self) -> tuple[Target, ...]:
        return tuple(
            target
            for rule in self._rules()
            for assertion in rule.assertions
            for target in _targets(rule, assertion)
        )

    @cached_property
    def forbidden(self) -> tuple[Forbidden, ...]:
        return tuple(
            Forbidden(assertion.id, (*(name for _, name in names), *_attribute(attribute)))
            for rule in self._rules()
            for assertion in rule.assertions
            for _, names, attribute in forbidden_ways(parse(assertion.test)) or ()
            if "/" in rule.context[:1]
        )

    def _rules(self) -> Iterator[Rule]:
        return (rule for pattern in self.schema.patterns for rule in pattern.rules)


def _attribute(name: str | None) -> Names:
    return () if name is None else (f"@{name}",)


def _targets(rule: Rule, assertion: Assertion) -> Iterator[Target]:
    context, test = parse(rule.context), parse(assertion.test)
    lets = [parse(let.expression) for let in rule.lets]
    paths = [path for node in (test, *lets) for path in _paths(node)]
    texts = dict.fromkeys(text for node in (context, test, *lets) for text in _texts(node))
    for match in matches_of(context):
        way = tuple(step.test for step in match)
        all_paths = dict.fromkeys((*_conditions(match), *paths))
        yield Target(assertion.id, way, match[0].is_deep, tuple(all_paths), tuple(texts))


def _conditions(match: Match) -> Iterator[Names]:
    """Paths in the predicates of a context, from the node that the rule is about."""
    for above, step in enumerate(reversed(match)):
        yield from _paths(step.predicates, ("..",) * above)


def _paths(node: object, around: Names = ()) -> Iterator[Names]:
    """Paths of names anywhere in an expression, those of predicates with what they are about."""
    if isinstance(node, syntax.Path):
        yield from _path(node, around)
        return
    if isinstance(node, syntax.Here) and around:
        yield around
    for part in node if isinstance(node, tuple) else _slots(node):
        yield from _paths(part, around)


def _path(path: syntax.Path, around: Names) -> Iterator[Names]:
    names, steps = around, path.steps
    if path.is_absolute:
        names = ("/",)
        steps = steps if steps[:1] == (_ANYWHERE,) else steps[1:]
    for step in steps:
        if isinstance(step, syntax.ComputedStep):
            yield from _paths(step.expression, names)
            return
        if step == _ANYWHERE:
            names = (*names, "//")
            continue
        if not (name := _name(step)):
            return
        names = (*names, name)
        yield from _paths(step.predicates, names)
    if names:
        yield names


def _name(step: syntax.AxisStep) -> str:
    if step.axis is Axis.ATTRIBUTE:
        return f"@{step.test}"
    if step.axis is Axis.PARENT:
        return ".."
    is_name = step.axis is Axis.CHILD and step.test != "*" and not step.test.endswith("()")
    return step.test if is_name else ""


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, syntax.String):
        words = node.value.split()
        yield node.value if len(words) < 2 else words[0]
        yield from words[:_WORDS_MAX:7]
    if isinstance(node, syntax.Number):
        yield node.text
    if isinstance(node, syntax.Call) and node.function in ("true", "false"):
        yield node.function
    for part in node if isinstance(node, tuple) else _slots(node):
        yield from _texts(part)


def _slots(node: object) -> Iterator[object]:
    return (getattr(node, name) for name in getattr(node, "__slots__", ()))
