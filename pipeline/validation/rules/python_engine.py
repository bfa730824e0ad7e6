"""The Python engine: what others are measured by, and what they leave to be done."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import localcontext
from types import CodeType
from typing import Any

from pipeline.validation.rules.automaton import Automaton, Find, Look, Row
from pipeline.validation.rules.engine import FINDINGS_PER_RULE, RuleFinding
from pipeline.validation.rules.program import AssertionInfo, Program
from pipeline.validation.rules.runtime.errors import FAULTS
from pipeline.validation.rules.runtime.namespace import executed
from pipeline.validation.rules.runtime.parse import Limits, lines_of, parse_document
from pipeline.validation.rules.runtime.tree import Document, Node, Paths, text_of
from pipeline.validation.rules.runtime.values import EXACT, string_of

_VALUE_SHOWN = 80

Failure = tuple[int, Node, Exception | None]
"""An assertion by number, the node, and what made it impossible to evaluate, if anything did."""


class PythonEngine:
    """A program that was loaded; used by several threads at once."""

    def __init__(
        self, program: Program, rulesets: Sequence[str], code: CodeType, limits: Limits
    ) -> None:
        self.program = program
        self._rulesets = rulesets
        self._limits = limits
        self._sizes = (program.memo_size, len(program.collected))
        names = executed(code)
        self._functions: Mapping[str, Any] = names
        self._gates: Sequence[Callable[[Document], bool]] = names["GATES"]
        self.automaton = Automaton(list(_rows(program, names)), program, limits.max_depth)

    def parse(self, data: bytes) -> Document:
        """The document, with what the automaton found in it."""
        return parse_document(data, self.automaton, self._sizes, self._limits)

    def check(self, data: bytes) -> list[RuleFinding]:
        """Every assertion that does not hold, in the order of the document."""
        with localcontext(EXACT):
            document = self.parse(data)
            try:
                return self._findings(document, data)
            finally:
                document.release()

    def _findings(self, document: Document, data: bytes) -> list[RuleFinding]:
        failures = self._run(document)
        if not failures:
            return []
        counts = Counter(number for number, _, _ in failures)
        failures = list(_first_ones(failures))
        order, paths = document.order(), Paths()
        lines = lines_of(data, {order[id(node)] for _, node, _ in failures})
        return [
            replace(
                self._finding(document, (number, node, fault)),
                path=paths.path_of(node),
                line=lines.get(order[id(node)], 0),
                count=counts[number],
            )
            for number, node, fault in failures
        ]

    def _run(self, document: Document) -> list[Failure]:
        failures: list[Failure] = []
        profile = tuple([_is_open(gate, document) for gate in self._gates])
        for node in document.work:
            state = node.state
            for group in state.profiles.get(profile) or state.actions(profile):
                for rule, test in group:
                    if test is None or test(node, document):
                        rule(node, document, failures)
                        break
        return failures

    def _finding(self, document: Document, failure: Failure) -> RuleFinding:
        number, node, fault = failure
        info = self.program.assertions[number]
        return RuleFinding(
            ruleset=self._rulesets[info.ruleset],
            rule=info.id,
            flag=info.flag,
            message=self._message(info, document, node),
            values=tuple(_values(info.values, node)),
            error=None if fault is None else _reason(fault),
        )

    def _message(self, info: AssertionInfo, document: Document, node: Node) -> str:
        if info.message_function is None:
            return "".join(part or "" for part in info.message)
        try:
            values = iter(self._functions[info.message_function](node, document))
        except FAULTS:
            values = iter(())
        texts = (part if part is not None else _told(next(values, ())) for part in info.message)
        return "".join(texts)


def _first_ones(failures: Iterable[Failure]) -> Iterator[Failure]:
    """At most `FINDINGS_PER_RULE` of each assertion."""
    told: Counter[int] = Counter()
    for failure in failures:
        told[failure[0]] += 1
        if told[failure[0]] <= FINDINGS_PER_RULE:
            yield failure


def _rows(program: Program, names: Mapping[str, Any]) -> Iterator[Row]:
    for path in program.rules:
        yield Look(
            steps=path.steps,
            pattern=path.pattern,
            order=path.order,
            rule=names[path.rule],
            test=names[path.condition] if path.condition else None,
            gates=path.gates,
            of_name=names[path.of_name] if path.of_name else None,
        )
    for one in program.forbidden:
        yield Find(one.way.steps, one.assertion, True, one.way.attribute)
    for number, way in enumerate(program.collected):
        yield Find(way.steps, number, False, way.attribute)


def _is_open(gate: Callable[[Document], bool], document: Document) -> bool:
    try:
        return bool(gate(document))
    except FAULTS:
        return False


def _reason(fault: Exception) -> str:
    return str(fault) or type(fault).__name__


def _told(items: Sequence[Any]) -> str:
    return " ".join(string_of(item)[:_VALUE_SHOWN] for item in items[:FINDINGS_PER_RULE])


def _values(paths: Sequence[str], node: Node) -> Iterator[tuple[str, str]]:
    for path in paths:
        for text in _texts_at(path, node)[:3]:
            yield path, text[:_VALUE_SHOWN]


def _texts_at(path: str, node: Node) -> list[str]:
    nodes = [node]
    for step in path.split("/"):
        if step.startswith("@"):
            return [one.attributes[step[1:]] for one in nodes if step[1:] in one.attributes]
        nodes = _step(step, nodes)
    return [text_of(one) for one in nodes if not one.children]


def _step(step: str, nodes: Sequence[Node]) -> list[Node]:
    if step == ".":
        return list(nodes)
    if step == "..":
        return [one.parent for one in nodes if one.parent is not None]
    return [child for one in nodes for child in one.named.get(step, ())]
