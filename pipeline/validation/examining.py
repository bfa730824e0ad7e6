"""What looks into documents, as those see it who have it done elsewhere; loads no parser."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from pipeline.domain.documents import Document, ValidationReport
from pipeline.domain.errors import DocumentRejected

Outcome: TypeAlias = ValidationReport | DocumentRejected

WantsAttachments = Callable[[Document], bool]
"""For which documents the embedded PDFs are worth decoding."""


def no_attachments(_document: Document) -> bool:
    """Embedded PDFs are worth nothing to anybody."""
    return False


class LooksInto(Protocol):
    """Looks into one document after the other: `pipeline.validation.validator.Examiner`."""

    def outcome(self, document: Document, *, wants_attachments: bool = False) -> Outcome:
        """The report, or the rejection of a document that may not be delivered."""
        ...
