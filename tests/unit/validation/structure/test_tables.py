"""Tables as bytes: what is damaged is refused when it is loaded, and harms nothing."""

from importlib import import_module
from pathlib import Path
from random import Random

import pytest

from pipeline.validation.key_data import PLACES
from pipeline.validation.structure.declarations import Declarations
from pipeline.validation.structure.tables import Place, tables_of
from pipeline.validation.xml import XmlLimits
from tests.data.hostile.documents import INVOICE, good
from tests.unit.validation.structure.conftest import Make, native_structure
from tests.unit.validation.structure.oddities import ACCEPTED
from tests.unit.validation.structure.toys import TOY, Toy, document

HEADER_BYTES = 48
TRIES = 3000


@pytest.fixture(scope="session")
def tables(ubl: Declarations, make: Make) -> bytes:
    make(ubl)  # skips where there is nothing to load them
    return tables_of(ubl, PLACES)


def try_all(data: bytes) -> bool:
    """Load tables and use them if they can be loaded."""
    try:
        loaded = import_module("pipeline.validation.rules._native").Structure(data)
    except ValueError:
        return False
    for body in (good(INVOICE), ACCEPTED["an extension of somebody"]):
        loaded.examine(body, (10**7, 10**6, 64, 64, True))
    return True


def test_the_same_schemas_give_the_same_bytes(ubl: Declarations) -> None:
    assert tables_of(ubl, PLACES) == tables_of(ubl, PLACES)


def test_whole_tables_are_loaded(tables: bytes) -> None:
    assert try_all(tables)


@pytest.mark.parametrize("size", [0, 1, HEADER_BYTES - 1, HEADER_BYTES, 1000, -1])
def test_cut_tables_are_refused(tables: bytes, size: int) -> None:
    assert not try_all(tables[:size])


def test_tables_with_more_behind_them_are_refused(tables: bytes) -> None:
    assert not try_all(tables + b"\0")


def test_damaged_tables_are_refused_or_harmless(tables: bytes) -> None:
    rng = Random("tables")  # noqa: S311 - test data

    outcomes = {try_all(damaged(rng, tables)) for _ in range(TRIES)}

    assert outcomes == {True, False}


def damaged(rng: Random, tables: bytes) -> bytes:
    """One to three numbers of them with other values."""
    data = bytearray(tables)
    for _ in range(rng.randrange(1, 4)):
        place = rng.choice((rng.randrange(0, HEADER_BYTES, 4), rng.randrange(0, len(data) - 4, 4)))
        value = rng.choice(
            (0, 1, 0xFFFF_FFFF, 0x7FFF_FFFF, rng.randrange(2**32), rng.randrange(5000))
        )
        data[place : place + 4] = value.to_bytes(4, "little")
    return bytes(data)


def test_facts_are_taken_from_their_places_only(tmp_path: Path) -> None:
    pytest.importorskip(
        "pipeline.validation.rules._native", reason="NOT RUN: the extension was not built"
    )
    toy = Toy(
        tmp_path,
        '<xs:element name="root" type="many"/><xs:element name="in" type="many"/>'
        '<xs:element name="a" type="text"/><xs:complexType name="many"><xs:sequence>'
        '<xs:element ref="a" minOccurs="0" maxOccurs="unbounded"/>'
        '<xs:element ref="in" minOccurs="0"/></xs:sequence></xs:complexType>'
        '<xs:complexType name="text"><xs:simpleContent><xs:extension base="xs:string">'
        '<xs:attribute name="b" type="xs:string"/></xs:extension></xs:simpleContent>'
        "</xs:complexType>",
    )
    a, inner = f"{{{TOY}}}a", f"{{{TOY}}}in"
    places = (Place((a,)), Place((inner, a), ("b",), is_every=True), Place((inner, inner, a)))
    body = document("<a>1</a><a>2</a><in><a b='x'>3</a><a>4</a><in><a>5</a></in></in>")

    found = native_structure(toy.declarations, places).accept(body, XmlLimits())

    assert found is not None
    assert list(found.texts) == [
        (0, "1", (None, None)),
        (1, "3", ("x", None)),
        (1, "4", (None, None)),
        (2, "5", (None, None)),
    ]
