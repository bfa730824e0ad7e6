"""For each of the 63 rules, a document that breaks it and one on which it has to look and holds."""

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from tests.data.peppol.changes import (
    Change,
    after,
    attribute,
    before,
    changed,
    find,
    identified,
    in_country,
    text,
    without,
)

BUSINESS, COMMON = "PEPPOL-EN16931-", "PEPPOL-COMMON-"
LINE = "cac:InvoiceLine"
DISCOUNT = f"{LINE}/cac:AllowanceCharge"
PRICE = f"{LINE}/cac:Price"
CUSTOMER = "cac:AccountingCustomerParty/cac:Party"
SUPPLIER = "cac:AccountingSupplierParty/cac:Party"
CATEGORY = "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"


@dataclass(frozen=True, slots=True)
class Example:
    """A rule with its two documents; ``beside`` are rules that break with it in both or in one."""

    rule: str
    bad: tuple[Change, ...]
    good: tuple[Change, ...] = ()
    beside_bad: frozenset[str] = frozenset()
    beside_good: frozenset[str] = frozenset()
    is_warning: bool = False
    is_credit_note: bool = False

    @property
    def failing(self) -> bytes:
        """A document that breaks the rule."""
        return changed(*self.bad, is_credit_note=self.is_credit_note)

    @property
    def passing(self) -> bytes:
        """A document on which the rule holds."""
        return changed(*self.good, is_credit_note=self.is_credit_note)


def _business(
    number: str,
    *bad: Change,
    good: tuple[Change, ...] = (),
    beside: str = "",
    is_credit_note: bool = False,
) -> Example:
    others = frozenset({BUSINESS + beside} if beside else ())
    return Example(BUSINESS + number, bad, good, others, is_credit_note=is_credit_note)


def _period(start: str, end: str) -> str:
    return (
        f"<cac:InvoicePeriod><cbc:StartDate>{start}</cbc:StartDate>"
        f"<cbc:EndDate>{end}</cbc:EndDate></cac:InvoicePeriod>"
    )


def _periods(start: str, end: str) -> tuple[Change, Change]:
    return (
        after("cbc:BuyerReference", _period("2026-03-01", "2026-03-31")),
        after(f"{LINE}/cbc:LineExtensionAmount", _period(start, end)),
    )


def _due_on(code: str) -> Change:
    coded = f"<cbc:DescriptionCode>{code}</cbc:DescriptionCode>"
    return after("cbc:BuyerReference", f"<cac:InvoicePeriod>{coded}</cac:InvoicePeriod>")


def _second_total(amount: str, currency: str) -> Change:
    told = f'<cbc:TaxAmount currencyID="{currency}">{amount}</cbc:TaxAmount>'
    return after("cac:TaxTotal", f"<cac:TaxTotal>{told}</cac:TaxTotal>")


def _tax_currency(code: str) -> Change:
    return after("cbc:DocumentCurrencyCode", f"<cbc:TaxCurrencyCode>{code}</cbc:TaxCurrencyCode>")


def _second_breakdown(root: etree._Element) -> None:
    total = find(root, "cac:TaxTotal")
    total.addnext(etree.fromstring(etree.tostring(total)))


def _reference(element: str, code: str, content: str = "") -> str:
    kind = f"<cbc:DocumentTypeCode>{code}</cbc:DocumentTypeCode>" if code else ""
    return f"<cac:{element}><cbc:ID>A1</cbc:ID>{kind}{content}</cac:{element}>"


def _project(code: str = "50") -> Change:
    return after("cbc:BuyerReference", _reference("AdditionalDocumentReference", code))


def _line_object(code: str) -> Change:
    return after(f"{LINE}/cac:OrderLineReference", _reference("DocumentReference", code))


def _embedded(media_type: str) -> Change:
    file = f'<cbc:EmbeddedDocumentBinaryObject mimeCode="{media_type}" filename="a">QQ==</cbc:EmbeddedDocumentBinaryObject>'  # noqa: E501 - one element
    content = f"<cac:Attachment>{file}</cac:Attachment>"
    return after("cbc:BuyerReference", _reference("AdditionalDocumentReference", "", content))


def _on_price(indicator: str, *, cents_off: int = 100) -> Change:
    """An allowance of one unit of currency on a price, and a gross price that may not fit."""

    def change(root: etree._Element) -> None:
        price = find(root, f"{PRICE}/cbc:PriceAmount").text or ""
        gross = int(price.replace(".", "")) + cents_off
        after(
            f"{PRICE}/cbc:BaseQuantity",
            f"<cac:AllowanceCharge><cbc:ChargeIndicator>{indicator}</cbc:ChargeIndicator>"
            '<cbc:Amount currencyID="EUR">1.00</cbc:Amount><cbc:BaseAmount currencyID="EUR">'
            f"{gross // 100}.{gross % 100:02d}</cbc:BaseAmount></cac:AllowanceCharge>",
        )(root)

    return change


def _mandate() -> Change:
    mandate = "<cac:PaymentMandate><cbc:ID>M1</cbc:ID></cac:PaymentMandate>"
    return after("cac:PaymentMeans/cac:PayeeFinancialAccount", mandate)


def _exempt(reason: str, category: str) -> tuple[Change, Change]:
    coded = f"<cbc:TaxExemptionReasonCode>{reason}</cbc:TaxExemptionReasonCode>"
    return after(f"{CATEGORY}/cbc:Percent", coded), text(f"{CATEGORY}/cbc:ID", category)


_NOTE = after("cbc:Note", "<cbc:Note>Second</cbc:Note>")
_ORDER = after("cbc:BuyerReference", "<cac:OrderReference><cbc:ID>O1</cbc:ID></cac:OrderReference>")
_EXTENDED = (
    "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0#conformant#urn:x"
)
_MEANS, _INDICATOR = (
    "cac:PaymentMeans/cbc:PaymentMeansCode",
    "cac:AllowanceCharge/cbc:ChargeIndicator",
)

_DOCUMENT = (
    _business("R001", without("cbc:ProfileID"), beside="R007"),
    _business(
        "R007",
        text("cbc:ProfileID", "urn:fdc:peppol.eu:2017:poacc:billing:99:1.0"),
        good=(text("cbc:ProfileID", " urn:peppol:bis:billing_with_response "),),
    ),
    _business("R002", _NOTE, good=(_NOTE, in_country("DE"))),
    _business("R003", without("cbc:BuyerReference"), good=(_ORDER, without("cbc:BuyerReference"))),
    _business(
        "R004",
        text("cbc:CustomizationID", _EXTENDED.replace("#urn:x", "::urn:x")),
        good=(text("cbc:CustomizationID", _EXTENDED),),
    ),
    _business(
        "R005",
        _tax_currency("EUR"),
        _second_total("1.00", "EUR"),
        good=(_tax_currency("USD"), _second_total("1.00", "USD")),
    ),
    _business("R008", text("cbc:Note", " \n\t"), good=(text("cbc:Note", "\u00a0"),)),
    _business("R010", without(f"{CUSTOMER}/cbc:EndpointID")),
    _business("R020", without(f"{SUPPLIER}/cbc:EndpointID")),
    _business("R053", _second_breakdown),
    _business(
        "R054",
        _second_total("1.00", "USD"),
        good=(_tax_currency("USD"), _second_total("1.00", "USD")),
    ),
    _business(
        "R055",
        _tax_currency("USD"),
        _second_total("-1.00", "USD"),
        good=(_tax_currency("USD"), _second_total("0.00", "USD")),
    ),
    _business("R080", _project(), _project(), good=(_project(),), is_credit_note=True),
    _business("R061", text(_MEANS, "59"), good=(text(_MEANS, "59"), _mandate())),
)

_AMOUNTS = (
    _business("R040", text(f"{DISCOUNT}/cbc:BaseAmount", "1.00")),
    _business("R041", without(f"{DISCOUNT}/cbc:BaseAmount")),
    _business("R042", without(f"{DISCOUNT}/cbc:MultiplierFactorNumeric")),
    _business("R043", text(_INDICATOR, "0"), good=(text(_INDICATOR, " false "),)),
    _business("R044", _on_price("true"), good=(_on_price("false"),)),
    _business("R046", _on_price("false", cents_off=101), good=(_on_price("false"),)),
    _business("R051", attribute("cac:LegalMonetaryTotal/cbc:PayableAmount", "currencyID", "USD")),
    _business("R100", _line_object("130"), _line_object("130"), good=(_line_object("130"),)),
    _business("R101", _line_object("50"), good=(_line_object("130"),)),
    _business(
        "R110", *_periods("2026-02-28", "2026-03-09"), good=_periods("2026-03-01", "2026-03-09")
    ),
    _business(
        "R111", *_periods("2026-03-09", "2026-04-01"), good=_periods("2026-03-09", "2026-03-31")
    ),
    _business("R120", text(f"{LINE}/cbc:LineExtensionAmount", "1.00"), is_credit_note=True),
    _business("R121", text(f"{PRICE}/cbc:BaseQuantity", "0")),
    _business("R130", attribute(f"{PRICE}/cbc:BaseQuantity", "unitCode", "ZZ")),
)

_CODES = (
    _business("CL001", _embedded("application/zip"), good=(_embedded("text/csv"),)),
    _business("CL002", text("cac:AllowanceCharge[1]/cbc:AllowanceChargeReasonCode", "FC")),
    _business("CL003", text("cac:AllowanceCharge[2]/cbc:AllowanceChargeReasonCode", "95")),
    _business("CL006", _due_on("4"), good=(_due_on("432"),)),
    _business("CL007", attribute("cac:TaxTotal/cbc:TaxAmount", "currencyID", "STD"), beside="R051"),
    _business("CL008", identified("0037", "1"), good=(identified("0060", "1"),)),
    _business(
        "P0100", text("cbc:InvoiceTypeCode", "389"), good=(text("cbc:InvoiceTypeCode", "877"),)
    ),
    _business(
        "P0101",
        text("cbc:InvoiceTypeCode", "261"),
        good=(text("cbc:InvoiceTypeCode", "396"),),
        is_credit_note=True,
    ),
    _business(
        "P0112",
        text("cbc:InvoiceTypeCode", "384"),
        good=(text("cbc:InvoiceTypeCode", "384"), in_country("DE")),
    ),
    _business(
        "F001", text("cbc:IssueDate", "2026-02-29"), good=(text("cbc:IssueDate", "2028-02-29"),)
    ),
    *(
        _business(
            number,
            *_exempt(f"VATEX-EU-{reason}", "S"),
            good=_exempt(f"vatex-eu-{reason.lower()}", category),
        )
        for number, reason, category in (
            ("P0104", "G", "G"),
            ("P0105", "O", "O"),
            ("P0106", "IC", "K"),
            ("P0107", "AE", "AE"),
            ("P0108", "D", "E"),
            ("P0109", "F", "E"),
            ("P0110", "I", "E"),
            ("P0111", "J", "E"),
        )
    ),
)


def _identifier(
    number: str, scheme: str, bad: str, good: str, *, is_warning: bool = False
) -> Example:
    """On a party identification: some schemes name no electronic address any more."""

    def change(value: str) -> Change:
        identified_as = f'<cbc:ID schemeID="{scheme}">{value}</cbc:ID>'
        xml = f"<cac:PartyIdentification>{identified_as}</cac:PartyIdentification>"
        return before(f"{CUSTOMER}/cac:PartyName", xml)

    return Example(COMMON + number, (change(bad),), (change(good),), is_warning=is_warning)


def _italian_address() -> Example:
    """Scheme 9907 is in use on electronic addresses only, and no longer in the list of them."""
    listed = frozenset({f"{BUSINESS}CL008"})
    bad, good = identified("9907", "ABCDEF12G34H567"), identified("9907", "ABCDEF12G34H567I")
    return Example(f"{COMMON}R046", (bad,), (good,), listed, listed, is_warning=True)


def _dutch_vat() -> Example:
    path = f"{CUSTOMER}/cac:PartyTaxScheme/cbc:CompanyID"
    bad, good = text(path, "NL123456789X01"), text(path, "NL123456789B01")
    return Example(f"{COMMON}R056-2", (bad,), (good,), is_warning=True)


_IDENTIFIERS = (
    _identifier("R040", "0088", "7300010000002", "7300010000001"),
    _identifier("R041", "0192", "123456786", "123456785"),
    _identifier("R042", "0184", "DK1234567", "DK12345678"),
    _identifier("R043", "0208", "0900000148", "0900000147"),
    _identifier("R044", "0201", "ABC-12", "ABc123", is_warning=True),
    _identifier("R045", "0210", "1234567890", "12345678901", is_warning=True),
    _italian_address(),
    _identifier("R047", "0211", "IT12345678901", "IT12345678903", is_warning=True),
    _identifier("R049", "0007", "1234567890", "1234567897"),
    _identifier("R050", "0151", "51824753557", "51824753556"),
    _identifier("R052", "0096", " 1234567890", "1234567890"),
    _identifier("R053", "0198", "12345678", "DK12345678"),
    _identifier("R054", "0106", "1234567", "12345678", is_warning=True),
    _identifier("R055", "0190", "1234567890", "12345678901234567890", is_warning=True),
    _identifier("R056-1", "9944", "NL12345678B01", "NL123456789B01", is_warning=True),
    _dutch_vat(),
    _identifier("R057", "0217", "12345678901", "123456789012", is_warning=True),
)


def examples() -> Iterator[Example]:
    """All of them, in the order of the published list."""
    yield from (*_DOCUMENT, *_AMOUNTS, *_CODES, *_IDENTIFIERS)
