import time
import tracemalloc

import pytest

from pipeline.validation.rules import automaton
from pipeline.validation.rules.automaton import Automaton, State
from pipeline.validation.rules.ruleset import RuleSet
from tests.unit.validation.rules.rule_files import failures, ids, rule, schematron


def rules(*contexts: str) -> RuleSet:
    return RuleSet.load(schematron("".join(rule(one, "false()") for one in contexts)))


def matched(context: str, document: str) -> int:
    return len(failures(rule(context, "false()"), document))


@pytest.mark.parametrize(
    ("context", "count"),
    [
        ("b", 4),
        ("/b", 0),
        ("/a", 1),
        ("/*", 1),
        ("//b", 4),
        ("a/b", 3),
        ("a//b", 4),
        ("/a/b", 1),
        ("/a//c/b", 1),
        ("*/b", 4),
        ("*", 9),
        ("a[b]", 3),
        ("a[b]/b[c]", 1),
        ("(a|c)/b", 4),
        ("a/(b|c)", 4),
        ("c/b | a/b", 4),
        ("(/a | /c)/b", 1),
        ("(c | /a)/b", 2),
        ("(a | /c)//c", 2),
        ("a/(b|c)[b]", 1),
        ("*[name() = 'b']", 4),
        ("*[local-name() = 'c'][not(*)]", 1),
        ("*:b", 4),
        ("x:b", 0),
        ("x:*", 0),
        ("b[//c]", 4),
        ("b[//nothing]", 0),
    ],
)
def test_a_context_finds_its_nodes_by_the_names_on_the_way(context: str, count: int) -> None:
    document = "<a><b><c/></b><a><b/><c><b><a><b/></a></b></c></a></a>"
    assert matched(context, document) == count


def test_namespaces_count_and_prefixes_do_not() -> None:
    document = "<r xmlns:q='urn:x'><q:b/><b/><b xmlns='urn:x'/><q:c xmlns:q='urn:y'/></r>"

    assert matched("x:b", document) == 2
    assert matched("b", document) == 1
    assert matched("x:*", document) == 2
    assert matched("*:b", document) == 3


def test_a_hundred_thousand_names_cost_little_and_leave_nothing() -> None:
    subject = rules("a/b", "*[ends-with(name(), 'Amount')]", "x:*")
    bodies = [
        "<a>" + "".join(f"<n{turn}_{number}/>" for number in range(100_000)) + "</a>"
        for turn in range(2)
    ]
    started = time.process_time()
    tracemalloc.start()

    for body in bodies:
        assert subject.check(body.encode()) == []

    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    states, names = subject.python.automaton.size
    assert states < 10
    assert names <= automaton.NAMES_MAX
    assert used < 10 * 2**20
    assert time.process_time() - started < 20


def test_names_that_pass_a_test_by_name_are_still_told_apart() -> None:
    subject = rules("*[ends-with(name(), 'Amount')]")
    body = "<a>" + "".join(f"<n{number}Amount/><n{number}/>" for number in range(3000)) + "</a>"

    found = subject.check(body.encode())

    assert found[0].count == 3000


def test_full_tables_start_over_and_forget_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "STATES_MAX", 3)
    monkeypatch.setattr(automaton, "NAMES_MAX", 4)
    subject = rules("a/b", "b/c/d")
    document = b"<a><b><c><d/></c></b><e><b><c><d/></c></b></e></a>"

    for _ in range(3):
        assert ids(subject.check(document)) == ["t1", "t1", "t1"]
        states, names = subject.python.automaton.size
        assert states <= 3
        assert names <= 4


def test_the_same_states_serve_the_next_document() -> None:
    subject = rules("a/b")
    subject.check(b"<a><b/></a>")
    before = subject.python.automaton.size

    subject.check(b"<a><b/><b/></a>")

    assert subject.python.automaton.size == before


def test_gates_choose_the_rules_of_a_document() -> None:
    content = rule("b[/a/@on = 'yes']", "false()")
    subject = RuleSet.load(schematron(content))

    assert ids(subject.check(b'<a on="yes"><b/><b/></a>')) == ["t1", "t1"]
    assert subject.check(b'<a on="no"><b/><b/></a>') == []
    assert ids(subject.check(b'<a on="yes"><b/></a>')) == ["t1"]


def test_profiles_of_gates_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "PROFILES_MAX", 2)
    state = State("a", 1, [], [])

    for number in range(5):
        state.actions((bool(number % 2), number > 2, number > 3))

    assert len(state.profiles) <= 2


def test_a_state_of_the_start_survives_a_reset_in_between() -> None:
    subject = rules("a/b")
    machine: Automaton = subject.python.automaton
    first = machine.step(machine.start(), "a")

    machine.reset()

    assert machine.step(first, "b").looks
