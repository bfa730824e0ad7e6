"""S2: entity bombs go off nowhere, and libxml2 is new enough to stop them by itself."""

import time

import pytest

from pipeline.domain.errors import ConfigurationError, DocumentRejected
from pipeline.validation import xml
from pipeline.validation.xml import XmlLimits, parse_xml, require_safe_libxml2
from tests.data.hostile.planting import plant
from tests.data.hostile.xml_corpus import DOCTYPES

LIMITS = XmlLimits()
BOMBS = ("nested entities, a billion laughs", "one large entity fifty thousand times")


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    body = DOCTYPES[name]()
    started = time.process_time()

    with pytest.raises(DocumentRejected) as refusal:
        parse_xml(body, LIMITS)

    assert refusal.value.rule == "doctype"
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize("name", BOMBS)
def test_libxml2_stops_a_bomb_by_itself(name: str) -> None:
    planted = plant(xml, ("    _scan_prolog(body)\n", ""), ("    _check_no_doctype(tree)\n", ""))

    with pytest.raises(DocumentRejected, match="resource limit"):
        planted.parse_xml(DOCTYPES[name](), LIMITS)


def test_the_libxml2_in_use_is_safe() -> None:
    require_safe_libxml2()


@pytest.mark.parametrize("version", [(2, 13, 9), (2, 9, 14), (1, 99, 0)])
def test_an_older_libxml2_stops_the_start(version: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigurationError, match=r"libxml2 \d+\.\d+\.\d+ is in use"):
        require_safe_libxml2(version)


@pytest.mark.parametrize("version", [(2, 14, 0), (2, 15, 1), (3, 0, 0)])
def test_a_newer_libxml2_is_welcome(version: tuple[int, int, int]) -> None:
    require_safe_libxml2(version)
