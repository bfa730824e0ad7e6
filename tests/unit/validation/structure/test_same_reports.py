"""With the structure and without it, the report on a document is the same to the last field."""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from random import Random

import pytest

from pipeline.domain.documents import Document, DocumentKind, ValidationReport
from pipeline.domain.errors import DocumentRejected
from pipeline.testing.contracts.profile import listed
from pipeline.validation.profiles.coda_2 import Coda2
from pipeline.validation.profiles.ubl_2_1 import Ubl21
from pipeline.validation.structure.checker import Structure
from pipeline.validation.structure.declarations import Declarations
from pipeline.validation.validator import Validator
from pipeline.validation.xml import XmlLimits
from tests.data.hostile import xml_corpus
from tests.data.hostile.documents import R14, good
from tests.differential.mutate import bases, mutants, padded
from tests.differential.targets import Targets
from tests.unit.validation.structure.drawing import Drawing
from tests.unit.validation.structure.oddities import ACCEPTED, LEFT_OVER
from tests.unit.validation.test_damaged_documents import damaged

SHARED = Path(os.environ.get("DOSSIERPOST_SHARED") or Path(__file__).parents[5] / "shared")
SAMPLES = sorted((SHARED / "samples" / "ubl-be").glob("*.xml"))
INVOICE, CREDIT_NOTE = DocumentKind.PURCHASE_INVOICE, DocumentKind.PURCHASE_CREDIT_NOTE
PROFILES = (Ubl21(), Coda2())

Outcome = ValidationReport | tuple[str, str | None, ValidationReport | None]


def invoices(bodies: Iterable[bytes]) -> list[Document]:
    return [listed(body, INVOICE) for body in bodies]


def told(outcome: ValidationReport | Exception) -> Outcome:
    if isinstance(outcome, ValidationReport):
        return outcome
    assert isinstance(outcome, DocumentRejected), outcome
    return str(outcome), outcome.rule, outcome.report


async def outcomes(
    structure: Structure | None, documents: Sequence[Document], *, wants: bool = True
) -> list[Outcome]:
    validator = Validator(PROFILES, structure=structure, wants_attachments=lambda _: wants)
    return [told(one) for one in await validator.validate(documents)]


async def assert_same(structure: Structure, documents: Sequence[Document]) -> None:
    assert await outcomes(structure, documents) == await outcomes(None, documents)


def accepted(structure: Structure, body: bytes) -> bool:
    return structure.accept(body, XmlLimits()) is not None


async def test_generated_documents(structure: Structure) -> None:
    await assert_same(structure, invoices(bases()))


@pytest.mark.skipif(
    not SAMPLES, reason=f"NOT RUN: the real samples are not at {SHARED}; set DOSSIERPOST_SHARED"
)
async def test_real_documents(structure: Structure) -> None:
    bodies = [path.read_bytes() for path in SAMPLES]

    await assert_same(structure, invoices(bodies))
    assert all(accepted(structure, body) for body in bodies)


@pytest.mark.parametrize("name", ACCEPTED)
async def test_a_good_document_written_in_an_odd_way(structure: Structure, name: str) -> None:
    body = ACCEPTED[name]

    await assert_same(structure, invoices([body]))
    assert accepted(structure, body)


@pytest.mark.parametrize("name", LEFT_OVER)
async def test_what_is_odd_is_left_to_lxml(structure: Structure, name: str) -> None:
    body = LEFT_OVER[name]

    await assert_same(structure, invoices([body]))
    assert not accepted(structure, body)


@pytest.mark.parametrize("bad", R14, ids=lambda bad: bad.name)
async def test_bad_input(structure: Structure, bad: object) -> None:
    assert isinstance(bad, type(R14[0]))

    await assert_same(structure, [listed(bad.build(), bad.kind)])


@pytest.mark.parametrize("name", [*xml_corpus.DOCTYPES, *xml_corpus.BROKEN, *xml_corpus.FINE])
async def test_xml_made_to_harm_its_reader(structure: Structure, name: str) -> None:
    broken = {broken: build for broken, (_, build) in xml_corpus.BROKEN.items()}
    body = {**xml_corpus.DOCTYPES, **broken, **xml_corpus.FINE}[name]()

    await assert_same(structure, invoices([body]))


@pytest.mark.parametrize("seed", range(4))
async def test_damaged_invoices(structure: Structure, targets: Targets, seed: int) -> None:
    documents = chain(padded(4), mutants(targets, 1000 + seed, 500))

    await assert_same(structure, invoices(one.body for one in documents))


@pytest.mark.parametrize("kind", [INVOICE, CREDIT_NOTE])
async def test_damaged_bytes(structure: Structure, kind: DocumentKind) -> None:
    rng = Random(f"bytes/{kind}")  # noqa: S311 - test data
    body = good(kind)

    await assert_same(structure, [listed(damaged(rng, body), kind) for _ in range(2500)])


async def test_documents_with_anything_in_them(structure: Structure, ubl: Declarations) -> None:
    def bodies() -> Iterator[bytes]:
        for seed in range(150):
            yield Drawing(ubl, seed).document()
            yield Drawing(ubl, seed).changed_document()

    await assert_same(structure, invoices(bodies()))


async def test_attachments_that_nobody_wants(structure: Structure) -> None:
    documents = invoices([ACCEPTED["a large embedded file"]])

    with_it = await outcomes(structure, documents, wants=False)

    assert with_it == await outcomes(None, documents, wants=False)


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param(XmlLimits(max_bytes=1000), id="bytes"),
        pytest.param(XmlLimits(max_nodes=50), id="nodes"),
        pytest.param(XmlLimits(max_depth=3), id="depth"),
        pytest.param(XmlLimits(max_attributes=1), id="attributes"),
    ],
)
async def test_limits(structure: Structure, limits: XmlLimits) -> None:
    documents = invoices([good(INVOICE)])
    one = Validator(PROFILES, structure=structure, limits=limits)
    other = Validator(PROFILES, limits=limits)

    first, second = await one.validate(documents), await other.validate(documents)

    assert isinstance(first[0], DocumentRejected)
    assert told(first[0]) == told(second[0])
