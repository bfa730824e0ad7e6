import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio
import pytest

from pipeline.domain.documents import (
    Document,
    DocumentKind,
    FailureCause,
    Finding,
    LayerReport,
    Severity,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import DocumentRejected
from pipeline.testing.contracts.profile import listed, rule_of
from pipeline.testing.documents.office import generate_office
from pipeline.validation.profile import NotInstalled, Subject, verdict_of
from pipeline.validation.profiles.coda_2 import Coda2
from pipeline.validation.profiles.ubl_2_1 import Ubl21
from pipeline.validation.validator import Validator
from pipeline.validation.xml import XmlLimits
from tests.data.hostile.documents import INVOICE, OTHER, edited, embedding, good

PDF = b"%PDF-1.4\n%%EOF\n"


@dataclass
class Rule:
    """A layer with one finding for every document, or a bug."""

    severity: Severity = Severity.WARNING
    is_binding: bool = False
    bug: Exception | None = None

    @property
    def report(self) -> LayerReport:
        return LayerReport("house", "1")

    def check(self, subject: Subject) -> Sequence[Finding]:
        if self.bug:
            raise self.bug
        return [Finding("house", "house-1", self.severity, f"{len(subject.body)} bytes")]


async def only(validator: Validator, document: Document) -> ValidationReport:
    (outcome,) = await validator.validate([document])
    assert isinstance(outcome, ValidationReport)
    return outcome


async def test_a_whole_office_ends_as_it_was_made(validator: Validator) -> None:
    office = generate_office(1, 50, 1002, before=datetime(2026, 3, 1, tzinfo=UTC))
    generated = list(office.documents())

    outcomes = await validator.validate([listed(one.body, one.kind, one.id) for one in generated])

    assert [rule_of(outcome) for outcome in outcomes] == [one.expected_rule for one in generated]
    verdicts = Counter(one.verdict for one in outcomes if isinstance(one, ValidationReport))
    assert verdicts.keys() == {Verdict.UNCHECKED, Verdict.VALID}


async def test_ubl_without_rule_layers_is_unchecked_and_says_which_are_missing(
    validator: Validator,
) -> None:
    report = await only(validator, listed(good(INVOICE), INVOICE))

    assert report.verdict is Verdict.UNCHECKED
    assert [(one.name, one.checked, one.reason) for one in report.layers] == [
        ("xsd", True, None),
        ("en16931", False, "not installed"),
        ("peppol", False, "not installed"),
    ]


@pytest.mark.parametrize(
    ("layers", "verdict"),
    [
        pytest.param([Rule()], Verdict.WARNINGS, id="warning"),
        pytest.param([Rule(Severity.FATAL)], Verdict.INVALID, id="fatal"),
        pytest.param([Rule(), NotInstalled("x")], Verdict.UNCHECKED, id="warning, one missing"),
        pytest.param(
            [Rule(Severity.FATAL), NotInstalled("x")], Verdict.INVALID, id="fatal, missing"
        ),
        pytest.param([], Verdict.UNCHECKED, id="nothing asked for"),
    ],
)
async def test_a_rule_layer_is_one_more_in_the_list(layers: list[Rule], verdict: Verdict) -> None:
    report = await only(Validator([Ubl21(layers)]), listed(good(INVOICE), INVOICE))

    assert report.verdict is verdict
    assert [one.name for one in report.layers] == [layer.report.name for layer in layers]


async def test_a_fault_of_a_binding_layer_rejects_with_everything_found_so_far() -> None:
    validator = Validator([Ubl21([Rule(), Rule(Severity.FATAL, is_binding=True), Rule()])])

    (outcome,) = await validator.validate([listed(good(INVOICE), INVOICE)])

    assert isinstance(outcome, DocumentRejected)
    assert outcome.rule == "house-1"
    assert outcome.report is not None
    assert len(outcome.report.findings) == 2
    assert outcome.report.key_data.currency == "EUR"


async def test_a_schema_violation_is_rejected_with_the_first_message_and_all_findings(
    validator: Validator,
) -> None:
    body = edited(INVOICE, b"<cbc:DueDate>20", b"<cbc:DueDate>x").replace(
        b">EUR<", b">EUR<!---->\t<"
    )
    body = body.replace(b'currencyID="EUR"', b'currency="EUR"')

    (outcome,) = await validator.validate([listed(body, INVOICE)])

    assert isinstance(outcome, DocumentRejected)
    assert outcome.rule == "xsd"
    assert outcome.report is not None
    assert len(outcome.report.findings) > 3
    assert str(outcome) == outcome.report.findings[0].message
    assert outcome.report.key_data.number


def test_warnings_alone_make_warnings_and_nothing_makes_valid() -> None:
    ran = (LayerReport("xsd", "1"),)
    warning = Finding("x", "x", Severity.WARNING, "")

    assert verdict_of(ran, ()) is Verdict.VALID
    assert verdict_of(ran, (warning,)) is Verdict.WARNINGS


async def test_a_bug_stays_with_its_document() -> None:
    bug = ZeroDivisionError("a bug")
    validator = Validator([Ubl21([Rule(bug=bug), Rule()]), Coda2()])
    statement = listed(good(DocumentKind.BANK_STATEMENT), DocumentKind.BANK_STATEMENT)

    outcomes = await validator.validate([listed(good(INVOICE), INVOICE), statement])

    broken, statement_report = outcomes
    assert isinstance(broken, ValidationReport)
    assert broken.verdict is Verdict.UNCHECKED
    assert [one.checked for one in broken.layers] == [False, True]
    assert [one.rule for one in broken.findings] == ["unchecked-error", "house-1"]
    assert "ZeroDivisionError: a bug" in broken.failures[0].details
    assert isinstance(statement_report, ValidationReport)
    assert statement_report.failures == ()


async def test_a_bug_before_any_layer_stays_with_its_document_too() -> None:
    class Broken(Ubl21):
        def claims(self, subject: Subject) -> bool:
            raise ZeroDivisionError("a bug")

    report = await only(Validator([Broken()]), listed(good(INVOICE), INVOICE))

    assert report.verdict is Verdict.UNCHECKED
    assert [one.cause for one in report.failures] == [FailureCause.ERROR]


async def test_embedded_pdfs_come_only_when_they_are_wanted() -> None:
    asked: list[str] = []

    def wants(document: Document) -> bool:
        asked.append(document.key.document_id)
        return document.key.document_id == "wanted"

    validator = Validator([Ubl21()], wants_attachments=wants)
    body = embedding(b64encode(PDF))

    without, with_pdf = await validator.validate(
        [listed(body, INVOICE, "not"), listed(body, INVOICE, "wanted")]
    )

    assert isinstance(without, ValidationReport)
    assert isinstance(with_pdf, ValidationReport)
    assert without.attachments == ()
    assert [(one.file_name, one.body) for one in with_pdf.attachments] == [("scan.pdf", PDF)]
    assert asked == ["not", "wanted"]


async def test_limits_are_settings() -> None:
    validator = Validator([Ubl21()], limits=XmlLimits(max_bytes=100, max_nodes=1000))

    (outcome,) = await validator.validate([listed(good(INVOICE), INVOICE)])

    assert rule_of(outcome) == "size"


async def test_an_invoice_listed_as_other_document_is_delivered_as_it_is(
    validator: Validator,
) -> None:
    report = await only(validator, listed(good(INVOICE), OTHER))

    assert report.verdict is Verdict.UNCHECKED
    assert report.layers[0].reason == "listed as another document"


async def test_another_root_is_unchecked_and_named(validator: Validator) -> None:
    report = await only(validator, listed(b"<Order xmlns='urn:x'/>", INVOICE))

    assert report.verdict is Verdict.UNCHECKED
    assert report.layers[0].reason == "no rules for XML with the root Order"


async def test_a_batch_is_one_hop_and_threads_are_bounded() -> None:
    threads: set[int] = set()
    running = 0
    most = 0
    lock = threading.Lock()
    together = threading.Barrier(2, timeout=10)

    class Watching(Rule):
        def check(self, subject: Subject) -> Sequence[Finding]:
            nonlocal running, most
            threads.add(threading.get_ident())
            with lock:
                running += 1
                most = max(most, running)
            if subject.body.endswith(b"<!--meet-->"):
                together.wait()
            with lock:
                running -= 1
            return []

    validator = Validator([Ubl21([Watching()])], threads=2)
    batch = [listed(good(INVOICE) + b"<!--meet-->", INVOICE), *[listed(good(INVOICE), INVOICE)] * 5]

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(validator.validate, batch)

    assert most == 2
    assert threading.get_ident() not in threads


async def test_a_rejection_does_not_keep_the_tree_alive(validator: Validator) -> None:
    body = edited(INVOICE, b"</cbc:Note>", b"")

    (outcome,) = await validator.validate([listed(body, INVOICE)])

    assert isinstance(outcome, DocumentRejected)
    assert outcome.__traceback__ is None
    assert outcome.__cause__ is not None
    assert outcome.__cause__.__traceback__ is None


async def test_a_format_without_its_profile_is_unchecked() -> None:
    statement = listed(good(DocumentKind.BANK_STATEMENT), DocumentKind.BANK_STATEMENT)

    report = await only(Validator([Ubl21()]), statement)

    assert report.verdict is Verdict.UNCHECKED
    assert report.layers[0].reason == "no rules for a CODA file"
