"""S9: two dossiers never share a folder unawares."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import Location
from pipeline.domain.paths import (
    PathTemplate,
    Platform,
    folder_key,
    location_clash,
    name_key,
)

PURCHASE, SALES = Location.PURCHASE_INVOICES, Location.SALES_INVOICES
TEMPLATE = PathTemplate.parse("/srv/books/[enterprise_name]/in", platform=Platform.POSIX)


def claim(tenant: str, enterprise: str, location: Location = PURCHASE) -> tuple[str, Location, str]:
    folder = TEMPLATE.pin(Dossier("native", tenant, enterprise))
    return tenant, location, folder_key(folder)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("X B.V.", "X B.V"),
        ("Acme", "ACME"),
        ("café", "cafe\u0301"),
        ("Straße", "STRASSE"),
        ("a/b", "a\\b"),
        ("Acme  NV", "Acme NV "),
    ],
)
def test_names_that_look_different_and_give_one_folder_are_a_clash_of_both(
    one: str, other: str
) -> None:
    (clash,) = location_clash([claim("a", one), claim("b", other, SALES)])

    assert (clash.first_tenant, clash.second_tenant) == ("a", "b")
    assert "purchase invoices of dossier a and sales invoices of dossier b" in str(clash)


def test_each_further_dossier_clashes_once_with_the_first() -> None:
    claims = [claim("a", "X"), claim("b", "x"), claim("b", "X", SALES), claim("c", "X.")]

    clashes = location_clash(claims)

    assert [(c.first_tenant, c.second_tenant) for c in clashes] == [("a", "b"), ("a", "c")]


def test_a_dossier_may_use_one_folder_for_two_locations() -> None:
    assert location_clash([claim("a", "X"), claim("a", "X", SALES), claim("b", "Y")]) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"C:\Data\In", "c:/data/in"),
        ("/srv/Data/", "/srv//data"),
        (r"\\Server\Share\X", "//server/share/x/"),
    ],
)
def test_two_spellings_of_a_folder_have_one_key(one: str, other: str) -> None:
    assert folder_key(one) == folder_key(other)


def test_a_network_path_is_not_a_path_from_the_root() -> None:
    assert folder_key(r"\\server\share") != folder_key("/server/share")


def test_a_name_key_separates_folder_and_name() -> None:
    assert name_key("/srv/In/", "A.XML") == "/srv/in/a.xml" == name_key("/SRV/in", "a.xml")


@given(st.text())
def test_the_key_of_a_key_is_the_key(path: str) -> None:
    assert folder_key(folder_key(path)) == folder_key(path)


@given(st.text(min_size=1), st.text(min_size=1))
def test_distinct_dossiers_give_distinct_keys_or_a_clash(one: str, other: str) -> None:
    if not (one.strip() and other.strip()):
        return
    claims = [claim("a", one), claim("b", other)]

    assert bool(location_clash(claims)) == (claims[0][2] == claims[1][2])
