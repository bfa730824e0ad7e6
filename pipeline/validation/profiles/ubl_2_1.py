"""UBL 2.1 invoices and credit notes: key data, embedded PDFs, and the layers that check them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from pipeline.domain.documents import DocumentKind, KeyData, ValidationReport, Verdict
from pipeline.validation.attachments import embedded_pdfs
from pipeline.validation.names import CAC, CBC, CREDIT_NOTE, INVOICE
from pipeline.validation.profile import Layer, NotInstalled, Subject, run_layers
from pipeline.validation.schema import UblSchema

_TEXT_MAX = 512
"""Longer texts are cut: key data goes into the state, whatever a supplier writes."""


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
        tree = subject.tree
        if tree is None:
            raise TypeError("UBL is XML")
        start = ValidationReport(
            Verdict.UNCHECKED,
            key_data=read_key_data(tree.getroot()),
            attachments=tuple(embedded_pdfs(tree)) if subject.wants_attachments else (),
        )
        return run_layers(self.layers, subject, start)


def build(invoice_layers: Sequence[Layer]) -> Ubl21:
    """The profile with its layers."""
    return Ubl21(invoice_layers)


def read_key_data(root: etree._Element) -> KeyData:
    """What names an invoice; source: EN 16931, business terms BT-1 to BT-115 as named below."""
    supplier = root.find(f"{CAC}AccountingSupplierParty/{CAC}Party")
    customer = root.find(f"{CAC}AccountingCustomerParty/{CAC}Party")
    currency = _text(root, f"{CBC}DocumentCurrencyCode")  # BT-5
    return KeyData(
        supplier_name=_name(supplier),
        supplier_id=_identifier(supplier),
        customer_name=_name(customer),
        customer_id=_identifier(customer),
        number=_text(root, f"{CBC}ID"),  # BT-1
        issue_date=_text(root, f"{CBC}IssueDate"),  # BT-2
        currency=currency,
        payable_amount=_text(root, f"{CAC}LegalMonetaryTotal/{CBC}PayableAmount"),  # BT-115
        tax_amount=_tax_amount(root, currency),
        iban=_text(root, f"{CAC}PaymentMeans/{CAC}PayeeFinancialAccount/{CBC}ID"),  # BT-84
        type_code=_text(root, f"{CBC}InvoiceTypeCode", f"{CBC}CreditNoteTypeCode"),  # BT-3
    )


def _name(party: etree._Element | None) -> str | None:
    """The registered name (BT-27, BT-44), else the trading name."""
    return _text(party, f"{CAC}PartyLegalEntity/{CBC}RegistrationName", f"{CAC}PartyName/{CBC}Name")


def _identifier(party: etree._Element | None) -> str | None:
    """The VAT number (BT-31, BT-48), else the enterprise number, else the electronic address."""
    return _text(
        party,
        f"{CAC}PartyTaxScheme/{CBC}CompanyID",
        f"{CAC}PartyLegalEntity/{CBC}CompanyID",
        f"{CBC}EndpointID",
    )


def _tax_amount(root: etree._Element, currency: str | None) -> str | None:
    """The VAT total in the currency of the document (BT-110), where there are two."""
    amounts = root.findall(f"{CAC}TaxTotal/{CBC}TaxAmount")
    fitting = [amount for amount in amounts if amount.get("currencyID") == currency]
    return _own_text(next(iter(fitting or amounts), None))


def _text(node: etree._Element | None, *paths: str) -> str | None:
    """The text at the first path that has some."""
    if node is None:
        return None
    return next((text for path in paths if (text := _own_text(node.find(path)))), None)


def _own_text(node: etree._Element | None) -> str | None:
    text = "" if node is None else (node.text or "").strip()
    return text[:_TEXT_MAX] or None
