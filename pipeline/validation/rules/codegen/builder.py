"""The program under construction: the module, and the tables that go with it."""

from collections.abc import Iterable, Sequence

from pipeline.validation.rules.codegen.contexts import Condition, Match, conditions_of, names_of
from pipeline.validation.rules.codegen.forbidden import Forbidden
from pipeline.validation.rules.codegen.frame import DOCUMENT, Frame
from pipeline.validation.rules.codegen.module import Module
from pipeline.validation.rules.codegen.writer import Writer
from pipeline.validation.rules.program import (
    AssertionInfo,
    ForbiddenPath,
    Program,
    RulePath,
    Step,
    Way,
)
from pipeline.validation.rules.typing.scope import Names, Scope
from pipeline.validation.rules.typing.tree import NameTest


class Builder:
    """Collects what rules add; numbers and names are given out here."""

    def __init__(self, module: Module, names: Names) -> None:
        self.module = module
        self.names = names
        self._assertions: list[AssertionInfo] = []
        self._rules: list[RulePath] = []
        self._forbidden: list[ForbiddenPath] = []
        self._gates: dict[str, int] = {}
        self._functions = 0

    def add_function(self, prefix: str, parameters: str, body: Iterable[str]) -> str:
        """Add a function under a new name, which is given back."""
        name = f"{prefix}{self._functions}"
        self._functions += 1
        self.module.add_function(name, parameters, body)
        return name

    def add_assertion(self, info: AssertionInfo) -> int:
        """The number of an assertion."""
        self._assertions.append(info)
        return len(self._assertions) - 1

    def add_rule(self, match: Match, place: tuple[int, int], function: str, scope: Scope) -> None:
        """Let a function look at what ``match`` reaches; ``place`` is pattern and order in it."""
        conditions = conditions_of(match, scope)
        of_name = [one for one in conditions if one.is_of_name]
        gates = [one for one in conditions if one.is_of_document]
        left = [one for one in conditions if not (one.is_of_name or one.is_of_document)]
        path = RulePath(
            steps=_steps(names_of(match, scope)),
            pattern=place[0],
            order=place[1],
            rule=function,
            condition=self._condition_function(left),
            gates=tuple(self._gate(one) for one in gates),
            of_name=self._condition_function(of_name),
        )
        self._rules.append(path)

    def forbid(
        self, ways: Iterable[Forbidden], roots: Sequence[Match], number: int, scope: Scope
    ) -> None:
        """Leave an assertion about the root element to the automaton."""
        for is_absolute, names, attribute in ways:
            tests = [(deep, scope.test(name, is_attribute=False)) for deep, name in names]
            starts = [()] if is_absolute else [_steps(names_of(root, scope)) for root in roots]
            for start in starts:
                steps = (*start, *_steps(tests))
                self._forbidden.append(ForbiddenPath(Way(steps, attribute), number))

    def _condition_function(self, conditions: Sequence[Condition]) -> str | None:
        if not conditions:
            return None
        writer = Writer(self.module)
        tests = [
            writer.condition(one.test, Frame("n" + ".parent" * one.generations))
            for one in conditions
        ]
        # A condition without a value does not hold: the next rule has its chance.
        body = [f"try: return {' and '.join(tests)}", "except FAULTS: return False"]
        return self.add_function("K", "n, d", body)

    def _gate(self, one: Condition) -> int:
        code = Writer(self.module, keeps_conditions=False).condition(one.test, DOCUMENT)
        return self._gates.setdefault(code, len(self._gates))

    def program(self, titles: tuple[str, ...]) -> Program:
        """Everything that was added."""
        for code, number in self._gates.items():
            self.module.add_function(f"G{number}", "d", [f"return {code}"])
        names = "".join(f"G{number}, " for number in self._gates.values())
        self.module.add(f"GATES = ({names})\n")
        return Program(
            source=self.module.source(),
            memo_size=self.module.memo_size,
            prefixes=dict(self.names.prefixes),
            mentioned=frozenset(self.names.mentioned),
            filed=self.module.filed,
            collected=self.module.collected,
            titles=titles,
            assertions=tuple(self._assertions),
            rules=tuple(self._rules),
            forbidden=tuple(self._forbidden),
        )


def _steps(names: Iterable[tuple[bool, NameTest]]) -> tuple[Step, ...]:
    return tuple((is_deep, test.kind.value, test.name) for is_deep, test in names)
