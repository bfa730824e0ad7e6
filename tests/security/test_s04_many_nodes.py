"""S4: documents with too many nodes, too deep or too wide are refused before they cost anything."""

import time
from collections.abc import Callable

import pytest
from lxml import etree

from pipeline.domain.errors import ConfigurationError, DocumentRejected
from pipeline.validation.xml import XmlLimits, hardened_parser, parse_xml
from tests.data.hostile.xml_corpus import BROKEN

LIMITS = XmlLimits()
HUGE = 9 * 2**20


def nested(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


@pytest.mark.parametrize(("rule", "build"), BROKEN.values(), ids=BROKEN)
def test_each_is_refused_with_its_rule(rule: str, build: Callable[[], bytes]) -> None:
    with pytest.raises(DocumentRejected) as refusal:
        parse_xml(build(), LIMITS)

    assert refusal.value.rule == rule
    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize("name", ["depth 300,000", "two million elements"])
def test_too_many_nodes_are_refused_by_counting(name: str) -> None:
    body = BROKEN[name][1]()
    started = time.process_time()

    with pytest.raises(DocumentRejected):
        parse_xml(body, LIMITS)

    assert time.process_time() - started < 0.1


def test_the_depth_cap_is_exact() -> None:
    limits = XmlLimits(max_depth=10)

    assert parse_xml(nested(10), limits) is not None
    with pytest.raises(DocumentRejected, match="more than 10 elements"):
        parse_xml(nested(11), limits)


@pytest.mark.parametrize(
    ("size_bytes", "deepest"),
    [pytest.param(1, 256, id="usual"), pytest.param(HUGE, 2048, id="huge")],
)
def test_libxml2_has_a_depth_cap_of_its_own(size_bytes: int, deepest: int) -> None:
    etree.fromstring(nested(deepest), hardened_parser(size_bytes))

    with pytest.raises(etree.XMLSyntaxError, match="Excessive depth"):
        etree.fromstring(nested(deepest + 1), hardened_parser(size_bytes))


def test_a_depth_that_libxml2_would_not_reach_is_no_setting() -> None:
    with pytest.raises(ConfigurationError, match="256"):
        XmlLimits(max_depth=257)


def test_syntax_errors_name_line_and_column() -> None:
    with pytest.raises(DocumentRejected, match="line 2, column 8") as refusal:
        parse_xml(b"<a>\n<b></c></a>", LIMITS)

    assert "tag name mismatch" in str(refusal.value)
