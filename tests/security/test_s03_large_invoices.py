"""S3: large honest invoices are read, larger ones than the cap are not even looked at."""

from base64 import b64encode

import pytest
from lxml import etree

from pipeline.domain.errors import DocumentRejected
from pipeline.validation.xml import XmlLimits, hardened_parser, parse_xml

LIMITS = XmlLimits()


def test_a_text_of_twelve_megabytes_is_read() -> None:
    text = b64encode(bytes(9 * 2**20))

    tree = parse_xml(b"<a>" + text + b"</a>", LIMITS)

    assert len(tree.getroot().text or "") == len(text)


def test_libxml2_alone_would_refuse_it() -> None:
    body = b"<a>" + b"x" * 10_000_001 + b"</a>"

    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(body, hardened_parser(1000))


def test_fifty_megabytes_are_the_cap_to_the_byte() -> None:
    fitting = b"<a>" + b"x" * (50 * 2**20 - 7) + b"</a>"

    assert parse_xml(fitting, LIMITS).getroot().tag == "a"
    with pytest.raises(DocumentRejected, match="52428801 bytes") as refusal:
        parse_xml(fitting + b"\n", LIMITS)
    assert refusal.value.rule == "size"


def test_the_cap_is_a_setting() -> None:
    with pytest.raises(DocumentRejected) as refusal:
        parse_xml(b"<a>12345</a>", XmlLimits(max_bytes=11))

    assert refusal.value.rule == "size"
