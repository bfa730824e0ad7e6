import pytest

from pipeline.domain.documents import ValidationReport
from pipeline.domain.errors import DocumentRejected
from pipeline.testing.contracts.profile import listed
from pipeline.validation.validator import Validator
from tests.data.hostile.documents import R14, HostileDocument, good


@pytest.mark.parametrize("bad", R14, ids=lambda bad: bad.name)
async def test_each_bad_input_has_its_outcome_and_leaves_its_neighbour_alone(
    validator: Validator, bad: HostileDocument
) -> None:
    outcome, neighbour = await validator.validate(
        [listed(bad.build(), bad.kind), listed(good(bad.kind), bad.kind)]
    )

    assert isinstance(neighbour, ValidationReport)
    if isinstance(outcome, DocumentRejected):
        assert outcome.rule == bad.outcome
        assert len(str(outcome)) < 500
    else:
        assert isinstance(outcome, ValidationReport)
        assert outcome.verdict == bad.outcome
