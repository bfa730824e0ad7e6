"""What names and recognises a UBL document, from its tree or from what was found without one.

Source: EN 16931, business terms BT-1 to BT-115 as named below.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Protocol

from lxml import etree

from pipeline.domain.documents import Attachment, KeyData
from pipeline.validation.attachments import PLACE, embedded_pdf, first_pdfs
from pipeline.validation.names import CAC, CBC
from pipeline.validation.structure.checker import Accepted
from pipeline.validation.structure.tables import Place

_TEXT_MAX = 512
"""Longer texts are cut: key data goes into the state, whatever a supplier writes."""

Way = tuple[str, ...]
"""Names from one element down to another."""

_SUPPLIER: Way = (f"{CAC}AccountingSupplierParty", f"{CAC}Party")
_CUSTOMER: Way = (f"{CAC}AccountingCustomerParty", f"{CAC}Party")
_NAME: tuple[Way, ...] = (
    (f"{CAC}PartyLegalEntity", f"{CBC}RegistrationName"),
    (f"{CAC}PartyName", f"{CBC}Name"),
)
"""The registered name (BT-27, BT-44), else the trading name."""
_IDENTIFIER: tuple[Way, ...] = (
    (f"{CAC}PartyTaxScheme", f"{CBC}CompanyID"),
    (f"{CAC}PartyLegalEntity", f"{CBC}CompanyID"),
    (f"{CBC}EndpointID",),
)
"""The VAT number (BT-31, BT-48), else the enterprise number, else the electronic address."""
_NUMBER: Way = (f"{CBC}ID",)  # BT-1
_ISSUE_DATE: Way = (f"{CBC}IssueDate",)  # BT-2
_TYPE_CODES: tuple[Way, ...] = ((f"{CBC}InvoiceTypeCode",), (f"{CBC}CreditNoteTypeCode",))  # BT-3
_CURRENCY: Way = (f"{CBC}DocumentCurrencyCode",)  # BT-5
_IBAN: Way = (f"{CAC}PaymentMeans", f"{CAC}PayeeFinancialAccount", f"{CBC}ID")  # BT-84
_TAX_AMOUNT: Way = (f"{CAC}TaxTotal", f"{CBC}TaxAmount")  # BT-110
_PAYABLE: Way = (f"{CAC}LegalMonetaryTotal", f"{CBC}PayableAmount")  # BT-115

_TEXTS: tuple[Way, ...] = (
    *(party + way for party in (_SUPPLIER, _CUSTOMER) for way in (*_NAME, *_IDENTIFIER)),
    *(_NUMBER, _ISSUE_DATE, *_TYPE_CODES, _CURRENCY, _IBAN, _PAYABLE),
)
PLACES = (
    *(Place(way) for way in _TEXTS),
    Place(_TAX_AMOUNT, ("currencyID",), is_every=True),
    Place(PLACE, ("mimeCode", "filename"), is_every=True, is_object=True),
)
"""Where all of this is in a document."""
_TAX_AMOUNTS = len(_TEXTS)


class _Source(Protocol):
    """A document that can be asked for texts, stripped and cut; an empty one is None."""

    def text(self, owner: Way, *ways: Way) -> str | None:
        """The text at the first way that has some, in the first element at ``owner``."""
        ...

    def tax_amounts(self) -> Sequence[tuple[str | None, str | None]]:
        """The VAT totals, each after its currency."""
        ...


def key_data_of_tree(root: etree._Element) -> KeyData:
    """From the root element of any document of UBL, good or bad."""
    return _key_data(_Tree(root))


def key_data_found(accepted: Accepted) -> KeyData:
    """From what was found at `PLACES`."""
    return _key_data(_Found(accepted))


def pdfs_found(accepted: Accepted) -> Iterator[Attachment]:
    """As `embedded_pdfs`, from what was found at `PLACES`."""
    return first_pdfs(
        embedded_pdf(mime_code, file_name, partial(bytes, body))
        for _, body, (mime_code, file_name) in accepted.objects
    )


def _key_data(source: _Source) -> KeyData:
    currency = source.text((), _CURRENCY)
    return KeyData(
        supplier_name=source.text(_SUPPLIER, *_NAME),
        supplier_id=source.text(_SUPPLIER, *_IDENTIFIER),
        customer_name=source.text(_CUSTOMER, *_NAME),
        customer_id=source.text(_CUSTOMER, *_IDENTIFIER),
        number=source.text((), _NUMBER),
        issue_date=source.text((), _ISSUE_DATE),
        currency=currency,
        payable_amount=source.text((), _PAYABLE),
        tax_amount=_tax_amount(source, currency),
        iban=source.text((), _IBAN),
        type_code=source.text((), *_TYPE_CODES),
    )


def _tax_amount(source: _Source, currency: str | None) -> str | None:
    """The VAT total in the currency of the document, where there are two."""
    amounts = source.tax_amounts()
    fitting = [one for one in amounts if one[0] == currency]
    return next((text for _, text in fitting or amounts), None)


class _Tree:
    def __init__(self, root: etree._Element) -> None:
        self._root = root

    def text(self, owner: Way, *ways: Way) -> str | None:
        node = self._root.find("/".join(owner)) if owner else self._root
        if node is None:
            return None
        texts = (_own_text(node.find("/".join(way))) for way in ways)
        return next((text for text in texts if text), None)

    def tax_amounts(self) -> Sequence[tuple[str | None, str | None]]:
        found = self._root.findall("/".join(_TAX_AMOUNT))
        return [(amount.get("currencyID"), _own_text(amount)) for amount in found]


class _Found:
    """A good document has one supplier and one customer, so that owners need no attention."""

    def __init__(self, accepted: Accepted) -> None:
        self._accepted = accepted
        self._texts = {PLACES[number].path: text for number, text, _ in accepted.texts}

    def text(self, owner: Way, *ways: Way) -> str | None:
        texts = (_short(self._texts.get(owner + way)) for way in ways)
        return next((text for text in texts if text), None)

    def tax_amounts(self) -> Sequence[tuple[str | None, str | None]]:
        found = (one for one in self._accepted.texts if one[0] == _TAX_AMOUNTS)
        return [(currency, _short(text)) for _, text, (currency, _) in found]


def _own_text(node: etree._Element | None) -> str | None:
    return None if node is None else _short(node.text)


def _short(text: str | None) -> str | None:
    return (text or "").strip()[:_TEXT_MAX] or None
