"""A dossier at another hub finds the office's own by VAT number, dossier number or by hand."""

from dataclasses import replace

import pytest

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import Location
from pipeline.domain.links import DossierLinks, enterprise_number

BOOKS = AccountingPackage("p", "Winbooks", {Location.BANK_STATEMENTS: "/books"})
OWN_PACKAGE = AccountingPackage("codabox", "Folder", {Location.BANK_STATEMENTS: "/elsewhere"})
BAKERY = Dossier("native", "1", "Bakery BV", "BE0400000001", "B01", package=BOOKS)
GARAGE = Dossier("native", "2", "Garage", "", "G01", package=BOOKS)
CLIENT = Dossier("codabox", "uuid", "BAKERY", "0400.000.001", "B01", package=OWN_PACKAGE)


def linked(client: Dossier, *office: Dossier, explicit: dict[str, str] | None = None) -> Dossier:
    links = DossierLinks(frozenset({"codabox"}), explicit or {})
    return links.among(office)(client)


@pytest.mark.parametrize(
    "text",
    [
        "BE0123456789",
        "BE 0123.456.789",
        "0123456789",
        "0208:0123456789",
        "123456789",
        "be123456789",
    ],
)
def test_a_number_is_known_however_it_is_written(text: str) -> None:
    assert enterprise_number(text) == "0123456789"


@pytest.mark.parametrize("text", ["", "NL123456789B01", "9925:BE", "FR12 345"])
def test_other_numbers_stay_other_numbers(text: str) -> None:
    assert enterprise_number(text) != "0123456789"


def test_a_dossier_with_the_same_vat_number_is_another_channel_of_the_offices_own() -> None:
    found = linked(CLIENT, GARAGE, BAKERY)

    assert found.tenant == CLIENT.tenant
    assert found.owner == found.linked_to == BAKERY.tenant
    assert (found.enterprise_name, found.accounting_file_id, found.package) == (
        "Bakery BV",
        "B01",
        BOOKS,
    )


def test_the_dossier_number_links_where_a_vat_number_is_missing() -> None:
    client = replace(CLIENT, accounting_file_id="G01")

    assert linked(client, GARAGE).linked_to == GARAGE.tenant


def test_equal_dossier_numbers_of_different_enterprises_are_chance() -> None:
    client = replace(CLIENT, enterprise_identifier="BE0400000009")

    assert linked(client, BAKERY) == client


def test_of_two_dossiers_of_an_enterprise_the_one_with_the_same_number_is_meant() -> None:
    branch = replace(BAKERY, id="3", accounting_file_id="B02")

    assert linked(CLIENT, branch, BAKERY).linked_to == BAKERY.tenant
    assert linked(replace(CLIENT, accounting_file_id=""), branch, BAKERY).linked_to is None


def test_a_link_made_by_hand_outweighs_everything() -> None:
    explicit = {CLIENT.tenant: GARAGE.tenant}

    assert linked(CLIENT, BAKERY, GARAGE, explicit=explicit).linked_to == GARAGE.tenant
    assert linked(CLIENT, BAKERY, explicit=explicit).linked_to is None


def test_a_dossier_that_the_office_does_not_have_goes_to_the_package_of_its_hub() -> None:
    assert linked(CLIENT, GARAGE).package == OWN_PACKAGE


def test_a_dossier_without_any_number_is_linked_to_none_without() -> None:
    nameless = replace(CLIENT, enterprise_identifier="", accounting_file_id="")
    other = replace(GARAGE, accounting_file_id="")

    assert linked(nameless, other).linked_to is None


def test_the_offices_own_dossiers_are_never_linked() -> None:
    links = DossierLinks(frozenset({"codabox"}))

    assert links.among([replace(BAKERY, id="4")])(BAKERY) == BAKERY
