"""S1: a document with a DOCTYPE is refused, and nothing outside a document is ever read."""

import socket
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType

import pytest
from lxml import etree

from pipeline.domain.errors import DocumentRejected
from pipeline.validation import xml
from pipeline.validation.xml import XmlLimits, parse_xml
from tests.data.hostile.planting import plant
from tests.data.hostile.watched_file import WatchedFile
from tests.data.hostile.xml_corpus import DOCTYPES, EXTERNAL, FINE, UNFOLLOWED

LIMITS = XmlLimits()
NO_SCAN = ("    _scan_prolog(body)\n", "")
NO_SECOND_LOOK = ("    _check_no_doctype(tree)\n", "")
NO_RESOLVER = ("    parser.resolvers.add(_RefuseEveryReference())\n", "")
NO_IDS = ("recover=False,", "recover=False, collect_ids=False,")
LOADS_DTD = ("load_dtd=False", "load_dtd=True")
EXPANDS = ("resolve_entities=False", "resolve_entities=True")


@pytest.mark.parametrize("build", DOCTYPES.values(), ids=DOCTYPES)
def test_every_doctype_is_refused_in_every_encoding(build: Callable[[], bytes]) -> None:
    with pytest.raises(DocumentRejected) as refusal:
        parse_xml(build(), LIMITS)

    assert refusal.value.rule == "doctype"


@pytest.mark.parametrize("build", EXTERNAL.values(), ids=EXTERNAL)
def test_a_reference_to_a_file_is_refused_and_the_file_stays_closed(
    build: Callable[[str], bytes], watched_file: WatchedFile
) -> None:
    with pytest.raises(DocumentRejected) as refusal:
        parse_xml(build(watched_file.url), LIMITS)

    assert refusal.value.rule == "doctype"
    assert not watched_file.was_opened()


@pytest.mark.parametrize("build", EXTERNAL.values(), ids=EXTERNAL)
def test_a_reference_to_a_server_is_refused_and_nobody_calls(
    build: Callable[[str], bytes], listener: socket.socket
) -> None:
    with pytest.raises(DocumentRejected) as refusal:
        parse_xml(build(f"http://127.0.0.1:{listener.getsockname()[1]}/a.dtd"), LIMITS)

    assert refusal.value.rule == "doctype"
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize("build", UNFOLLOWED.values(), ids=UNFOLLOWED)
def test_other_references_are_parsed_and_not_followed(
    build: Callable[[str], bytes], watched_file: WatchedFile
) -> None:
    tree = parse_xml(build(watched_file.url), LIMITS)

    assert b"<!ENTITY secret" not in etree.tostring(tree)
    assert not watched_file.was_opened()


@pytest.mark.parametrize("build", FINE.values(), ids=FINE)
def test_honest_documents_are_read(build: Callable[[], bytes]) -> None:
    assert parse_xml(build(), LIMITS).getroot() is not None


def test_the_message_names_the_line_and_not_the_content() -> None:
    body = b'<!-- \n\n --><!DOCTYPE a [<!ENTITY canary "canary">]><a>&canary;</a>'

    with pytest.raises(DocumentRejected, match="line 3") as refusal:
        parse_xml(body, LIMITS)

    assert "canary" not in str(refusal.value)


# -- planted bugs: the tests above must be able to fail, and each line must hold alone ------------


def reads(module: ModuleType, body: bytes) -> None:
    """Read a document with a planted copy; whether it is accepted does not matter here."""
    with suppress(DocumentRejected):
        module.parse_xml(body, LIMITS)


@pytest.mark.parametrize("name", ["external subset", "parameter entity"])
def test_without_ids_the_file_is_opened_although_every_other_flag_is_right(
    name: str,
    watched_file: WatchedFile,
) -> None:
    planted = plant(xml, NO_SCAN, NO_SECOND_LOOK, NO_RESOLVER, NO_IDS)

    reads(planted, EXTERNAL[name](watched_file.url))

    assert watched_file.was_opened()


@pytest.mark.parametrize("build", EXTERNAL.values(), ids=EXTERNAL)
def test_the_flags_alone_keep_the_file_closed(
    build: Callable[[str], bytes],
    watched_file: WatchedFile,
) -> None:
    planted = plant(xml, NO_SCAN, NO_SECOND_LOOK, NO_RESOLVER)

    reads(planted, build(watched_file.url))

    assert not watched_file.was_opened()


@pytest.mark.parametrize("build", EXTERNAL.values(), ids=EXTERNAL)
@pytest.mark.parametrize("bug", [NO_IDS, LOADS_DTD, EXPANDS], ids=["ids", "dtd", "entities"])
def test_the_resolver_alone_keeps_the_file_closed(
    build: Callable[[str], bytes],
    bug: tuple[str, str],
    watched_file: WatchedFile,
) -> None:
    planted = plant(xml, NO_SCAN, NO_SECOND_LOOK, bug)

    reads(planted, build(watched_file.url))

    assert not watched_file.was_opened()


@pytest.mark.parametrize("build", EXTERNAL.values(), ids=EXTERNAL)
def test_the_scan_alone_keeps_the_file_closed(
    build: Callable[[str], bytes],
    watched_file: WatchedFile,
) -> None:
    planted = plant(xml, NO_SECOND_LOOK, NO_RESOLVER, NO_IDS, LOADS_DTD, EXPANDS)

    reads(planted, build(watched_file.url))

    assert not watched_file.was_opened()


@pytest.mark.parametrize("name", [name for name in DOCTYPES if name.startswith("bare")])
def test_a_doctype_that_the_scan_misses_is_refused_by_the_second_look(
    name: str,
) -> None:
    planted = plant(xml, NO_SCAN)

    with pytest.raises(DocumentRejected) as refusal:
        planted.parse_xml(DOCTYPES[name](), LIMITS)

    assert refusal.value.rule == "doctype"


def test_without_both_looks_a_doctype_would_pass() -> None:
    planted = plant(xml, NO_SCAN, NO_SECOND_LOOK)

    tree: etree._ElementTree = planted.parse_xml(DOCTYPES["bare in UTF-8"](), LIMITS)

    assert tree.docinfo.internalDTD is not None
