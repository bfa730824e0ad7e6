"""Rule files as layers: one pass for all of them, and few findings of many."""

import pytest

from pipeline.domain.documents import DocumentKind, Severity
from pipeline.validation.profile import FINDINGS_MAX, Subject
from pipeline.validation.recognition import Content
from pipeline.validation.rule_files import (
    EMBEDDED_PEPPOL,
    Origin,
    RuleFile,
    RulePlaces,
    RuleSetName,
)
from pipeline.validation.rule_layers import RuleLayer, rule_layers
from pipeline.validation.rules import ruleset
from pipeline.validation.rules.engine import RuleFinding
from pipeline.validation.rules.ruleset import RuleSet
from tests.data.peppol.changes import changed, good_document, text, without

RULES = b"""<sch:schema xmlns:sch="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
<sch:pattern><sch:rule context="*[not(*)]">
<sch:assert id="W" flag="warning" test="false()">Every leaf.</sch:assert>
<sch:assert id="F" flag="fatal" test="not(name() = 'last')">The last one.</sch:assert>
<sch:assert id="E" flag="fatal" test="xs:decimal(.) &gt; 0">A number.</sch:assert>
</sch:rule></sch:pattern></sch:schema>"""


def subject(body: bytes) -> Subject:
    return Subject(DocumentKind.PURCHASE_INVOICE, body, Content.XML)


def layer_of(data: bytes, limit: int = FINDINGS_MAX) -> RuleLayer:
    file = RuleFile(RuleSetName.PEPPOL, Origin.FOLDER, EMBEDDED_PEPPOL, "test", data)
    return RuleLayer(file, RuleSet.load(ruleset.RuleFile("peppol", data)), limit=limit)


def test_both_rule_sets_share_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[bytes] = []
    check = RuleSet.check

    def counted(rules: RuleSet, data: bytes) -> list[RuleFinding]:
        passes.append(data)
        return check(rules, data)

    monkeypatch.setattr(RuleSet, "check", counted)
    en16931, peppol = rule_layers(tuple(RuleSetName), RulePlaces())
    document = subject(changed(without("cbc:IssueDate"), text("cbc:InvoiceTypeCode", "389")))

    found = [[each.rule for each in layer.check(document)] for layer in (en16931, peppol)]

    assert found == [["BR-03"], ["PEPPOL-EN16931-P0100"]]
    assert len(passes) == 1


def test_no_rule_sets_are_no_layers() -> None:
    assert rule_layers((), RulePlaces()) == ()


def test_a_rule_that_could_not_be_evaluated_says_so() -> None:
    _, finding = layer_of(RULES).check(subject(b"<a><b>x</b></a>"))

    assert finding.rule == "E"
    assert finding.message.startswith("A number. The rule could not be evaluated: ")


def test_of_too_many_findings_the_telling_ones_are_kept() -> None:
    leaves = b"<b>1</b>" * 300
    layer = layer_of(RULES, limit=10)

    found = layer.check(subject(b"<a>" + leaves + b"<last>1</last></a>"))

    assert [(each.rule, each.severity) for each in found[:2]] == [
        ("F", Severity.FATAL),
        ("W", Severity.WARNING),
    ]
    assert len(found) == 10
    assert found[1].message == "Every leaf. In 301 places."


def test_a_good_document_has_nothing_to_find() -> None:
    for layer in rule_layers(tuple(RuleSetName), RulePlaces()):
        assert layer.check(subject(good_document())) == []
        assert not layer.is_binding
