"""Whose documents a queue hub holds, and how an office says so."""

import pytest

from pipeline.connectors.hubs.queue.dossiers import EVERYTHING, plain
from pipeline.domain.documents import Location
from pipeline.domain.errors import ConfigurationError
from tests.unit.connectors.queue.desk import COMPANY, OTHER, PACKAGE, Desk, desk_of

BAKERY = {
    "enterprise_name": "Bakery BV",
    "enterprise_identifier": "BE 0400.000.001",
    "accounting_file_id": "123",
    "locations": {"purchase_invoices": "/books/123/in"},
}


async def ids(desk: Desk, company: str) -> list[str]:
    page = await desk.hub.list(await desk.dossier(company), None, 100)
    return sorted(ref.key.document_id for ref in page.refs)


@pytest.mark.parametrize(
    "written",
    ["BE0400000001", "be 0400.000.001", "0208:0400000001", "9925:BE0400000001", "400000001"],
)
def test_a_company_number_is_recognised_however_it_is_written(written: str) -> None:
    assert plain(written) == "400000001"


def test_numbers_of_other_companies_stay_apart() -> None:
    written = ["1023290711", "0208:1023290711", "NL123456789B01", "c_50", "400000001", EVERYTHING]

    assert len({plain(each) for each in written}) == len(written) - 1


async def test_a_linked_company_is_a_dossier_with_what_the_office_says_of_it() -> None:
    desk = desk_of("scrada", links={"id-1": BAKERY, "id-2": {}})

    bakery, other = await desk.dossier("id-1"), await desk.dossier("id-2")

    assert bakery.enterprise_name == "Bakery BV"
    assert bakery.accounting_file_id == "123"
    assert bakery.package is not None
    assert bakery.package.locations == {Location.PURCHASE_INVOICES: "/books/123/in"}
    assert other.enterprise_name == "id-2"
    assert other.package == PACKAGE


async def test_companies_that_the_hub_lists_are_met_by_id_or_by_vat_number() -> None:
    links = {
        "c_1": {"accounting_file_id": "by id"},
        "BE0400000002": {**BAKERY, "enterprise_identifier": ""},
        "c_9": {},
    }
    desk = desk_of("recommand", "c_1", "c_2", "c_3", links=links)

    first, second, third = [await desk.dossier(each) for each in ("c_1", "c_2", "c_3")]
    lost = await desk.dossier("c_9")

    assert first.accounting_file_id == "by id"
    assert (second.enterprise_name, second.accounting_file_id) == ("Bakery BV", "123")
    assert second.enterprise_identifier == "BE0400000002"
    assert (third.enterprise_name, third.package) == ("C_3", PACKAGE)
    assert not lost.is_linked


@pytest.mark.parametrize("name", ["peppyrus", "euroconnector", "letspeppol"])
async def test_documents_of_an_account_go_to_the_company_they_name(name: str) -> None:
    desk = desk_of(name, links={"by VAT": {"enterprise_identifier": "BE0400000001"}, OTHER: {}})
    desk.emulator.receive(COMPANY, "first", b"<Invoice/>")
    desk.emulator.receive(OTHER, "second", b"<Invoice/>")
    desk.emulator.receive("0208:0400000009", "third", b"<Invoice/>")

    assert await ids(desk, "by VAT") == ["first"]
    assert await ids(desk, OTHER) == ["second"]


@pytest.mark.parametrize("name", ["peppyrus", "euroconnector", "letspeppol"])
async def test_a_star_takes_what_is_meant_for_no_other(name: str) -> None:
    desk = desk_of(name, links={EVERYTHING: BAKERY, OTHER: {}})
    for number, company in enumerate((COMPANY, OTHER, "0208:0400000009")):
        desk.emulator.receive(company, str(number), b"<Invoice/>")

    assert await ids(desk, EVERYTHING) == ["0", "2"]


@pytest.mark.parametrize(
    ("links", "text"),
    [
        ("{", "'dossiers' is not usable"),
        ("[]", "'dossiers' is not usable"),
        ('{"c": {"colour": "red"}}', "colour"),
        ('{"c": {"locations": {"attic": "/x"}}}', "attic"),
        ("{}", "has no list of companies"),
    ],
)
def test_links_that_cannot_work_are_told(links: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        desk_of("scrada", dossiers=links)


def test_a_star_cannot_stand_for_a_company_that_the_hub_must_be_asked_for() -> None:
    with pytest.raises(ConfigurationError, match="id of each company"):
        desk_of("scrada", links={EVERYTHING: BAKERY})
