"""A program as the bytes that the native engine loads."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from pipeline.validation.rules.native.expressions import Symbols
from pipeline.validation.rules.native.functions import write_function
from pipeline.validation.rules.native.tables import NONE, Table, Tables, Unserialisable
from pipeline.validation.rules.program import AssertionInfo, Program, RulePath, Step, Way

_STEP_NAME, _STEP_ANY, _STEP_WILD = range(3)
_LOOK, _HIT, _COLLECT = range(3)
_WILD_KINDS = {"local name": 0, "namespace": 1, "function": 2}
_SELF, _PARENT, _CHILD, _ATTRIBUTE, _NOTHING = range(5)
_STEP_KIND_BITS = 3
_GATES_MAX, _WILD_MAX, _STEPS_MAX = 64, 64, 60


def serialise(
    program: Program, module: ast.Module, values: Mapping[str, Any], c: ModuleType
) -> bytes:
    """The program for the C module ``c``; ``values`` are the names of the executed ``module``.

    Raises `Unserialisable` for what the native engine does not know.
    """
    return _Assembly(program, module, values, c).to_bytes()


class _Assembly:
    def __init__(
        self, program: Program, module: ast.Module, values: Mapping[str, Any], c: ModuleType
    ) -> None:
        self._program = program
        self._tables = Tables()
        self._functions = [one for one in module.body if isinstance(one, ast.FunctionDef)]
        self._symbols = Symbols(
            operations=_numbered(c.OPERATIONS),
            statements=_numbered(c.STATEMENTS),
            builtins=_numbered(c.BUILTINS),
            functions=_numbered(one.name for one in self._functions),
            elements=_numbered(["*", *sorted(program.mentioned)]),
            values=values,
        )
        self._wild: dict[tuple[str, str], int] = {}

    def to_bytes(self) -> bytes:
        self._elements()
        for function in self._functions:
            write_function(self._tables, self._symbols, function)
        self._kept()
        self._rows()
        for info in self._program.assertions:
            self._assertion(info)
        return self._tables.to_bytes()

    def _elements(self) -> None:
        uris = {prefix: uri for uri, prefix in self._program.prefixes.items()}
        for name in self._symbols.elements:
            prefix, colon, local = name.rpartition(":")
            uri = self._tables.string(uris[prefix]) if colon else NONE
            self._tables.add(Table.SYMBOLS, uri, self._tables.string(local))

    def _kept(self) -> None:
        for table, letter in ((Table.GATES, "G"), (Table.MEMO, "M"), (Table.NODE_MEMO, "Q")):
            names = {name for name in self._symbols.functions if name[0] == letter}
            for number in range(len(names)):
                self._tables.add(table, self._symbols.functions[f"{letter}{number}"])
        if self._tables.size(Table.GATES) > _GATES_MAX:
            raise Unserialisable(f"more than {_GATES_MAX} gates")

    # -- rows of the automaton

    def _rows(self) -> None:
        for rule in self._program.rules:
            self._look(rule)
        for one in self._program.forbidden:
            self._find(_HIT, one.way, one.assertion)
        for number, way in enumerate(self._program.collected):
            self._find(_COLLECT, way, number)
            self._tables.add(Table.COLLECTED)
        if len(self._wild) > _WILD_MAX:
            raise Unserialisable(f"more than {_WILD_MAX} tests of names")

    def _look(self, rule: RulePath) -> None:
        functions = self._symbols.functions
        condition = functions[rule.condition] if rule.condition else NONE
        of_name = self._test("function", rule.of_name) if rule.of_name else NONE
        gates = sum(1 << gate for gate in rule.gates)
        self._row(
            rule.steps,
            (_LOOK, rule.pattern, rule.order, functions[rule.rule], condition, of_name),
            (gates & NONE, gates >> 32, NONE),
        )

    def _find(self, kind: int, way: Way, number: int) -> None:
        attribute = self._tables.attribute(way.attribute) if way.attribute is not None else NONE
        self._row(way.steps, (kind, number, 0, 0, NONE, NONE), (0, 0, attribute))

    def _row(self, steps: Sequence[Step], leads_to: Sequence[int], rest: Sequence[int]) -> None:
        if len(steps) > _STEPS_MAX:
            raise Unserialisable(f"a path of more than {_STEPS_MAX} steps")
        first = self._tables.size(Table.STEPS)
        for is_deep, kind, name in steps:
            self._tables.add(Table.STEPS, *self._step(kind, name, is_deep=is_deep))
        row_kind, *numbers = leads_to
        self._tables.add(Table.ROWS, row_kind, first, len(steps), *numbers, *rest)

    def _step(self, kind: str, name: str, *, is_deep: bool) -> tuple[int, int, int]:
        if kind == "name":
            return _STEP_NAME, is_deep, self._symbols.elements[name]
        if kind in ("any", "node"):
            return _STEP_ANY, is_deep, 0
        return _STEP_WILD, is_deep, self._test(kind, name)

    def _test(self, kind: str, name: str) -> int:
        """The number of a test of names beyond plain equality."""
        number = self._wild.get((kind, name))
        if number is None:
            is_function = kind == "function"
            meant = self._symbols.functions[name] if is_function else self._tables.string(name)
            number = self._tables.add(Table.WILD, _WILD_KINDS[kind], meant)
            self._wild[kind, name] = number
        return number

    # -- assertions

    def _assertion(self, info: AssertionInfo) -> None:
        operands: list[int] = []
        for path in info.values:
            steps = [self._witness_step(step) for step in path.split("/")]
            operands += [len(steps), *steps]
        first, _ = self._tables.operands(operands)
        functions = self._symbols.functions
        message = functions[info.message_function] if info.message_function else NONE
        self._tables.add(Table.ASSERTIONS, first, len(info.values), message)

    def _witness_step(self, step: str) -> int:
        if step in (".", ".."):
            return _SELF if step == "." else _PARENT
        if step.startswith("@"):
            return _ATTRIBUTE | self._tables.attribute(step[1:]) << _STEP_KIND_BITS
        if step not in self._program.filed:
            return _NOTHING  # children with this name are found by nobody
        return _CHILD | self._symbols.elements[step] << _STEP_KIND_BITS


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}
