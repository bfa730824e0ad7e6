"""Each of the 63 Peppol rules with a document that breaks it and one on which it holds."""

from collections import Counter
from itertools import chain, islice
from pathlib import Path

import pytest

from pipeline.validation.rules.ruleset import RuleSet
from tests.data.peppol.examples import Example, examples
from tests.data.peppol.mutants import mutants
from tests.unit.validation.peppol.oracle import findings_by_saxon

RULES = Path(__file__).parents[4] / "pipeline/validation/rules/peppol_bis_3.sch"
EXAMPLES = {each.rule: each for each in examples()}
MUTANTS = 400


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return RuleSet.load(RULES)


@pytest.fixture(scope="module")
def seen_by_saxon() -> dict[bytes, Counter[str] | None]:
    documents = list(chain(*((each.failing, each.passing) for each in EXAMPLES.values())))
    return dict(zip(documents, findings_by_saxon(RULES, documents), strict=True))


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_a_document_that_breaks_a_rule_is_found(example: Example, rules: RuleSet) -> None:
    found = rules.check(example.failing)

    assert {each.rule for each in found} == {example.rule} | example.beside_bad
    assert all(each.error is None for each in found)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_a_document_that_keeps_a_rule_passes(example: Example, rules: RuleSet) -> None:
    assert {each.rule for each in rules.check(example.passing)} == example.beside_good


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_another_engine_sees_both_documents_alike(
    example: Example, seen_by_saxon: dict[bytes, Counter[str] | None]
) -> None:
    failing, passing = seen_by_saxon[example.failing], seen_by_saxon[example.passing]

    assert failing is not None
    assert passing is not None
    assert set(failing) == {example.rule} | example.beside_bad
    assert set(passing) == example.beside_good


def test_another_engine_finds_the_same_in_mutants_as_often(rules: RuleSet) -> None:
    documents = list(islice(mutants(seed=20), MUTANTS))

    aborted = 0
    for document, expected in zip(documents, findings_by_saxon(RULES, documents), strict=True):
        found = rules.check(document)
        if expected is None:
            aborted += 1
            assert any(each.error for each in found)
        else:
            assert Counter(each.rule for each in found if each.error is None) == expected

    assert aborted < MUTANTS / 2
