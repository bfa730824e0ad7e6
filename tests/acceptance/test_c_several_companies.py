"""Article C: an entrepreneur who books himself, with several companies under one account."""

from pipeline.domain.documents import DocumentKind, Location
from tests.acceptance.office import (
    AccountantsOffice,
    customer,
    document_of,
    documents_for,
    winbooks,
)


async def test_c1_several_companies_under_one_account_work(office: AccountantsOffice) -> None:
    """Do you have several companies that you want to link?"""
    companies = [customer(number) for number in range(1, 6)]
    await office.link(winbooks(), *companies)
    for place, company in enumerate(companies):
        await office.receive(*documents_for(company, 6, seed=place))
    (office.books / "winbooks").mkdir()

    result = await office.sync()

    assert result.forwarded == result.listed == 30
    dossiers = {path.split("/")[1] for path in office.placed()}
    assert dossiers == {f"D00{number}" for number in range(1, 6)}


async def test_c2_incoming_outgoing_and_bank_statements_have_their_paths(
    office: AccountantsOffice,
) -> None:
    """The path for incoming invoices, for outgoing invoices, and the location of CODA files."""
    company = customer(1)
    locations = {
        Location.PURCHASE_INVOICES: "sync/company_[enterprise_identifier]/purchases",
        Location.SALES_INVOICES: "sync/company_[enterprise_identifier]/sales",
        Location.BANK_STATEMENTS: "sync/company_[enterprise_identifier]/coda",
    }
    await office.link(winbooks(locations), company)
    kinds = (
        DocumentKind.PURCHASE_INVOICE,
        DocumentKind.SALES_INVOICE,
        DocumentKind.BANK_STATEMENT,
    )
    await office.receive(*(document_of(company, kind) for kind in kinds))
    (office.books / "sync").mkdir()

    await office.sync()

    assert office.folders() == {
        f"sync/company_BE0123456781/{folder}" for folder in ("purchases", "sales", "coda")
    }


async def test_c3_a_fixed_path_works_for_one_company(office: AccountantsOffice) -> None:
    """A local folder with a fixed or variable path."""
    company = customer(1)
    await office.link(winbooks({Location.PURCHASE_INVOICES: "fixed/in"}), company)
    await office.receive(document_of(company, DocumentKind.PURCHASE_INVOICE))
    (office.books / "fixed" / "in").mkdir(parents=True)

    await office.sync()

    assert office.folders() == {"fixed/in"}
