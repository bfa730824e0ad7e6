"""Namespaces of rule files, in the notation of lxml, and what all readers ask of an element."""

from collections.abc import Iterator

from lxml import etree

from pipeline.domain.errors import ConfigurationError

SCHEMATRON = "{http://purl.oclc.org/dsdl/schematron}"
XSL = "{http://www.w3.org/1999/XSL/Transform}"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def elements(parent: etree._Element) -> Iterator[etree._Element]:
    """The child elements, without comments and processing instructions."""
    return parent.iterchildren("*")


def required(element: etree._Element, attribute: str) -> str:
    """The value of an attribute that must be there."""
    value = element.get(attribute)
    if value is None:
        raise unknown(element, f"without {attribute}")
    return value


def unknown(element: etree._Element, what: str = "") -> ConfigurationError:
    """The error about an element that is not understood."""
    name = etree.QName(element).localname
    return ConfigurationError(
        f"Line {element.sourceline} of the rule file has {name} {what or 'where it is unknown'}."
    )
