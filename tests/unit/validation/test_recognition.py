import pytest

from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef
from pipeline.domain.errors import DocumentRejected
from pipeline.testing.contracts.profile import RECEIVED_AT
from pipeline.validation.recognition import Content, recognise, require_deliverable


def ref(
    kind: DocumentKind, file_name: str | None = None, content_type: str | None = None
) -> DocumentRef:
    key = DocumentKey("hub", "dossier", "1")
    return DocumentRef(key, kind, RECEIVED_AT, file_name=file_name, content_type=content_type)


@pytest.mark.parametrize(
    ("body", "content"),
    [
        pytest.param(b"<Invoice/>", Content.XML, id="xml"),
        pytest.param(b"\xef\xbb\xbf\r\n <?xml version='1.0'?>", Content.XML, id="xml after a mark"),
        pytest.param("<a/>".encode("utf-16-le"), Content.XML, id="utf-16 without mark"),
        pytest.param("<a/>".encode("utf-16"), Content.XML, id="utf-16"),
        pytest.param("<a/>".encode("utf-32"), Content.XML, id="utf-32"),
        pytest.param(b" <!DocType HTML PUBLIC>", Content.HTML, id="html doctype"),
        pytest.param(b"<HTML lang=nl>", Content.HTML, id="html"),
        pytest.param(b"<htmlish/>", Content.XML, id="a root that starts like html"),
        pytest.param(b"<!DOCTYPE Invoice>", Content.XML, id="another doctype"),
        pytest.param(b"%PDF-1.7", Content.PDF, id="pdf"),
        pytest.param(b"junk before\n%PDF-1.7", Content.PDF, id="pdf after junk"),
        pytest.param(b" " * 2000 + b"%PDF-1.7", Content.OTHER, id="pdf far away"),
        pytest.param(b"0000001011700", Content.CODA, id="coda"),
        pytest.param(b"1200BE", Content.OTHER, id="digits and letters"),
        pytest.param(b"10001539007547034", Content.CODA, id="coda without its header"),
        pytest.param(b":20:MT940", Content.OTHER, id="mt940"),
        pytest.param("0000".encode("utf-16"), Content.OTHER, id="text in utf-16"),
    ],
)
def test_content_is_judged_by_its_first_bytes(body: bytes, content: Content) -> None:
    assert recognise(body) is content


@pytest.mark.parametrize(
    ("kind", "deliverable"),
    [
        pytest.param(DocumentKind.SALES_CREDIT_NOTE, {Content.XML}, id="invoice"),
        pytest.param(DocumentKind.BANK_STATEMENT, {Content.XML, Content.CODA}, id="statement"),
        pytest.param(DocumentKind.OTHER, set(Content) - {Content.HTML}, id="other"),
    ],
)
def test_each_kind_has_its_contents(kind: DocumentKind, deliverable: set[Content]) -> None:
    for content in deliverable:
        require_deliverable(ref(kind), content)
    for content in set(Content) - deliverable:
        with pytest.raises(DocumentRejected) as rejection:
            require_deliverable(ref(kind), content)
        assert rejection.value.rule == "wrong-kind"


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param(ref(DocumentKind.OTHER, file_name="Contract.HTM"), id="by name"),
        pytest.param(
            ref(DocumentKind.OTHER, content_type="text/html; charset=utf-8"), id="by type"
        ),
    ],
)
def test_an_other_document_may_be_html_when_the_hub_says_so(reference: DocumentRef) -> None:
    require_deliverable(reference, Content.HTML)


def test_an_invoice_may_not_be_html_even_when_the_hub_says_so() -> None:
    reference = ref(DocumentKind.PURCHASE_INVOICE, "invoice.html", "text/html")

    with pytest.raises(DocumentRejected, match="as purchase invoice, but it is an HTML page"):
        require_deliverable(reference, Content.HTML)
