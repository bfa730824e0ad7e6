"""Simple types: what the C code takes for a value lxml takes for one, and what people write is."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from pipeline.validation.structure.checker import NativeStructure
from pipeline.validation.structure.declarations import Declarations
from pipeline.validation.xml import XmlLimits
from tests.unit.validation.structure.conftest import Make
from tests.unit.validation.structure.toys import Toy, document

USUAL = {
    "decimal": ("0", "-1.50", "+3", ".5", "1.", " 12 ", "\n1000000.001\n", "123456789012345678"),
    "boolean": ("true", "false", "1", "0", " true\n"),
    "date": ("2026-02-28", "2024-02-29", "0001-01-01", "2026-12-31Z", "2026-03-01+13:59"),
    "time": ("00:00:00", "23:59:59", "10:00:00.123", "10:00:00Z", "10:00:00-05:00"),
    "dateTime": ("2026-02-28T10:00:00", "2026-02-28T10:00:00.5Z"),
    "language": ("en", "nl-BE", "x-klingon", " fr "),
    "anyURI": ("", "urn:a:b-c", "http://example.com/a/b?c=d&amp;e=f#g", "a/b", "#x", "//host/x"),
    "base64Binary": ("", "QUJD", "QUI=", "QQ==", " QU\nJD ", "QUJD" * 100),
    "string": ("", "x", "  a\n"),
}
ALPHABETS = {
    "decimal": "0123456789.+- e\n",
    "boolean": "truefals01 \n",
    "date": "0123459-Z+: ",
    "time": "0123459:.Z+- ",
    "dateTime": "012345-T:Z",
    "language": "abzAZ019- _",
    "anyURI": "aZ09:/?#.-_~%[]@ é+=",
    "base64Binary": "AQgwEIM+/= \n",
    "string": "a \n",
}
STEPS = 600


def toy_of(folder: Path, kind: str) -> Toy:
    return Toy(
        folder,
        f'<xs:element name="root" type="root"/><xs:complexType name="root"><xs:simpleContent>'
        f'<xs:extension base="xs:{kind}"/></xs:simpleContent></xs:complexType>',
    )


def accepts(structure: NativeStructure, body: bytes) -> bool:
    return structure.accept(body, XmlLimits()) is not None


def nearly(kind: str) -> Iterator[str]:
    """Usual values with a few characters changed, put in or left out, and some of nothing else."""
    rng = Random(kind)  # noqa: S311 - test data
    for _ in range(STEPS):
        text = list(rng.choice((*USUAL[kind], "")).replace("&amp;", "="))[:40]
        for _ in range(rng.choice((1, 1, 2, 4))):
            at = rng.randrange(len(text) + 1)
            text[at : at + rng.randrange(2)] = rng.choices(ALPHABETS[kind], k=rng.randrange(2))
        yield "".join(text)


@pytest.mark.parametrize("kind", USUAL)
def test_usual_values_are_accepted(tmp_path: Path, make: Make, kind: str) -> None:
    toy = toy_of(tmp_path, kind)
    structure = make(toy.declarations)

    for text in USUAL[kind]:
        assert toy.is_valid(document(text)), text
        assert accepts(structure, document(text)), text


@pytest.mark.parametrize("kind", USUAL)
def test_what_is_accepted_is_a_value_for_lxml_too(tmp_path: Path, make: Make, kind: str) -> None:
    toy = toy_of(tmp_path, kind)
    structure = make(toy.declarations)

    bodies = [document(text) for text in nearly(kind)]

    assert [one for one in bodies if accepts(structure, one) and not toy.is_valid(one)] == []


def test_an_undecided_type_is_never_accepted(tmp_path: Path, make: Make) -> None:
    toy = toy_of(tmp_path, "NMTOKEN")

    assert toy.is_valid(document("abc"))
    assert not accepts(make(toy.declarations), document("abc"))


def test_numbers_beyond_the_usual_are_left_to_lxml(tmp_path: Path, make: Make) -> None:
    declarations: Declarations = toy_of(tmp_path, "decimal").declarations

    assert not accepts(make(declarations), document("1234567890123456789"))
