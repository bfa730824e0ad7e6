"""What bytes are by their first look, and whether they may be delivered as what the hub said.

| listed as | delivered | refused as ``wrong-kind`` |
|---|---|---|
| invoice or credit note | XML of any root | PDF, HTML, CODA, anything else |
| bank statement | CODA, XML (such as camt.053) | PDF, HTML, UBL invoices, anything else |
| other | everything | HTML, unless the hub's own name or type for it says HTML |

An accounting program reads the folder of invoices with a UBL importer: a PDF there is an import
error a day later, far from its cause.
"""

import enum
import re

from pipeline.domain.documents import DocumentKind, DocumentRef
from pipeline.domain.errors import DocumentRejected

_LOOK_BYTES = 1024
_HTML = re.compile(rb"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<")
_CODA = re.compile(rb"[0-489][0-9]{4}")
_UTF_8_MARK = b"\xef\xbb\xbf"
_WIDE_XML = (b"\xff\xfe<\0", b"\xfe\xff\0<", b"<\0", b"\0<", b"\xff\xfe\0\0<", b"\0\0\xfe\xff\0")
"""How XML starts in UTF-16 and UTF-32, with and without a byte order mark."""


class Content(enum.StrEnum):
    """What bytes look like; the value is how a person would call it."""

    XML = "an XML document"
    HTML = "an HTML page"
    PDF = "a PDF"
    CODA = "a CODA file"
    OTHER = "neither XML, CODA nor PDF"


_DELIVERABLE = {
    DocumentKind.BANK_STATEMENT: frozenset({Content.XML, Content.CODA}),
    DocumentKind.OTHER: frozenset(Content) - {Content.HTML},
}
_INVOICE = frozenset({Content.XML})


def recognise(body: bytes) -> Content:
    """Judge by the first kilobyte, never by a name or a claimed type."""
    start = body[:_LOOK_BYTES].removeprefix(_UTF_8_MARK)
    if _HTML.match(start):
        return Content.HTML
    if _XML.match(start) or start.startswith(_WIDE_XML):
        return Content.XML
    if b"%PDF-" in start:
        return Content.PDF
    return Content.CODA if _CODA.match(start) else Content.OTHER


def require_deliverable(ref: DocumentRef, content: Content) -> None:
    """Raise `DocumentRejected` (``wrong-kind``) when the content is not what the hub listed."""
    if content in _DELIVERABLE.get(ref.kind, _INVOICE):
        return
    if content is Content.HTML and ref.kind is DocumentKind.OTHER and _is_listed_as_html(ref):
        return
    raise wrong_kind(ref.kind, content)


def wrong_kind(kind: DocumentKind, found: str) -> DocumentRejected:
    """The rejection of a document that is something else than its listing says."""
    listed = kind.replace("_", " ")
    return DocumentRejected(
        f"The hub lists this document as {listed}, but it is {found}. "
        "Look at the kept bytes, and ask the hub for the document again.",
        rule="wrong-kind",
    )


def _is_listed_as_html(ref: DocumentRef) -> bool:
    name = (ref.file_name or "").lower()
    return name.endswith((".htm", ".html")) or (ref.content_type or "").startswith("text/html")
