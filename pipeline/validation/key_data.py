"""What names and recognises a UBL document, from its tree or from what was found without one.

Source: EN 16931, business terms BT-1 to BT-115 as named below.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter

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


@dataclass(frozen=True, slots=True)
class _Field:
    """Where a field is: the first of these ways with a text, in the first element at ``owner``."""

    ways: tuple[Way, ...]
    owner: Way = ()


_FIELDS: Mapping[str, _Field] = {
    "supplier_name": _Field(_NAME, _SUPPLIER),
    "supplier_id": _Field(_IDENTIFIER, _SUPPLIER),
    "customer_name": _Field(_NAME, _CUSTOMER),
    "customer_id": _Field(_IDENTIFIER, _CUSTOMER),
    "number": _Field(((f"{CBC}ID",),)),  # BT-1
    "issue_date": _Field(((f"{CBC}IssueDate",),)),  # BT-2
    "type_code": _Field(((f"{CBC}InvoiceTypeCode",), (f"{CBC}CreditNoteTypeCode",))),  # BT-3
    "currency": _Field(((f"{CBC}DocumentCurrencyCode",),)),  # BT-5
    "iban": _Field(((f"{CAC}PaymentMeans", f"{CAC}PayeeFinancialAccount", f"{CBC}ID"),)),  # BT-84
    "payable_amount": _Field(((f"{CAC}LegalMonetaryTotal", f"{CBC}PayableAmount"),)),  # BT-115
}
_TAX_AMOUNT: Way = (f"{CAC}TaxTotal", f"{CBC}TaxAmount")  # BT-110

PLACES = (
    *(Place(field.owner + way) for field in _FIELDS.values() for way in field.ways),
    Place(_TAX_AMOUNT, ("currencyID",), is_every=True),
    Place(PLACE, ("mimeCode", "filename"), is_every=True, is_object=True),
)
"""Where all of this is in a document."""
_NAMES = tuple(name for name, field in _FIELDS.items() for _ in field.ways)
"""The field of a place by its number."""
_TAX_AMOUNTS = len(_NAMES)
_PLACE = itemgetter(0)

_Amount = tuple[str | None, str | None]
"""A VAT total after its currency."""


def key_data_of_tree(root: etree._Element) -> KeyData:
    """From the root element of any document of UBL, good or bad."""
    texts = {name: _text(root, field) for name, field in _FIELDS.items()}
    found = root.findall("/".join(_TAX_AMOUNT))
    return _key_data(texts, [(one.get("currencyID"), _own_text(one)) for one in found])


def key_data_found(accepted: Accepted) -> KeyData:
    """From what was found at `PLACES`.

    A good document has one supplier and one customer, so that owners need no attention.
    """
    texts: dict[str, str | None] = dict.fromkeys(_FIELDS)
    tax_amounts: list[_Amount] = []
    for number, text, (currency, _) in sorted(accepted.texts, key=_PLACE, reverse=True):
        if number == _TAX_AMOUNTS:
            tax_amounts.append((currency, text))
        elif short := _short(text):
            texts[_NAMES[number]] = short  # the first of its ways comes last, and stays
    return _key_data(texts, tax_amounts)


def pdfs_found(accepted: Accepted) -> Iterator[Attachment]:
    """As `embedded_pdfs`, from what was found at `PLACES`."""
    return first_pdfs(
        embedded_pdf(mime_code, file_name, partial(bytes, body))
        for _, body, (mime_code, file_name) in accepted.objects
    )


def _key_data(texts: Mapping[str, str | None], tax_amounts: Sequence[_Amount]) -> KeyData:
    """With the VAT total in the currency of the document, where there are two."""
    fitting = [one for one in tax_amounts if one[0] == texts["currency"]]
    amount = next((text for _, text in fitting or tax_amounts), None)
    return KeyData(tax_amount=_short(amount), **texts)


def _text(root: etree._Element, field: _Field) -> str | None:
    owner = root.find("/".join(field.owner)) if field.owner else root
    if owner is None:
        return None
    texts = (_own_text(owner.find("/".join(way))) for way in field.ways)
    return next((text for text in texts if text), None)


def _own_text(node: etree._Element | None) -> str | None:
    return None if node is None else _short(node.text)


def _short(text: str | None) -> str | None:
    return (text or "").strip()[:_TEXT_MAX] or None
