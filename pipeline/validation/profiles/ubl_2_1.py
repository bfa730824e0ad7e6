"""UBL 2.1 invoices and credit notes: key data, embedded PDFs, and the layers that check them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.domain.documents import (
    Attachment,
    DocumentKind,
    KeyData,
    ValidationReport,
    Verdict,
)
from pipeline.validation.attachments import embedded_pdfs
from pipeline.validation.key_data import key_data_found, key_data_of_tree, pdfs_found
from pipeline.validation.names import CREDIT_NOTE, INVOICE
from pipeline.validation.profile import Layer, NotInstalled, Subject, run_layers
from pipeline.validation.schema import UblSchema


def _default_layers() -> Sequence[Layer]:
    return UblSchema(), NotInstalled("en16931"), NotInstalled("peppol")


@dataclass(frozen=True, slots=True)
class Ubl21:
    """The profile ``ubl_2_1``; its layers run in order, the schema first.

    The verdict is UNCHECKED while a rule layer is missing, VALID only when all of them ran.
    """

    layers: Sequence[Layer] = field(default_factory=_default_layers)
    kinds: frozenset[DocumentKind] = frozenset(kind for kind in DocumentKind if kind.is_ubl)

    def claims(self, subject: Subject) -> bool:
        """Whether the root is that of an invoice or a credit note, whatever the listing says."""
        return subject.root in (INVOICE, CREDIT_NOTE)

    def examine(self, subject: Subject) -> ValidationReport:
        """Read what names the document before the layers look at it, so that rejections have it."""
        key_data, attachments = _facts(subject)
        start = ValidationReport(Verdict.UNCHECKED, key_data=key_data, attachments=attachments)
        return run_layers(self.layers, subject, start)


def build(invoice_layers: Sequence[Layer]) -> Ubl21:
    """The profile with its layers."""
    return Ubl21(invoice_layers)


def _facts(subject: Subject) -> tuple[KeyData, tuple[Attachment, ...]]:
    wants, tree = subject.wants_attachments, subject.tree
    if subject.accepted is not None:
        pdfs = pdfs_found(subject.accepted) if wants else ()
        return key_data_found(subject.accepted), tuple(pdfs)
    if tree is None:
        raise TypeError("UBL is XML")
    return key_data_of_tree(tree.getroot()), tuple(embedded_pdfs(tree)) if wants else ()
