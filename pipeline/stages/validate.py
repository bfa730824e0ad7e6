"""Validate: look into a document, off the event loop, and say what holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.documents import CheckedDocument, Document
from pipeline.ports.profile import DocumentValidator


@dataclass(frozen=True, slots=True)
class Validate:
    """Gives each document its report; a document that may not be delivered gives its rejection."""

    validator: DocumentValidator

    async def __call__(
        self, documents: Sequence[Document]
    ) -> Sequence[CheckedDocument | Exception]:
        """Check a batch in one hop; results in order."""
        reports = await self.validator.validate(documents)
        return [
            report if isinstance(report, Exception) else CheckedDocument(document, report)
            for document, report in zip(documents, reports, strict=True)
        ]
