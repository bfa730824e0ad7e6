"""The test of the comparison: a native engine with one bug in it is found out."""

import ast
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from pipeline.validation.rules.engine import RuleFinding
from pipeline.validation.rules.native import assembly, expressions, tables
from pipeline.validation.rules.ruleset import RuleSet
from tests.native.parity import RULE_FILES, Check, differences, documents, rules_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug in the tables of a program."""

    name: str
    plant: Plant


def less_for_less_or_equal(patch: pytest.MonkeyPatch) -> None:
    exchanged = (ast.Eq, ast.NotEq, ast.LtE, ast.Lt, ast.Gt, ast.GtE)
    patch.setattr(expressions, "_COMPARED", exchanged)


def all_for_any(patch: pytest.MonkeyPatch) -> None:
    loop = expressions._loop
    patch.setattr(
        expressions, "_loop", lambda writer, kind, node: loop(writer, _SWAPPED[kind], node)
    )


_SWAPPED = {"ANY": "ALL", "ALL": "ANY", "LIST": "LIST"}


def last_rule_instead_of_first(patch: pytest.MonkeyPatch) -> None:
    look = assembly._Assembly._look
    patch.setattr(
        assembly._Assembly,
        "_look",
        lambda self, rule: look(self, replace(rule, order=-rule.order % 999)),
    )


def conditions_forgotten(patch: pytest.MonkeyPatch) -> None:
    look = assembly._Assembly._look
    patch.setattr(
        assembly._Assembly, "_look", lambda self, rule: look(self, replace(rule, condition=None))
    )


def one_hit_forgotten(patch: pytest.MonkeyPatch) -> None:
    find = assembly._Assembly._find
    patch.setattr(
        assembly._Assembly,
        "_find",
        lambda self, kind, way, number: (
            find(self, kind, way, number) if way.attribute is None else None
        ),
    )


def numbers_rounded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tables, "_text", lambda value: str(value).partition(".")[0] or "0")


def witnesses_from_elsewhere(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(assembly, "_SELF", assembly._PARENT)


PLANTED = (
    Planted("< for <=", less_for_less_or_equal),
    Planted("all for any", all_for_any),
    Planted("the last rule of a pattern instead of the first", last_rule_instead_of_first),
    Planted("conditions of contexts forgotten", conditions_forgotten),
    Planted("attributes that are forbidden forgotten", one_hit_forgotten),
    Planted("numbers rounded", numbers_rounded),
    Planted("values told from elsewhere", witnesses_from_elsewhere),
)


@pytest.fixture(scope="module")
def good() -> RuleSet:
    rules = rules_of(RULE_FILES["European"])
    if rules.native is None:
        pytest.skip(f"NOT TESTED: the native engine; there is only {rules.engine_name}")
    return rules


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_bug_in_the_tables_is_found_out(bug: Planted, good: RuleSet) -> None:
    made = documents(RULE_FILES["European"], 11, 150, every=10)
    with pytest.MonkeyPatch.context() as patch:
        bug.plant(patch)
        bad = rules_of(RULE_FILES["European"]).native

    assert bad is not None
    assert differences(bad.check, good.python.check, made)


def _without_errors(check: Check) -> Check:
    def checked(body: bytes) -> list[RuleFinding]:
        return [each for each in check(body) if each.error is None]

    return checked


def test_an_error_that_is_swallowed_is_found_out(good: RuleSet) -> None:
    assert good.native is not None
    swallowing = _without_errors(good.native.check)
    made = documents(RULE_FILES["European"], 11, 50, every=50)

    assert differences(swallowing, good.python.check, made)
