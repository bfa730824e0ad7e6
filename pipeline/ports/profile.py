"""Checks of a document's content."""

from collections.abc import Sequence
from typing import Protocol

from pipeline.domain.documents import Document, ValidationReport
from pipeline.domain.errors import DocumentRejected


class DocumentValidator(Protocol):
    """Looks into documents: is it whole and safe, what is it, do the rules hold.

    Off the event loop, in bounded time and memory, without network and without side effects;
    the same bytes give the same report. The bytes are never changed.
    """

    async def validate(
        self, documents: Sequence[Document]
    ) -> Sequence[ValidationReport | DocumentRejected]:
        """Return one report for each document, in order.

        A document that may not be delivered at all (broken, unsafe, wrong kind, XSD failure)
        gives a `DocumentRejected` in its place, with the rule. A failure of the program with a
        document costs that document only: its report is unchecked and names the failure. Raises
        `TransientError` when nothing can be looked into now.
        """
        ...
