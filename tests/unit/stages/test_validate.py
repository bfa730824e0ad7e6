from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.documents import (
    CheckedDocument,
    CheckFailure,
    Document,
    DocumentKey,
    FailureCause,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import DocumentRejected
from pipeline.stages.validate import Validate
from pipeline.testing.contracts.profile import listed
from tests.data.hostile.documents import INVOICE

HUNG = CheckFailure(FailureCause.TIMEOUT, "where it was")
BUG = CheckFailure(FailureCause.ERROR, "a traceback")


@dataclass
class Answers:
    """A validator that answers what it was told to."""

    outcomes: Sequence[ValidationReport | DocumentRejected]

    async def validate(
        self, documents: Sequence[Document]
    ) -> Sequence[ValidationReport | DocumentRejected]:
        return self.outcomes


async def test_what_the_program_failed_on_goes_on_and_is_reported_with_its_document() -> None:
    told: list[tuple[DocumentKey, CheckFailure]] = []
    rejected = DocumentRejected(
        "No.", rule="xsd", report=ValidationReport(Verdict.INVALID, failures=(BUG,))
    )
    unchecked = ValidationReport(Verdict.UNCHECKED, failures=(HUNG,))
    fine = ValidationReport(Verdict.VALID)
    documents = [listed(b"<a/>", INVOICE, str(number)) for number in range(3)]
    stage = Validate(Answers([unchecked, rejected, fine]), lambda *each: told.append(each))

    results = await stage(documents)

    assert results == [
        CheckedDocument(documents[0], unchecked),
        rejected,
        CheckedDocument(documents[2], fine),
    ]
    assert told == [(documents[0].key, HUNG), (documents[1].key, BUG)]
