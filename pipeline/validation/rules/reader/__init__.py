"""Rule files to the intermediate form `pipeline.validation.rules.schema`."""

from lxml import etree

from pipeline.domain.errors import ConfigurationError, DocumentRejected
from pipeline.validation.rules.reader.names import SCHEMATRON, XSL
from pipeline.validation.rules.reader.schematron import read_schematron
from pipeline.validation.rules.reader.stylesheet import read_stylesheet
from pipeline.validation.rules.schema import Schema
from pipeline.validation.xml import XmlLimits, parse_xml

_LIMITS = XmlLimits(max_bytes=20 * 2**20)
_READERS = {
    f"{SCHEMATRON}schema": read_schematron,
    f"{XSL}stylesheet": read_stylesheet,
    f"{XSL}transform": read_stylesheet,
}


def read_schema(data: bytes) -> Schema:
    """Schematron source, or XSLT that was compiled from it.

    Raises `ConfigurationError` for anything else, and for what these forms may say but the
    compiler does not know.
    """
    root = _root(data)
    reader = _READERS.get(str(root.tag))
    if reader is None:
        name = etree.QName(root).localname
        raise ConfigurationError(f"A rule file is Schematron or XSLT, but its root is {name}.")
    return reader(root)


def _root(data: bytes) -> etree._Element:
    try:
        return parse_xml(data, _LIMITS).getroot()
    except DocumentRejected as error:
        raise ConfigurationError(f"The rule file cannot be read. {error}") from error
