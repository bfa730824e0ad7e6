"""Article B: the set-up in the console."""

import pytest

from pipeline.domain.documents import DocumentKind, Location
from pipeline.hub.wire import Dossier
from tests.acceptance.office import AccountantsOffice, customer, document_of, winbooks

PURCHASE, SALES = Location.PURCHASE_INVOICES, Location.SALES_INVOICES


async def test_b1_purchase_sales_and_statements_have_locations_of_their_own(
    office: AccountantsOffice,
) -> None:
    """For purchase invoices, sales invoices and statements you enter a separate location."""
    baker = customer(1)
    await office.link(winbooks(), baker)
    await office.receive(*(document_of(baker, kind) for kind in DocumentKind))
    (office.books / "winbooks").mkdir()

    result = await office.sync()

    assert result.forwarded == len(DocumentKind)
    by_folder: dict[str, int] = {}
    for path in office.placed():
        folder = path.rsplit("/", 1)[0].rsplit("/", 1)[1]
        by_folder[folder] = by_folder.get(folder, 0) + 1
    assert by_folder == {"purchase": 2, "sales": 2, "coda": 1, "other": 1}


async def test_b1_one_location_for_purchase_and_sales_is_an_option(
    office: AccountantsOffice,
) -> None:
    baker = customer(1)
    package = winbooks({PURCHASE: "invoices/[accounting_file_id]"}, same_location_for_invoices=True)
    await office.link(package, baker)
    await office.receive(
        document_of(baker, DocumentKind.PURCHASE_INVOICE),
        document_of(baker, DocumentKind.SALES_INVOICE),
    )
    (office.books / "invoices").mkdir()

    await office.sync()

    assert office.folders() == {"invoices/D001"}
    assert len(office.placed()) == 2


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        pytest.param("p/[enterprise_name]/in", "p/Bakery 1 BV/in", id="enterprise-name"),
        pytest.param("p/[enterprise_identifier]/in", "p/BE0123456781/in", id="vat-number"),
        pytest.param("p/[accounting_file_id]", "p/D001", id="dossier-number"),
        pytest.param("p/[enterprise_identifier|digits]", "p/0123456781", id="digits"),
        pytest.param("p/[enterprise_name|upper]", "p/BAKERY 1 BV", id="upper"),
        pytest.param(
            "p/[enterprise_name]_[enterprise_identifier]", "p/Bakery 1 BV_BE0123456781", id="two"
        ),
        pytest.param("p/[accounting_file_id]/[kind]", "p/D001/purchase_invoice", id="kind"),
    ],
)
async def test_b2_variables_set_dynamic_paths(
    office: AccountantsOffice, template: str, folder: str
) -> None:
    """Use variables: the name of the company, its VAT number, the dossier number."""
    baker = customer(1)
    await office.link(winbooks({PURCHASE: template}), baker)
    await office.receive(document_of(baker, DocumentKind.PURCHASE_INVOICE))
    (office.books / "p").mkdir()

    await office.sync()

    assert office.folders() == {folder}


async def test_b2_a_variable_without_a_value_is_told_with_the_dossier(
    office: AccountantsOffice,
) -> None:
    """Enter the dossier number if you are going to use the variable [accounting_file_id]."""
    baker = Dossier(
        id="customer-1", enterprise_name="Bakery 1 BV", accounting_package_id="winbooks"
    )
    await office.link(winbooks(), baker)
    await office.receive(document_of(baker, DocumentKind.PURCHASE_INVOICE))
    (office.books / "winbooks").mkdir()

    result = await office.sync()

    assert result.forwarded == 0
    problem = result.problems["native/customer-1"]
    assert "Bakery 1 BV" in problem
    assert "[accounting_file_id]" in problem


async def test_b4_a_customer_that_does_not_share_documents_is_left_alone(
    office: AccountantsOffice,
) -> None:
    """Activate 'share documents with the accountant'."""
    baker = customer(1, shares=False)
    await office.link(winbooks(), baker)
    await office.receive(document_of(baker, DocumentKind.PURCHASE_INVOICE))
    (office.books / "winbooks").mkdir()

    silent = await office.sync()
    await office.link(winbooks(), customer(1))
    shared = await office.sync()

    assert (silent.listed, shared.forwarded) == (0, 1)


async def test_b4_two_customers_never_share_a_folder_unawares(office: AccountantsOffice) -> None:
    baker, other = customer(1), customer(2)
    await office.link(winbooks({PURCHASE: "all/[kind]"}), baker, other)
    await office.receive(
        document_of(baker, DocumentKind.PURCHASE_INVOICE),
        document_of(other, DocumentKind.PURCHASE_INVOICE, seed=8),
    )
    (office.books / "all").mkdir()

    result = await office.sync()

    assert result.forwarded == 1
    (problem,) = result.problems.values()
    assert "customer-1" in problem or "Bakery 1" in problem
    assert "customer-2" in problem or "Bakery 2" in problem


async def test_b4_sharing_a_folder_can_be_asked_for(office: AccountantsOffice) -> None:
    baker, other = customer(1), customer(2)
    await office.link(winbooks({PURCHASE: "all/[kind]"}, shares_folders=True), baker, other)
    await office.receive(
        document_of(baker, DocumentKind.PURCHASE_INVOICE),
        document_of(other, DocumentKind.PURCHASE_INVOICE, seed=8),
    )
    (office.books / "all").mkdir()

    assert (await office.sync()).forwarded == 2


async def test_b7_a_renamed_enterprise_keeps_its_folder(office: AccountantsOffice) -> None:
    """The locations stay; changing them is announced first."""
    baker = customer(1)
    await office.link(winbooks({PURCHASE: "p/[enterprise_name]"}), baker)
    await office.receive(document_of(baker, DocumentKind.PURCHASE_INVOICE))
    (office.books / "p").mkdir()
    await office.sync()
    renamed = Dossier(
        id=baker.id, enterprise_name="Renamed NV", accounting_package_id=baker.accounting_package_id
    )
    await office.link(winbooks({PURCHASE: "p/[enterprise_name]"}), renamed)
    await office.receive(document_of(baker, DocumentKind.PURCHASE_CREDIT_NOTE))

    await office.sync()

    assert office.folders() == {"p/Bakery 1 BV"}
    assert len(office.placed()) == 2


async def test_the_embedded_pdf_is_placed_beside_the_invoice_when_the_package_wants_it(
    office: AccountantsOffice,
) -> None:
    baker = customer(1)
    await office.link(winbooks(extracts_embedded_pdf=True), baker)
    documents = [
        document_of(baker, DocumentKind.PURCHASE_INVOICE, seed=seed) for seed in range(20, 30)
    ]
    await office.receive(*documents)
    (office.books / "winbooks").mkdir()

    await office.sync()

    names = {path.rsplit("/", 1)[1] for path in office.placed()}
    pdfs = {name.removesuffix(".pdf") for name in names if name.endswith(".pdf")}
    with_pdf = sum(b"EmbeddedDocumentBinaryObject" in each.body for each in documents)
    assert 0 < len(pdfs) == with_pdf
    assert pdfs < {name.removesuffix(".xml") for name in names if name.endswith(".xml")}
    assert all(
        body.startswith(b"%PDF-") for path, body in office.placed().items() if path.endswith(".pdf")
    )
