"""Validate: look into a document, off the event loop, and say what holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.domain.documents import (
    CheckedDocument,
    CheckFailure,
    Document,
    DocumentKey,
    ValidationReport,
)
from pipeline.domain.errors import DocumentRejected
from pipeline.ports.profile import DocumentValidator

ReportFailure = Callable[[DocumentKey, CheckFailure], None]
"""Receives what the program failed on; must not raise."""


def _nobody_asked(_key: DocumentKey, _failure: CheckFailure) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Validate:
    """Gives each document its report; a document that may not be delivered gives its rejection."""

    validator: DocumentValidator
    report_failure: ReportFailure = _nobody_asked

    async def __call__(
        self, documents: Sequence[Document]
    ) -> Sequence[CheckedDocument | Exception]:
        """Check a batch in one hop; results in order."""
        outcomes = await self.validator.validate(documents)
        return [
            self._next(document, outcome)
            for document, outcome in zip(documents, outcomes, strict=True)
        ]

    def _next(
        self, document: Document, outcome: ValidationReport | DocumentRejected
    ) -> CheckedDocument | DocumentRejected:
        report = outcome.report if isinstance(outcome, DocumentRejected) else outcome
        for failure in report.failures if report else ():
            self.report_failure(document.key, failure)
        if isinstance(outcome, DocumentRejected):
            return outcome
        return CheckedDocument(document, outcome)
