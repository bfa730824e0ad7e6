"""Compiled rules at work: `RuleSet.check` tells which assertions of a document do not hold."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import localcontext
from typing import Any

from pipeline.validation.rules.automaton import Automaton, Hit, Look, Row
from pipeline.validation.rules.program import AssertionInfo, Program
from pipeline.validation.rules.runtime.errors import FAULTS
from pipeline.validation.rules.runtime.namespace import runtime_names
from pipeline.validation.rules.runtime.parse import Limits, parse_document
from pipeline.validation.rules.runtime.tree import Document, Node, path_of, text_of
from pipeline.validation.rules.runtime.values import EXACT, string_of

FINDINGS_PER_RULE = 100
"""The hundredth wrong line tells nothing new; how many there were is told all the same."""
_VALUE_SHOWN = 80

Failure = tuple[int, Node, Exception | None]
"""An assertion by number, the node, and what made it impossible to evaluate, if anything did."""


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """An assertion that does not hold for a node.

    ``flag`` is the rule file's word. ``values`` has texts from the document by their path from the
    node, shortened. ``error`` is the reason when the assertion could not be evaluated at all.
    ``count`` is how often this assertion failed in the document; only the first
    `FINDINGS_PER_RULE` of them are found in a list.
    """

    ruleset: str
    rule: str
    flag: str
    path: str
    line: int
    message: str
    values: tuple[tuple[str, str], ...] = ()
    error: str | None = None
    count: int = 1


class Engine:
    """A program that was loaded; used by several threads at once."""

    def __init__(self, program: Program, rulesets: Sequence[str], code: Any = None) -> None:
        self.program = program
        self._rulesets = rulesets
        names = runtime_names()
        exec(code or compile(program.source, "<rules>", "exec"), names)  # noqa: S102 - own output
        self._functions: Mapping[str, Any] = names
        self._gates: Sequence[Callable[[Document, list[Any]], bool]] = names["GATES"]
        self.automaton = Automaton(list(_rows(program, names)), program.prefixes, program.mentioned)

    def check(self, data: bytes, limits: Limits) -> list[RuleFinding]:
        """Every assertion that does not hold, in the order of the document."""
        with localcontext(EXACT):
            document = parse_document(data, self.automaton, self.program.memo_size, limits)
            failures = self._run(document)
            return list(self._findings(document, failures))

    def _run(self, document: Document) -> list[Failure]:
        failures: list[Failure] = []
        profile = tuple(_is_open(gate, document) for gate in self._gates)
        for node in document.work:
            for group in node.state.actions(profile):
                for rule, test in group:
                    if test is None or test(node, document):
                        rule(node, document, failures)
                        break
        return failures

    def _findings(self, document: Document, failures: list[Failure]) -> Iterator[RuleFinding]:
        counts = Counter(number for number, _, _ in failures)
        told: Counter[int] = Counter()
        for number, node, fault in failures:
            told[number] += 1
            if told[number] <= FINDINGS_PER_RULE:
                yield self._finding(document, number, node, fault, counts[number])

    def _finding(
        self, document: Document, number: int, node: Node, fault: Exception | None, count: int
    ) -> RuleFinding:
        info = self.program.assertions[number]
        return RuleFinding(
            ruleset=self._rulesets[info.ruleset],
            rule=info.id,
            flag=info.flag,
            path=path_of(node),
            line=node.line,
            message=self._message(info, document, node),
            values=tuple(_values(info.values, node)),
            error=None if fault is None else _reason(fault),
            count=count,
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
        yield Hit(one.steps, one.assertion, one.attribute)


def _is_open(gate: Callable[[Document, list[Any]], bool], document: Document) -> bool:
    try:
        return bool(gate(document, document.memo))
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
