"""Structure, rules and key data out of one pass: the reports are those of three."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.domain.documents import ValidationReport
from pipeline.testing.contracts.profile import listed
from pipeline.validation.one_pass import OnePass
from pipeline.validation.profiles.ubl_2_1 import Ubl21
from pipeline.validation.rule_files import RulePlaces, RuleSetName
from pipeline.validation.rule_layers import RuleLayer, rule_layers
from pipeline.validation.schema import UblSchema
from pipeline.validation.structure.checker import NativeStructure, Structure
from pipeline.validation.ubl_structure import ubl_structure
from pipeline.validation.validator import Validator
from pipeline.validation.xml import XmlLimits
from tests.data.hostile.documents import INVOICE
from tests.differential.mutate import bases, directed, mutants, padded
from tests.differential.targets import Targets
from tests.unit.validation.structure.oddities import ACCEPTED, LEFT_OVER
from tests.unit.validation.structure.splicing import spliced
from tests.unit.validation.structure.test_accepted import wrongly_accepted
from tests.unit.validation.structure.test_same_reports import Outcome, told


@pytest.fixture(scope="session")
def layers() -> Sequence[RuleLayer]:
    return rule_layers(tuple(RuleSetName), RulePlaces())


@pytest.fixture(scope="session")
def one_pass(layers: Sequence[RuleLayer], structure: NativeStructure) -> OnePass:
    if layers[0].rules.native is None:
        pytest.skip(f"NOT RUN: the rules run in {layers[0].rules.engine_name}")
    return OnePass(structure, layers[0].rules)


async def outcomes(
    layers: Sequence[RuleLayer], structure: Structure | None, bodies: Sequence[bytes]
) -> list[Outcome]:
    profiles = [Ubl21([UblSchema(), *layers])]
    validator = Validator(profiles, structure=structure, wants_attachments=lambda _: True)
    documents = [listed(body, INVOICE) for body in bodies]
    return [told(one) for one in await validator.validate(documents)]


async def assert_same(
    layers: Sequence[RuleLayer], structure: Structure, bodies: Sequence[bytes]
) -> None:
    expected = await outcomes(layers, None, bodies)

    assert await outcomes(layers, structure, bodies) == expected


async def test_generated_documents(layers: Sequence[RuleLayer], one_pass: OnePass) -> None:
    await assert_same(layers, one_pass, bases())


async def test_documents_written_in_odd_ways(
    layers: Sequence[RuleLayer], one_pass: OnePass
) -> None:
    await assert_same(layers, one_pass, [*ACCEPTED.values(), *LEFT_OVER.values()])


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_document_written_in_an_odd_way_is_accepted(one_pass: OnePass, name: str) -> None:
    assert one_pass.accept(ACCEPTED[name], XmlLimits()) is not None


@pytest.mark.parametrize("name", LEFT_OVER)
def test_what_is_odd_is_not_accepted(one_pass: OnePass, name: str) -> None:
    assert one_pass.accept(LEFT_OVER[name], XmlLimits()) is None


@pytest.mark.parametrize("seed", range(3))
async def test_damaged_documents(
    layers: Sequence[RuleLayer], one_pass: OnePass, targets: Targets, seed: int
) -> None:
    bodies = [one.body for one in (*padded(2), *mutants(targets, 2000 + seed, 300))]

    await assert_same(layers, one_pass, bodies)


async def test_documents_with_forbidden_paths(
    layers: Sequence[RuleLayer], one_pass: OnePass, targets: Targets
) -> None:
    await assert_same(layers, one_pass, [one.body for one in directed(targets)][::4])


def test_the_rules_have_their_findings_before_they_are_asked(
    layers: Sequence[RuleLayer], one_pass: OnePass
) -> None:
    accepted = one_pass.accept(bases()[0], XmlLimits())

    assert accepted is not None
    assert accepted.shared == {layers[0].rules: layers[0].rules.check(bases()[0])}


def test_an_installation_takes_one_pass_for_its_rules(
    layers: Sequence[RuleLayer], one_pass: OnePass
) -> None:
    chosen = ubl_structure([UblSchema(), *layers])

    assert isinstance(chosen, OnePass)
    assert chosen.rules is one_pass.rules


async def test_a_document_with_findings_is_reported_with_them(
    layers: Sequence[RuleLayer], one_pass: OnePass
) -> None:
    wrong = bases()[0].replace(b">380<", b">999<")

    (outcome,) = await outcomes(layers, one_pass, [wrong])

    assert isinstance(outcome, ValidationReport)
    assert outcome.findings


def test_threads_do_not_disturb_each_other(one_pass: OnePass) -> None:
    bodies = [*bases()[:20], *ACCEPTED.values(), *LEFT_OVER.values()] * 3
    limits = XmlLimits()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda body: one_pass.accept(body, limits), bodies))

    assert found == [one_pass.accept(body, limits) for body in bodies]


@pytest.mark.parametrize("is_one_pass", [True, False], ids=["one pass", "structure alone"])
def test_what_is_accepted_of_spliced_documents_lxml_accepts(
    one_pass: OnePass, *, is_one_pass: bool
) -> None:
    bodies = [*bases()[:15], *(body for body in ACCEPTED.values() if len(body) < 40_000)]
    accepting = one_pass if is_one_pass else one_pass.structure

    assert list(wrongly_accepted(accepting, spliced(bodies, 1, 4000))) == []
