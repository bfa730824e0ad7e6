"""Each of the 63 Peppol rules with a document that breaks it and one on which it holds."""

from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from tests.data.peppol.examples import Example, examples
from tests.unit.validation.peppol.oracle import findings_by_saxon

RULES = Path(__file__).parents[4] / "pipeline/validation/rules/peppol_bis_3.sch"
EXAMPLES = {each.rule: each for each in examples()}


@pytest.fixture(scope="module")
def seen_by_saxon() -> dict[bytes, Counter[str]]:
    documents = list(chain(*((each.failing, each.passing) for each in EXAMPLES.values())))
    return dict(zip(documents, findings_by_saxon(RULES, documents), strict=True))


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_a_document_that_breaks_a_rule_is_found_by_another_engine(
    example: Example, seen_by_saxon: dict[bytes, Counter[str]]
) -> None:
    assert set(seen_by_saxon[example.failing]) == {example.rule} | example.beside_bad


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_a_document_that_keeps_a_rule_passes_in_another_engine(
    example: Example, seen_by_saxon: dict[bytes, Counter[str]]
) -> None:
    assert set(seen_by_saxon[example.passing]) == example.beside_good
