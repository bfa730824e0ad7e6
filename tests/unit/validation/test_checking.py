"""`pipeline.validation.checking` as a library: verdicts, layers, languages, fragments."""

from pathlib import Path

import pytest

from pipeline.domain.documents import Severity, Verdict
from pipeline.domain.errors import ConfigurationError, DocumentRejected
from pipeline.validation.checking import LAYERS, Checker
from pipeline.validation.rule_files import RulePlaces
from pipeline.validation.xml import XmlLimits
from tests.data.hostile.documents import STATEMENT, good
from tests.data.peppol.changes import changed, good_document, text, without

INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
FRAGMENT = f'<Invoice xmlns="{INVOICE}"><Note/></Invoice>'.encode()
NO_BUYER_ADDRESS = changed(without("cac:AccountingCustomerParty/cac:Party/cbc:EndpointID"))
TOO_MANY_RULES = b"""<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
<pattern><rule context="*">
<assert id="A" flag="warning" test="false()">Every element.</assert></rule></pattern>
<pattern><rule context="/*">
<assert id="B" flag="fatal" test="false()">One.</assert></rule></pattern>
</schema>"""


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker()


@pytest.mark.parametrize("is_credit_note", [False, True], ids=["invoice", "credit note"])
def test_a_good_document_is_valid_for_every_layer(
    checker: Checker, *, is_credit_note: bool
) -> None:
    report = checker.check(good_document(is_credit_note=is_credit_note))

    assert report.verdict is Verdict.VALID
    assert tuple(layer.name for layer in report.layers) == LAYERS
    assert all(layer.checked and "sha256:" in layer.version for layer in report.layers)
    assert report.findings == ()


def test_a_finding_says_what_where_and_why(checker: Checker) -> None:
    report = checker.check(changed(text("cbc:InvoiceTypeCode", "389")))

    (finding,) = report.findings
    assert report.verdict is Verdict.INVALID
    assert (finding.layer, finding.rule) == ("peppol", "PEPPOL-EN16931-P0100")
    assert finding.severity is Severity.FATAL
    assert finding.path == "/Invoice/cbc:InvoiceTypeCode"
    assert finding.line == 8
    assert finding.values == ((".", "389"),)
    assert finding.told == f"{finding.message} Here this is '389'."


def test_one_fault_may_break_rules_of_several_layers(checker: Checker) -> None:
    report = checker.check(changed(without("cbc:DocumentCurrencyCode")))

    assert {finding.layer for finding in report.findings} == {"en16931", "peppol"}


def test_the_schema_does_not_silence_the_rules(checker: Checker) -> None:
    report = checker.check(changed(without("cbc:ID")))

    assert {"xsd", "BR-02"} <= {finding.rule for finding in report.findings}


def test_messages_come_in_the_language_that_was_asked_for() -> None:
    report = Checker(["peppol"], language="nl").check(NO_BUYER_ADDRESS)

    assert [finding.message for finding in report.findings] == [
        "Het elektronische adres van de koper ontbreekt."
    ]


def test_a_fragment_can_be_checked_without_the_schema() -> None:
    report = Checker(["peppol"]).check(FRAGMENT)

    rules = {finding.rule for finding in report.findings}
    assert [layer.name for layer in report.layers] == ["peppol"]
    assert {"PEPPOL-EN16931-R008", "PEPPOL-EN16931-R001"} <= rules


def test_a_bank_statement_is_checked_against_its_own_totals(checker: Checker) -> None:
    whole = good(STATEMENT)
    cut = b"".join(whole.splitlines(keepends=True)[:-1])

    assert checker.check(whole).verdict is Verdict.VALID
    assert [finding.rule for finding in checker.check(cut).findings] == ["coda-truncated"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"%PDF-1.7", "no rules for a PDF"), (b"<a/>", "no rules for XML with the root a")],
    ids=["pdf", "other xml"],
)
def test_what_has_no_rules_is_unchecked(checker: Checker, body: bytes, reason: str) -> None:
    report = checker.check(body)

    assert report.verdict is Verdict.UNCHECKED
    assert report.layers[0].reason == reason


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "size"),
        (b"<Invoice", "xml-syntax"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b"x" * 2000, "size"),
    ],
    ids=["empty", "cut", "doctype", "large"],
)
def test_what_cannot_be_looked_into_is_refused(body: bytes, rule: str) -> None:
    small = Checker(["peppol"], limits=XmlLimits(max_bytes=1000))

    with pytest.raises(DocumentRejected) as refused:
        small.check(body)

    assert refused.value.rule == rule


def test_the_rules_folder_of_an_administrator_is_used(tmp_path: Path) -> None:
    (tmp_path / "peppol.sch").write_bytes(TOO_MANY_RULES)

    report = Checker(["peppol"], places=RulePlaces(tmp_path)).check(good_document())

    assert {finding.rule for finding in report.findings} == {"A", "B"}
    assert report.layers[0].version.startswith("peppol.sch, version not stated, sha256:")


def test_a_rule_file_that_cannot_be_used_stops_at_once(tmp_path: Path) -> None:
    (tmp_path / "peppol.sch").write_bytes(TOO_MANY_RULES.replace(b"false()", b"unknown()"))

    with pytest.raises(ConfigurationError, match="unknown"):
        Checker(["peppol"], places=RulePlaces(tmp_path))


def test_compiled_rules_are_kept_and_give_the_same(tmp_path: Path) -> None:
    first = Checker(["peppol"], cache=tmp_path).check(NO_BUYER_ADDRESS)
    kept = list(tmp_path.iterdir())
    second = Checker(["peppol"], cache=tmp_path).check(NO_BUYER_ADDRESS)

    assert len(kept) == 1
    assert first == second
