import pytest
from lxml import etree

from pipeline.domain.documents import DocumentKind, KeyData
from pipeline.validation.key_data import key_data_of_tree
from tests.data.hostile.documents import INVOICE, good

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
OPENING = (
    f'<Invoice xmlns="{UBL}Invoice-2" xmlns:cac="{UBL}CommonAggregateComponents-2" '
    f'xmlns:cbc="{UBL}CommonBasicComponents-2">'
)
PARTY = "<cac:AccountingSupplierParty><cac:Party>{}</cac:Party></cac:AccountingSupplierParty>"
VAT = "<cac:PartyTaxScheme><cbc:CompanyID>BE1</cbc:CompanyID></cac:PartyTaxScheme>"
LEGAL = (
    "<cac:PartyLegalEntity><cbc:RegistrationName>Legal</cbc:RegistrationName>"
    "<cbc:CompanyID>0208</cbc:CompanyID></cac:PartyLegalEntity>"
)
TRADING = "<cac:PartyName><cbc:Name>Trading</cbc:Name></cac:PartyName>"
ENDPOINT = "<cbc:EndpointID>endpoint</cbc:EndpointID>"
EUR = "<cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
TAX = '<cac:TaxTotal><cbc:TaxAmount currencyID="{}">{}</cbc:TaxAmount></cac:TaxTotal>'


def read(inner: str) -> KeyData:
    return key_data_of_tree(etree.fromstring(f"{OPENING}{inner}</Invoice>"))


def test_everything_of_a_generated_invoice_is_read() -> None:
    key_data = key_data_of_tree(etree.fromstring(good(INVOICE)))

    assert None not in [getattr(key_data, name) for name in KeyData.__dataclass_fields__]
    assert (key_data.type_code, key_data.currency) == ("380", "EUR")


def test_a_credit_note_has_its_own_type_code() -> None:
    body = good(DocumentKind.PURCHASE_CREDIT_NOTE)

    assert key_data_of_tree(etree.fromstring(body)).type_code == "381"


def test_an_empty_invoice_has_no_key_data() -> None:
    assert read("") == KeyData()


@pytest.mark.parametrize(
    ("party", "name", "number"),
    [
        pytest.param(ENDPOINT + TRADING + VAT + LEGAL, "Legal", "BE1", id="everything"),
        pytest.param(ENDPOINT + TRADING + LEGAL, "Legal", "0208", id="without vat"),
        pytest.param(ENDPOINT + TRADING, "Trading", "endpoint", id="without registration"),
        pytest.param(
            LEGAL.replace("Legal<", " \n <") + TRADING, "Trading", "0208", id="blank name"
        ),
    ],
)
def test_names_and_numbers_are_taken_from_the_best_place(
    party: str, name: str, number: str
) -> None:
    key_data = read(PARTY.format(party))

    assert (key_data.supplier_name, key_data.supplier_id) == (name, number)


@pytest.mark.parametrize(
    ("totals", "amount"),
    [
        pytest.param(TAX.format("USD", 9) + TAX.format("EUR", 8), "8", id="second currency first"),
        pytest.param(TAX.format("EUR", 8) + TAX.format("USD", 9), "8", id="own currency first"),
        pytest.param(TAX.format("USD", 9), "9", id="only another currency"),
        pytest.param("", None, id="none"),
    ],
)
def test_the_tax_amount_is_that_in_the_currency_of_the_document(
    totals: str, amount: str | None
) -> None:
    assert read(EUR + totals).tax_amount == amount


def test_texts_are_stripped_and_bounded() -> None:
    assert read("<cbc:ID>\n  2026/1 </cbc:ID>").number == "2026/1"
    assert len(read(f"<cbc:ID>{'9' * 10_000}</cbc:ID>").number or "") == 512
