"""The scanner beside expat and libxml2: it reads what is plain, and reads it as they do."""

from collections.abc import Iterable, Iterator
from random import Random

import pytest

from tests.differential.mutate import bases
from tests.native.fuzz import damaged
from tests.native.scanned import Edit, Scanned, expected, real_scanner, scanner
from tests.native.well_formed import LEFT, READ, REFUSED

MUTANTS = 4000


@pytest.fixture(scope="module")
def scan() -> Scanned:
    return real_scanner()


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """Damaged small documents, and the small ones themselves."""
    rng = Random(f"scanner {seed}")  # noqa: S311 - test data
    small = [*READ.values(), *LEFT.values(), bases()[0]]
    yield from (*READ.values(), *REFUSED.values())
    for _ in range(count):
        yield damaged(rng, rng.choice(small), rng.choice((1, 1, 2, 4)))


def wrong(scan: Scanned, bodies: Iterable[bytes]) -> Iterator[bytes]:
    """Bodies that are read, and others read not at all or otherwise."""
    for body in bodies:
        found = scan(body)
        if found is not None and found != expected(body):
            yield body


@pytest.mark.parametrize("name", READ)
def test_what_is_plain_is_read_as_others_read_it(scan: Scanned, name: str) -> None:
    found = scan(READ[name])

    assert found is not None
    assert found == expected(READ[name])


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_well_formed_is_refused(scan: Scanned, name: str) -> None:
    assert scan(REFUSED[name]) is None


@pytest.mark.parametrize("name", LEFT)
def test_what_is_odd_is_refused_though_others_read_it(scan: Scanned, name: str) -> None:
    assert scan(LEFT[name]) is None


@pytest.mark.parametrize("name", READ)
def test_a_document_cut_anywhere_is_refused_or_read_as_others_read_it(
    scan: Scanned, name: str
) -> None:
    body = READ[name][:300]

    assert list(wrong(scan, (body[:size] for size in range(len(body))))) == []


def test_damaged_documents_are_refused_or_read_as_others_read_them(scan: Scanned) -> None:
    assert list(wrong(scan, mutants(1, MUTANTS))) == []


def test_many_of_the_damaged_documents_are_read(scan: Scanned) -> None:
    assert sum(scan(body) is not None for body in mutants(1, MUTANTS)) > MUTANTS / 10


PLANTED: dict[str, Edit] = {
    "line ends stay": (
        "scan_text.c",
        "scan->carriage = scan->has_carriages ? find(start, end, '\\r') : end;",
        "scan->carriage = end;",
    ),
    "line ends of values stay two": (
        "scan_attributes.c",
        "byte == '\\r' && scan->at < end",
        "false && scan->at < end",
    ),
    "the end of a section in a text": (
        "scan_text.c",
        "(scan->has_brackets && section_end(start, end) != NULL)",
        "false",
    ),
    "ends of elements are not compared": (
        "scan.c",
        "memcmp(scan->at, name.at, name.size) != 0",
        "name.at == NULL",
    ),
    "attributes may be there twice": (
        "scan_attributes.c",
        "is_among(attributes, *count, attribute->name.written)",
        "is_among(attributes, 0, attribute->name.written)",
    ),
    "references to surrogates": ("scan_text.c", "point <= 0xD7FF", "point <= 0xDFFF"),
    "surrogates": ("scan_bytes.c", "second >= 0x80 && second <= 0x9F", "second >= 0x80"),
    "two hyphens in a comment": (
        "scan.c",
        "return at[2] == '>' ? SCAN_COMMENT : SCAN_REFUSED;",
        "return SCAN_COMMENT;",
    ),
    "two roots": ("scan.c", "scan->depth == 0 && scan->has_root", "false"),
    "declarations that never end": (
        "names.c",
        "names->version = all[--names->bindings.count].before;",
        "return;",
    ),
    "one version for all declarations": (
        "names.c",
        "names->version = version_with(names, prefix, uri);",
        "version_with(names, prefix, uri);",
    ),
    "one attribute by two prefixes": (
        "names.c",
        "is_known && !may_be_twin(element->attributes, attribute)",
        "is_known && (!may_be_twin(element->attributes, attribute) || true)",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("edit", PLANTED.values(), ids=list(PLANTED))
def test_a_planted_bug_is_seen(edit: Edit) -> None:
    assert any(wrong(scanner(edit), mutants(1, MUTANTS)))
