"""The engines compared in short; ``python -m tests.native.parity`` does it at length."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from pipeline.validation.rules.native_engine import NativeEngine
from pipeline.validation.rules.ruleset import RuleSet
from tests.differential.mutate import Document, bases
from tests.native.parity import RULE_FILES, differences, documents, outcome, rules_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
SEED = 20261125


@dataclass(frozen=True)
class Run:
    """Rules with both engines, and documents for them."""

    rules: RuleSet
    documents: Sequence[Document]

    @property
    def native(self) -> NativeEngine:
        if self.rules.native is None:
            pytest.skip(f"NOT TESTED: the native engine; there is only {self.rules.engine_name}")
        return self.rules.native


@pytest.fixture(scope="session", params=RULE_FILES)
def run(request: pytest.FixtureRequest) -> Run:
    paths = RULE_FILES[request.param]
    return Run(rules_of(paths), list(documents(paths, SEED, 150, every=6)))


def test_both_engines_find_the_same_to_the_last_word(run: Run) -> None:
    found = differences(run.native.check, run.rules.python.check, run.documents)

    assert [str(each) for each in found] == []


def test_the_documents_are_worth_the_comparison(run: Run) -> None:
    found = [outcome(run.rules.check, document.body) for document in run.documents]
    rules = Counter(each.rule for one in found if isinstance(one, list) for each in one)
    told = [each for one in found if isinstance(one, list) for each in one]

    assert len(rules) > 60
    assert sum(each.error is not None for each in told) > 20
    assert sum(bool(each.values) for each in told) > 200
    assert any(each.count > 1 for each in told)


def test_good_documents_never_need_python(run: Run) -> None:
    before = run.native.left_to_python

    for body in bases():
        run.native.check(body)

    assert run.native.left_to_python == before


def test_damaged_documents_hardly_ever_need_python(run: Run) -> None:
    before = run.native.left_to_python

    for document in run.documents:
        outcome(run.native.check, document.body)

    assert run.native.left_to_python - before <= len(run.documents) / 100
