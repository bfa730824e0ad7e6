"""Bugs planted into the engine, one at a time: each must be seen by the differential test."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from pipeline.validation.rules import automaton
from pipeline.validation.rules.engine import RuleFinding
from pipeline.validation.rules.ruleset import RuleFile, RuleSet
from pipeline.validation.rules.runtime import numbers, patterns, tree, values
from tests.differential.comparison import Check
from tests.differential.conftest import Run

Planter = Callable[[pytest.MonkeyPatch, Run], Check]


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug, and the run that shows it."""

    name: str
    plant: Planter
    run: str = "european"


def reloaded(run: Run) -> Check:
    """The rules, loaded while a bug is planted into the Python engine."""
    return RuleSet.load(RuleFile("rules", run.subject.path.read_bytes())).python.check


def last_match_instead_of_first(patch: pytest.MonkeyPatch, run: Run) -> Check:
    groups = automaton.State._groups

    def reversed_groups(state: automaton.State, profile: automaton.Profile) -> Iterable[Any]:
        state.looks = sorted(state.looks, key=lambda look: (look.pattern, -look.order))
        return groups(state, profile)

    patch.setattr(automaton.State, "_groups", reversed_groups)
    return reloaded(run)


def float_for_decimal(patch: pytest.MonkeyPatch, run: Run) -> Check:
    exact = values.decimal_of_nodes

    def inexact(nodes: Sequence[tree.Node]) -> Any:
        number = exact(nodes)
        return None if number is None else float(number)

    def quotient(value: Any, power: int) -> Any:
        return None if value is None else value / 10**power

    patch.setattr(values, "decimal_of_nodes", inexact)
    patch.setattr(values, "decimal_of", lambda item: float(values.double_of(item)))
    patch.setattr(values, "to_decimal", lambda text: float(Decimal(text)))
    patch.setattr(numbers, "by_power_of_ten", quotient)
    return reloaded(run)


def dollar_before_a_last_newline(patch: pytest.MonkeyPatch, run: Run) -> Check:
    patch.setitem(patterns._PLAIN, "$", "$")
    patterns.compiled.cache_clear()
    return reloaded(run)


def one_assertion_dropped(_patch: pytest.MonkeyPatch, run: Run) -> Check:
    def check(body: bytes) -> list[RuleFinding]:
        return [one for one in run.subject.rules.check(body) if one.rule != "BR-CO-15"]

    return check


def memo_not_reset(patch: pytest.MonkeyPatch, run: Run) -> Check:
    kept: dict[int, list[Any]] = {}
    initialise = tree.Document.__init__

    def with_old_memo(document: tree.Document, memo_size: int, collected_size: int = 0) -> None:
        initialise(document, memo_size, collected_size)
        if memo_size:
            document.memo = kept.setdefault(memo_size, document.memo)

    patch.setattr(tree.Document, "__init__", with_old_memo)
    return reloaded(run)


def error_swallowed(_patch: pytest.MonkeyPatch, run: Run) -> Check:
    def check(body: bytes) -> list[RuleFinding]:
        return [one for one in run.subject.rules.check(body) if not one.error]

    return check


def untyped_text_compared_as_text(patch: pytest.MonkeyPatch, run: Run) -> Check:
    patch.setattr(values, "to_double", lambda text: text)
    return reloaded(run)


def only_the_first_node_of_a_rule(_patch: pytest.MonkeyPatch, run: Run) -> Check:
    def check(body: bytes) -> list[RuleFinding]:
        return list({one.rule: one for one in run.subject.rules.check(body)}.values())

    return check


PLANTED = (
    Planted("last match instead of first", last_match_instead_of_first),
    Planted("float for Decimal", float_for_decimal),
    Planted("$ for \\Z", dollar_before_a_last_newline, "french"),
    Planted("one assertion dropped", one_assertion_dropped),
    Planted("memo not reset", memo_not_reset),
    Planted("error swallowed", error_swallowed),
    Planted("text compared as text", untyped_text_compared_as_text),
    Planted("one finding for all nodes", only_the_first_node_of_a_rule),
)


@contextmanager
def planted(bug: Planted, run: Run) -> Iterator[Check]:
    """The rules with a bug, which is gone afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        yield bug.plant(patch, run)
    patterns.compiled.cache_clear()
    values._decimals.clear()
