from base64 import b64decode
from io import BytesIO

from lxml import etree
from pypdf import PdfReader

from pipeline.domain.documents import DocumentKind
from pipeline.testing.documents.office import Office
from pipeline.testing.documents.pdf import render_pdf


def test_text_and_pages_are_read_back() -> None:
    body = render_pdf([f"Line {number} (with) \\ é" for number in range(101)])

    pages = PdfReader(BytesIO(body), strict=True).pages

    assert len(pages) == 3
    assert pages[0].extract_text().splitlines()[0] == "Line 0 (with) \\ é"
    assert "Line 100" in pages[2].extract_text()


def test_an_empty_pdf_has_one_page() -> None:
    assert len(PdfReader(BytesIO(render_pdf([])), strict=True).pages) == 1


def test_some_invoices_embed_a_pdf_that_shows_their_number(office: Office) -> None:
    invoices = [one for one in office.documents() if one.kind.is_ubl and not one.expected_rule]
    embedded = [
        (one, node)
        for one in invoices
        for node in etree.fromstring(one.body).iterfind(".//{*}EmbeddedDocumentBinaryObject")
    ]

    for invoice, node in embedded[:25]:
        pages = PdfReader(BytesIO(b64decode(node.text or "")), strict=True).pages
        assert invoice.file_name.removesuffix(".xml").replace("-", "/") in pages[0].extract_text()
    assert 0.2 < len(embedded) / len(invoices) < 0.4


def test_other_documents_are_letters(office: Office) -> None:
    letters = [one for one in office.documents() if one.kind is DocumentKind.OTHER]

    for letter in letters[:10]:
        pages = PdfReader(BytesIO(letter.body), strict=True).pages
        assert len(pages) == 1
        assert pages[0].extract_text()
        assert letter.content_type == "application/pdf"
