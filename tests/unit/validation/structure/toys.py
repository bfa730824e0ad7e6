"""Small schemas, and what lxml says of documents by them."""

from pathlib import Path

from lxml import etree

from pipeline.validation.structure.declarations import Declarations
from pipeline.validation.structure.reader import read_schemas

TOY = "urn:toy"
_SCHEMA = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:toy"'
    ' targetNamespace="urn:toy" elementFormDefault="qualified">{}</xs:schema>'
)


class Toy:
    """A schema whose elements are in the namespace `TOY`, with the root element ``root``."""

    def __init__(self, folder: Path, declared: str) -> None:
        path = folder / "toy.xsd"
        path.write_text(_SCHEMA.format(declared), encoding="utf-8")
        self.declarations: Declarations = read_schemas([path], [f"{{{TOY}}}root"])
        self._oracle = etree.XMLSchema(file=str(path))

    def is_valid(self, body: bytes) -> bool:
        """What lxml says."""
        return bool(self._oracle.validate(etree.fromstring(body)))


def document(inner: str, attributes: str = "") -> bytes:
    """A document with the root element of a toy schema."""
    return f'<root xmlns="{TOY}"{attributes}>{inner}</root>'.encode()
