from base64 import b64encode

import pytest
from lxml import etree

from pipeline.validation.attachments import cut_large_objects, embedded_pdfs
from pipeline.validation.xml import XmlLimits, parse_xml
from tests.data.hostile.documents import INVOICE, edited, embedding, good

PDF = b"%PDF-1.4\nsmall\n%%EOF\n"
LARGE = b"%PDF-1.4\n" + bytes(range(256)) * 10_000


def tree_of(body: bytes) -> etree._ElementTree:
    return parse_xml(body, XmlLimits())


@pytest.mark.parametrize("pdf", [PDF, LARGE], ids=["small", "large"])
def test_a_pdf_comes_out_as_it_went_in(pdf: bytes) -> None:
    (found,) = embedded_pdfs(tree_of(embedding(b64encode(pdf), " Scan 1.PDF ")))

    assert (found.file_name, found.content_type, found.body) == (
        "Scan 1.PDF",
        "application/pdf",
        pdf,
    )


def test_base64_in_lines_is_read() -> None:
    text = b64encode(PDF)
    lines = b"\n" + text[:16] + b"\r\n\t" + text[16:] + b" \n"

    assert next(embedded_pdfs(tree_of(embedding(lines)))).body == PDF


def test_a_pdf_without_a_name_gets_one() -> None:
    assert next(embedded_pdfs(tree_of(embedding(b64encode(PDF), "")))).file_name == "attachment.pdf"


def test_a_pdf_is_known_by_its_name_when_its_type_is_another() -> None:
    body = embedding(b64encode(PDF)).replace(b"application/pdf", b"application/octet-stream")

    assert next(embedded_pdfs(tree_of(body))).body == PDF


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b64encode(b"PK\x03\x04 a zip called a PDF"), id="no pdf inside"),
        pytest.param(b"JVBERi0", id="bad padding"),
        pytest.param(b"JVBERi0*", id="bad character"),
        pytest.param("JVBERi0é".encode(), id="not ascii"),
        pytest.param(b"JVBE=Ri0", id="padding inside"),
        pytest.param(b"JVBE====", id="too much padding"),
        pytest.param(b"JVBERi0x<!-- -->LjQK", id="a comment inside"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_is_no_pdf_in_base64_is_left_out(content: bytes) -> None:
    assert list(embedded_pdfs(tree_of(embedding(content)))) == []


def test_a_spreadsheet_is_left_out() -> None:
    body = embedding(b64encode(PDF), "a.csv").replace(b"application/pdf", b"text/csv")

    assert list(embedded_pdfs(tree_of(body))) == []


def test_all_pdfs_come_in_order_but_never_more_than_a_hundred() -> None:
    one = embedding(b64encode(PDF)).partition(b"<cac:AdditionalDocumentReference>")
    reference = one[1] + one[2].partition(b"</cac:AdditionalDocumentReference>")[0]
    many = b"".join(
        reference.replace(b"scan.pdf", b"%d.pdf" % number) + b"</cac:AdditionalDocumentReference>"
        for number in range(150)
    )
    body = edited(
        INVOICE, b"  <cac:AccountingSupplierParty>", many + b"<cac:AccountingSupplierParty>"
    )

    names = [pdf.file_name for pdf in embedded_pdfs(tree_of(body))]

    assert names == [f"{number}.pdf" for number in range(100)]


def test_an_invoice_without_attachments_has_none() -> None:
    assert list(embedded_pdfs(tree_of(good(INVOICE)))) == []


def test_large_objects_are_cut_and_small_ones_stay() -> None:
    small, large = (tree_of(embedding(b64encode(pdf))) for pdf in (PDF, LARGE))

    assert list(cut_large_objects(small)) == list(cut_large_objects(large)) == []

    assert b64encode(PDF) in etree.tostring(small)
    assert len(etree.tostring(large)) < len(good(INVOICE)) + 1000


def test_a_large_object_that_is_no_base64_is_named_with_its_place() -> None:
    (finding,) = cut_large_objects(tree_of(embedding(b"?" * 10_000)))

    assert finding.rule == "xsd"
    assert "EmbeddedDocumentBinaryObject" in finding.message
    assert "EmbeddedDocumentBinaryObject" in (finding.path or "")
    assert finding.line is not None
