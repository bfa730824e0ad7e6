"""Code of one rule: its variables, then its assertions one by one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from pipeline.validation.rules.codegen.builder import Builder
from pipeline.validation.rules.codegen.contexts import Match, matches_of
from pipeline.validation.rules.codegen.forbidden import forbidden_ways
from pipeline.validation.rules.codegen.frame import Frame
from pipeline.validation.rules.codegen.writer import Writer
from pipeline.validation.rules.program import AssertionInfo
from pipeline.validation.rules.schema import Assertion, Embedded, Let, Rule
from pipeline.validation.rules.syntax import tree as syntax
from pipeline.validation.rules.syntax.parser import parse
from pipeline.validation.rules.types import A_NODE
from pipeline.validation.rules.typing import convert
from pipeline.validation.rules.typing.infer import condition, infer
from pipeline.validation.rules.typing.scope import Scope
from pipeline.validation.rules.typing.tree import Local, Typed
from pipeline.validation.rules.witnesses import witnesses_of

Attempt = Callable[[str, Callable[[], None]], None]
"""Calls a function; when it finds that an expression cannot be translated, this is noted."""


class RuleWriter:
    """Writes one rule.

    A variable that cannot be computed is a `Fault` in its place. Every assertion that uses it ends
    in that fault; the others are checked all the same.
    """

    def __init__(self, builder: Builder, scope: Scope, attempt: Attempt) -> None:
        self._builder = builder
        self._scope = replace(scope, context=A_NODE)
        self._outer_scope = scope
        self._attempt = attempt
        self._roots: Sequence[Match] = ()
        self._frame = Frame("n")
        self._lets: list[str] = []
        self._checks: list[str] = []
        self._left_to_automaton: list[int] = []

    def write(self, rule: Rule, ruleset: int, place: tuple[int, int]) -> None:
        """Add the rule; ``place`` is its pattern and its order in that pattern."""
        matches = matches_of(parse(rule.context))
        if all(_is_root(match) for match in matches):
            self._roots = matches
            self._scope = replace(self._scope, is_root=True)
        for let in rule.lets:
            self._attempt(let.expression, partial(self._let, let))
        for assertion in rule.assertions:
            self._attempt(assertion.test, partial(self._assertion, assertion, ruleset))
        body = [*self._lets, *self._checks, *self._hits()]
        function = self._builder.add_function("R", "n, d, out", body)
        for match in matches:
            self._builder.add_rule(match, place, function, self._outer_scope)

    def _hits(self) -> list[str]:
        if not self._left_to_automaton:
            return []
        known = self._builder.module.constant(f"frozenset({tuple(self._left_to_automaton)!r})")
        return [
            "for hit, node in d.hits.items():",
            f"    if hit in {known}: out.append((hit, node, None))",
        ]

    def _writer(self) -> Writer:
        # The rule of the root element runs once: what it asks of the document is not worth keeping.
        return Writer(self._builder.module, keeps_conditions=not self._roots)

    def _let(self, let: Let) -> None:
        value = infer(parse(let.expression), self._scope)
        name = f"L{len(self._frame.variables)}"
        self._lets += [
            "try:",
            *self._faults_first(value),
            f"    {name} = {self._writer().value(value, self._frame)}",
            f"except FAULTS as fault: {name} = Fault(fault)",
        ]
        self._scope = self._scope.with_local(let.name, value.type)
        self._frame = self._frame.with_variable(let.name, name)

    def _faults_first(self, value: Typed) -> list[str]:
        """End in the fault of a variable, before its value is used."""
        used = sorted(_locals_in(value) & self._frame.variables.keys())
        names = [self._frame.variables[name] for name in used]
        return [f"    if {name}.__class__ is Fault: raise {name}.error" for name in names]

    def _assertion(self, assertion: Assertion, ruleset: int) -> None:
        expression = parse(assertion.test)
        ways = forbidden_ways(expression) if self._roots else None
        if ways is not None:
            number = self._number(assertion, ruleset, expression)
            self._builder.forbid(ways, self._roots, number, self._outer_scope)
            self._left_to_automaton.append(number)
            return
        test = condition(expression, self._scope)
        code = self._writer().condition(test, self._frame)
        number = self._number(assertion, ruleset, expression)
        self._checks += [
            "try:",
            *self._faults_first(test),
            f"    if not {code}: out.append(({number}, n, None))",
            f"except FAULTS as fault: out.append(({number}, n, fault))",
        ]

    def _number(self, assertion: Assertion, ruleset: int, expression: syntax.Expression) -> int:
        embedded = [one.expression for one in assertion.message if isinstance(one, Embedded)]
        info = AssertionInfo(
            ruleset=ruleset,
            id=assertion.id,
            flag=assertion.flag,
            message=tuple(one if isinstance(one, str) else None for one in assertion.message),
            message_function=self._message_function(embedded) if embedded else None,
            values=witnesses_of(expression, self._outer_scope),
        )
        return self._builder.add_assertion(info)

    def _message_function(self, expressions: Iterable[str]) -> str:
        """A function of the values that a message tells."""
        values = [infer(parse(one), self._scope) for one in expressions]
        writer = Writer(self._builder.module)
        items = (writer.value(convert.items(value), self._frame) for value in values)
        checks = dict.fromkeys(line[4:] for value in values for line in self._faults_first(value))
        return self._builder.add_function(
            "T", "n, d", [*self._lets, *checks, f"return ({', '.join(items)},)"]
        )


def _is_root(match: Match) -> bool:
    return len(match) == 1 and not match[0].is_deep and not match[0].predicates


def _locals_in(node: object) -> set[str]:
    """The names of all variables in a typed tree."""
    if isinstance(node, Local):
        return {node.name}
    parts = node if isinstance(node, tuple) else _fields(node)
    return {name for part in parts for name in _locals_in(part)}


def _fields(node: object) -> list[object]:
    is_tree = type(node).__module__ == Local.__module__
    fields = getattr(node, "__dataclass_fields__", ()) if is_tree else ()
    return [getattr(node, name) for name in fields]
