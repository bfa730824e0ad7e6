"""Good invoices of the generator, and the changes that make them break one rule, or just not.

A path starts below the root and names elements as ``cac:`` and ``cbc:``. Lines and their
quantities have other names in a credit note; paths use those of the invoice.
"""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from itertools import count
from random import Random

from lxml import etree

from pipeline.testing.documents.invoice import S21, Invoice, draw_invoice
from pipeline.testing.documents.parties import belgian_party
from pipeline.testing.documents.ubl import render_ubl

NAMESPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
CREDIT_NOTE_NAMES = {
    "cac:InvoiceLine": "cac:CreditNoteLine",
    "cbc:InvoicedQuantity": "cbc:CreditedQuantity",
    "cbc:InvoiceTypeCode": "cbc:CreditNoteTypeCode",
}
_PREFIXES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())

Change = Callable[[etree._Element], None]


@lru_cache
def good_document(*, is_credit_note: bool = False) -> bytes:
    """One with an allowance, a charge and a discount on its first line, that breaks no rule."""
    return next(
        render_ubl(invoice)
        for seed in count()
        if _has_everything(invoice := _draw(seed, is_credit_note=is_credit_note))
    )


def _draw(seed: int, *, is_credit_note: bool) -> Invoice:
    return draw_invoice(
        rng := Random(seed),  # noqa: S311 - test data, no secret
        supplier=belgian_party(rng),
        customer=belgian_party(rng),
        taxes=(S21,),
        issued_on=date(2026, 3, 5),
        is_credit_note=is_credit_note,
    )


def _has_everything(invoice: Invoice) -> bool:
    has_both = len({one.is_charge for one in invoice.adjustments}) == 2
    return has_both and bool(invoice.lines[0].discount_percent) and len(invoice.lines) < 6


def changed(*changes: Change, is_credit_note: bool = False) -> bytes:
    """A good document with some changes, in their order."""
    root = etree.fromstring(good_document(is_credit_note=is_credit_note))
    for change in changes:
        change(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def find(root: etree._Element, path: str) -> etree._Element:
    """The first element at a path; a path that leads nowhere is a mistake in an example."""
    if etree.QName(root).localname == "CreditNote":
        for name, other in CREDIT_NOTE_NAMES.items():
            path = path.replace(name, other)
    node = root.find(path, NAMESPACES)
    assert node is not None, f"no {path} in the document"
    return node


def text(path: str, value: str) -> Change:
    """Replace the text of an element."""

    def change(root: etree._Element) -> None:
        find(root, path).text = value

    return change


def attribute(path: str, name: str, value: str) -> Change:
    """Set an attribute."""

    def change(root: etree._Element) -> None:
        find(root, path).set(name, value)

    return change


def without(path: str) -> Change:
    """Take an element out."""

    def change(root: etree._Element) -> None:
        node = find(root, path)
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)

    return change


def after(path: str, xml: str) -> Change:
    """Put elements behind an element."""

    def change(root: etree._Element) -> None:
        for node in reversed(_elements(xml)):
            find(root, path).addnext(node)

    return change


def before(path: str, xml: str) -> Change:
    """Put elements before an element."""

    def change(root: etree._Element) -> None:
        for node in _elements(xml):
            find(root, path).addprevious(node)

    return change


def identified(scheme: str, value: str) -> Change:
    """Give the buyer another electronic address."""
    path = "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID"

    def change(root: etree._Element) -> None:
        node = find(root, path)
        node.set("schemeID", scheme)
        node.text = value

    return change


def in_country(country: str) -> Change:
    """Move both parties to a country."""

    def change(root: etree._Element) -> None:
        for role in ("Supplier", "Customer"):
            party = f"cac:Accounting{role}Party/cac:Party"
            address = f"{party}/cac:PostalAddress/cac:Country/cbc:IdentificationCode"
            find(root, address).text = country

    return change


def _elements(xml: str) -> list[etree._Element]:
    return list(etree.fromstring(f"<some {_PREFIXES}>{xml}</some>"))
