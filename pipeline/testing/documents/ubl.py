"""An invoice as UBL 2.1 after Peppol BIS Billing 3.

Source: the OASIS UBL 2.1 order of elements, and the business terms of EN 16931.
"""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from pipeline.testing.documents.goods import PHRASES, Item, Phrases
from pipeline.testing.documents.invoice import Adjustment, Invoice, Line, Subtotal, Tax
from pipeline.testing.documents.parties import Party

_PEPPOL = (
    "  <cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#"
    "urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>\n"
    "  <cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>\n"
)
_TAX_SCHEME = "<cac:TaxScheme>\n          <cbc:ID>VAT</cbc:ID>\n        </cac:TaxScheme>"


def render_ubl(invoice: Invoice, *, pdf: bytes | None = None) -> bytes:
    """The document in UTF-8, with ``pdf`` embedded as an additional document."""
    phrases = PHRASES[invoice.supplier.language]
    root = "CreditNote" if invoice.is_credit_note else "Invoice"
    parts = [
        _opening(invoice, root, phrases),
        _embedded(invoice.number, pdf) if pdf else "",
        _party("AccountingSupplierParty", invoice.supplier),
        _party("AccountingCustomerParty", invoice.customer),
        _delivery(invoice) if invoice.needs_delivery else "",
        _payment(invoice, phrases),
        *[_adjustment(one, phrases) for one in invoice.adjustments],
        _tax_total(invoice.totals.tax, invoice.subtotals),
        _monetary_total(invoice),
        *[_line(invoice, place, line, phrases) for place, line in enumerate(invoice.lines, 1)],
        f"</{root}>\n",
    ]
    return "".join(parts).encode()


def _opening(invoice: Invoice, root: str, phrases: Phrases) -> str:
    due = "" if invoice.is_credit_note else f"  <cbc:DueDate>{invoice.due_on}</cbc:DueDate>\n"
    code = 381 if invoice.is_credit_note else 380
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"\n'
        '    xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"\n'
        '    xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">\n'
        f"{_PEPPOL}"
        f"  <cbc:ID>{invoice.number}</cbc:ID>\n"
        f"  <cbc:IssueDate>{invoice.issued_on}</cbc:IssueDate>\n{due}"
        f"  <cbc:{root}TypeCode>{code}</cbc:{root}TypeCode>\n"
        f"  <cbc:Note>{phrases.note}</cbc:Note>\n"
        "  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>\n"
        f"  <cbc:BuyerReference>REF-{invoice.number}</cbc:BuyerReference>\n"
    )


def _embedded(number: str, pdf: bytes) -> str:
    name = number.replace("/", "-")
    return (
        "  <cac:AdditionalDocumentReference>\n"
        f"    <cbc:ID>{number}</cbc:ID>\n"
        "    <cbc:DocumentDescription>CommercialInvoice</cbc:DocumentDescription>\n"
        "    <cac:Attachment>\n"
        '      <cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" '
        f'filename="{name}.pdf">{b64encode(pdf).decode()}</cbc:EmbeddedDocumentBinaryObject>\n'
        "    </cac:Attachment>\n"
        "  </cac:AdditionalDocumentReference>\n"
    )


def _party(role: str, party: Party) -> str:
    name = escape(party.name, quote=False)
    tax = (
        "      <cac:PartyTaxScheme>\n"
        f"        <cbc:CompanyID>{party.vat}</cbc:CompanyID>\n"
        f"        {_TAX_SCHEME}\n"
        "      </cac:PartyTaxScheme>\n"
        if party.vat
        else ""
    )
    legal = (
        f'        <cbc:CompanyID schemeID="0208">{party.legal_id}</cbc:CompanyID>\n'
        if party.legal_id
        else ""
    )
    return (
        f"  <cac:{role}>\n    <cac:Party>\n"
        f'      <cbc:EndpointID schemeID="{party.endpoint_scheme}">{party.endpoint_id}'
        "</cbc:EndpointID>\n"
        f"      <cac:PartyName>\n        <cbc:Name>{name}</cbc:Name>\n"
        "      </cac:PartyName>\n"
        "      <cac:PostalAddress>\n"
        f"        <cbc:StreetName>{party.street}</cbc:StreetName>\n"
        f"        <cbc:CityName>{party.town}</cbc:CityName>\n"
        f"        <cbc:PostalZone>{party.postal_code}</cbc:PostalZone>\n"
        "        <cac:Country>\n"
        f"          <cbc:IdentificationCode>{party.country}</cbc:IdentificationCode>\n"
        "        </cac:Country>\n      </cac:PostalAddress>\n"
        f"{tax}"
        "      <cac:PartyLegalEntity>\n"
        f"        <cbc:RegistrationName>{name}</cbc:RegistrationName>\n{legal}"
        "      </cac:PartyLegalEntity>\n"
        f"    </cac:Party>\n  </cac:{role}>\n"
    )


def _delivery(invoice: Invoice) -> str:
    return (
        "  <cac:Delivery>\n"
        f"    <cbc:ActualDeliveryDate>{invoice.issued_on}</cbc:ActualDeliveryDate>\n"
        "    <cac:DeliveryLocation>\n      <cac:Address>\n        <cac:Country>\n"
        f"          <cbc:IdentificationCode>{invoice.customer.country}</cbc:IdentificationCode>\n"
        "        </cac:Country>\n      </cac:Address>\n    </cac:DeliveryLocation>\n"
        "  </cac:Delivery>\n"
    )


def _payment(invoice: Invoice, phrases: Phrases) -> str:
    return (
        "  <cac:PaymentMeans>\n"
        "    <cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>\n"
        f"    <cbc:PaymentID>{invoice.reference}</cbc:PaymentID>\n"
        "    <cac:PayeeFinancialAccount>\n"
        f"      <cbc:ID>{invoice.supplier.iban}</cbc:ID>\n"
        "    </cac:PayeeFinancialAccount>\n"
        "  </cac:PaymentMeans>\n"
        f"  <cac:PaymentTerms>\n    <cbc:Note>{phrases.terms}</cbc:Note>\n  </cac:PaymentTerms>\n"
    )


def _adjustment(one: Adjustment, phrases: Phrases) -> str:
    code, reason = ("FC", phrases.freight) if one.is_charge else ("95", phrases.discount)
    return (
        "  <cac:AllowanceCharge>\n"
        f"    <cbc:ChargeIndicator>{'true' if one.is_charge else 'false'}</cbc:ChargeIndicator>\n"
        f"    <cbc:AllowanceChargeReasonCode>{code}</cbc:AllowanceChargeReasonCode>\n"
        f"    <cbc:AllowanceChargeReason>{reason}</cbc:AllowanceChargeReason>\n"
        f"    {_amount('Amount', one.amount)}\n"
        f"    <cac:TaxCategory>{_category(one.tax)}    </cac:TaxCategory>\n"
        "  </cac:AllowanceCharge>\n"
    )


def _tax_total(tax: int, subtotals: Sequence[Subtotal]) -> str:
    rows = "".join(_subtotal(one) for one in subtotals)
    return f"  <cac:TaxTotal>\n    {_amount('TaxAmount', tax)}\n{rows}  </cac:TaxTotal>\n"


def _subtotal(one: Subtotal) -> str:
    return (
        "    <cac:TaxSubtotal>\n"
        f"      {_amount('TaxableAmount', one.taxable)}\n"
        f"      {_amount('TaxAmount', one.amount)}\n"
        f"      <cac:TaxCategory>{_category(one.tax, _exemption(one.tax))}      "
        "</cac:TaxCategory>\n"
        "    </cac:TaxSubtotal>\n"
    )


def _exemption(tax: Tax) -> str:
    code = (
        f"        <cbc:TaxExemptionReasonCode>{tax.exemption_code}</cbc:TaxExemptionReasonCode>\n"
        if tax.exemption_code
        else ""
    )
    reason = (
        f"        <cbc:TaxExemptionReason>{tax.exemption}</cbc:TaxExemptionReason>\n"
        if tax.exemption
        else ""
    )
    return code + reason


def _category(tax: Tax, exemption: str = "") -> str:
    return (
        f"\n        <cbc:ID>{tax.category}</cbc:ID>\n"
        f"        <cbc:Percent>{tax.percent}</cbc:Percent>\n{exemption}"
        f"        {_TAX_SCHEME}\n"
    )


def _monetary_total(invoice: Invoice) -> str:
    totals = invoice.totals
    rows = (
        _amount("LineExtensionAmount", totals.lines),
        _amount("TaxExclusiveAmount", totals.without_tax),
        _amount("TaxInclusiveAmount", totals.with_tax),
        _amount("AllowanceTotalAmount", totals.allowances) if totals.allowances else "",
        _amount("ChargeTotalAmount", totals.charges) if totals.charges else "",
        _amount("PrepaidAmount", totals.prepaid) if totals.prepaid else "",
        _amount("PayableAmount", totals.payable),
    )
    body = "".join(f"    {row}\n" for row in rows if row)
    return f"  <cac:LegalMonetaryTotal>\n{body}  </cac:LegalMonetaryTotal>\n"


def _line(invoice: Invoice, number: int, line: Line, phrases: Phrases) -> str:
    element, quantity = (
        ("CreditNoteLine", "CreditedQuantity")
        if invoice.is_credit_note
        else ("InvoiceLine", "InvoicedQuantity")
    )
    whole, half = divmod(line.halves, 2)
    return (
        f"  <cac:{element}>\n"
        f"    <cbc:ID>{number}</cbc:ID>\n"
        f'    <cbc:{quantity} unitCode="{line.item.unit}">{whole}{".5" if half else ""}'
        f"</cbc:{quantity}>\n"
        f"    {_amount('LineExtensionAmount', line.net)}\n"
        f"    <cac:OrderLineReference>\n      <cbc:LineID>{number * 10}</cbc:LineID>\n"
        "    </cac:OrderLineReference>\n"
        f"{_discount(line, phrases) if line.discount_percent else ''}"
        f"{_item(line.item, line.tax, phrases)}"
        "    <cac:Price>\n"
        f"      {_amount('PriceAmount', line.price)}\n"
        f'      <cbc:BaseQuantity unitCode="{line.item.unit}">1</cbc:BaseQuantity>\n'
        f"    </cac:Price>\n  </cac:{element}>\n"
    )


def _discount(line: Line, phrases: Phrases) -> str:
    return (
        "    <cac:AllowanceCharge>\n"
        "      <cbc:ChargeIndicator>false</cbc:ChargeIndicator>\n"
        "      <cbc:AllowanceChargeReasonCode>95</cbc:AllowanceChargeReasonCode>\n"
        f"      <cbc:AllowanceChargeReason>{phrases.discount}</cbc:AllowanceChargeReason>\n"
        f"      <cbc:MultiplierFactorNumeric>{line.discount_percent}"
        "</cbc:MultiplierFactorNumeric>\n"
        f"      {_amount('Amount', line.discount)}\n"
        f"      {_amount('BaseAmount', line.gross)}\n"
        "    </cac:AllowanceCharge>\n"
    )


def _item(item: Item, tax: Tax, phrases: Phrases) -> str:
    return (
        "    <cac:Item>\n"
        f"      <cbc:Description>{escape(item.description, quote=False)}</cbc:Description>\n"
        f"      <cbc:Name>{escape(item.name, quote=False)}</cbc:Name>\n"
        "      <cac:SellersItemIdentification>\n"
        f"        <cbc:ID>ART-{item.cheapest:05d}-{item.unit}</cbc:ID>\n"
        "      </cac:SellersItemIdentification>\n"
        f"      <cac:ClassifiedTaxCategory>{_category(tax)}      </cac:ClassifiedTaxCategory>\n"
        "      <cac:AdditionalItemProperty>\n"
        f"        <cbc:Name>{phrases.origin}</cbc:Name>\n"
        "        <cbc:Value>BE</cbc:Value>\n"
        "      </cac:AdditionalItemProperty>\n"
        "    </cac:Item>\n"
    )


def _amount(element: str, cents: int) -> str:
    sign, value = ("-", -cents) if cents < 0 else ("", cents)
    return f'<cbc:{element} currencyID="EUR">{sign}{value // 100}.{value % 100:02d}</cbc:{element}>'
