"""Bad input as a hub may hand it out, and what must become of each: R14 of the delivery rules.

``outcome`` is the rule of the rejection, or the verdict of a document that is delivered.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from pipeline.domain.documents import DocumentKind
from pipeline.testing.documents.office import generate_office

INVOICE, STATEMENT = DocumentKind.PURCHASE_INVOICE, DocumentKind.BANK_STATEMENT
OTHER = DocumentKind.OTHER
BEFORE_SUPPLIER = b"  <cac:AccountingSupplierParty>"


@dataclass(frozen=True, slots=True)
class HostileDocument:
    """One bad input: how the hub lists it, its bytes, and its outcome."""

    name: str
    kind: DocumentKind
    outcome: str
    build: Callable[[], bytes]


@cache
def good(kind: DocumentKind) -> bytes:
    """A small document that nothing is wrong with."""
    office = generate_office(11, 3, 120, before=datetime(2026, 3, 1, tzinfo=UTC))
    bodies = [one.body for one in office.documents() if one.kind is kind and not one.expected_rule]
    return min(bodies, key=len)


def edited(kind: DocumentKind, old: bytes, new: bytes) -> bytes:
    """A good document with one edit."""
    body = good(kind)
    assert old in body
    return body.replace(old, new, 1)


def embedding(content: bytes, file_name: str = "scan.pdf") -> bytes:
    """A good invoice with one more file in it, given as the text that stands for it."""
    return edited(
        INVOICE,
        BEFORE_SUPPLIER,
        b"<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
        b'<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="'
        + file_name.encode()
        + b'">'
        + content
        + b"</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>"
        b"</cac:AdditionalDocumentReference>" + BEFORE_SUPPLIER,
    )


def in_utf_16() -> bytes:
    text = good(INVOICE).decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
    return text.encode("utf-16")


def in_utf_8(statement: bytes) -> bytes:
    text = statement.decode("cp1252").replace("Current account", "Currént account")
    return text.encode()


def records(statement: bytes) -> list[bytes]:
    return statement.splitlines(keepends=True)


R14 = (
    HostileDocument("truncated XML", INVOICE, "xml-syntax", lambda: good(INVOICE)[:3000]),
    HostileDocument("cut in the prolog", INVOICE, "xml-syntax", lambda: good(INVOICE)[:25]),
    HostileDocument("0 bytes", INVOICE, "size", bytes),
    HostileDocument("0 bytes of a statement", STATEMENT, "size", bytes),
    HostileDocument("only spaces", INVOICE, "wrong-kind", lambda: b" \r\n\t "),
    HostileDocument(
        "HTML error page",
        INVOICE,
        "wrong-kind",
        lambda: b"\n<!DOCTYPE html>\n<html><body>502</body></html>",
    ),
    HostileDocument(
        "HTML error page without DOCTYPE", STATEMENT, "wrong-kind", lambda: b"<HTML>502</HTML>"
    ),
    HostileDocument(
        "HTML error page for a letter", OTHER, "wrong-kind", lambda: b"<html>502</html>"
    ),
    HostileDocument(
        "XHTML error page",
        INVOICE,
        "wrong-kind",
        lambda: b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
    ),
    HostileDocument("JSON error", INVOICE, "wrong-kind", lambda: b'{"message": "gone"}'),
    HostileDocument("PDF as invoice", INVOICE, "wrong-kind", lambda: b"%PDF-1.7\n%%EOF"),
    HostileDocument("CODA as invoice", INVOICE, "wrong-kind", lambda: good(STATEMENT)),
    HostileDocument("invoice as statement", STATEMENT, "wrong-kind", lambda: good(INVOICE)),
    HostileDocument("compressed", INVOICE, "wrong-kind", lambda: b"\x1f\x8b\x08\x00" + bytes(20)),
    HostileDocument(
        "wrong charset",
        INVOICE,
        "encoding",
        lambda: edited(INVOICE, b"<cbc:Note>", b"<cbc:Note>\xe9"),
    ),
    HostileDocument("UTF-16 with mark", INVOICE, "unchecked", in_utf_16),
    HostileDocument(
        "UTF-8 with mark", INVOICE, "unchecked", lambda: b"\xef\xbb\xbf" + good(INVOICE)
    ),
    HostileDocument(
        "NUL", INVOICE, "xml-syntax", lambda: edited(INVOICE, b"<cbc:Note>", b"<cbc:Note>\0")
    ),
    HostileDocument(
        "DOCTYPE",
        INVOICE,
        "doctype",
        lambda: edited(INVOICE, b"<Invoice ", b"<!DOCTYPE a><Invoice "),
    ),
    HostileDocument(
        "nested entities",
        INVOICE,
        "doctype",
        lambda: edited(
            INVOICE,
            b"<Invoice ",
            b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><Invoice ',
        ),
    ),
    HostileDocument(
        "two million nodes",
        INVOICE,
        "node-count",
        lambda: edited(INVOICE, b"</Invoice>", b"<a/>" * 2_000_000 + b"</Invoice>"),
    ),
    HostileDocument(
        "50 MB and one byte",
        INVOICE,
        "size",
        lambda: good(INVOICE) + b" " * (50 * 2**20 + 1 - len(good(INVOICE))),
    ),
    HostileDocument("50 MB of statement", STATEMENT, "size", lambda: b"00000" + b"\n" * 50 * 2**20),
    HostileDocument(
        "embedded PDF of 9 MB",
        INVOICE,
        "unchecked",
        lambda: embedding(b64encode(b"%PDF-1.4" + bytes(9 * 2**20))),
    ),
    HostileDocument(
        "large embedded file that is not base64",
        INVOICE,
        "xsd",
        lambda: embedding(b"not base64! " * 1000),
    ),
    HostileDocument(
        "large embedded file cut in the middle",
        INVOICE,
        "xsd",
        lambda: embedding(b"QUJD" * 3000 + b"Q"),
    ),
    HostileDocument(
        "small embedded file that is not base64", INVOICE, "xsd", lambda: embedding(b"not base64!")
    ),
    HostileDocument(
        "mandatory element missing",
        INVOICE,
        "xsd",
        lambda: edited(INVOICE, b"<cbc:IssueDate>", b"<cbc:OtherDate>").replace(
            b"</cbc:IssueDate>", b"</cbc:OtherDate>"
        ),
    ),
    HostileDocument(
        "ninety thousand faults",
        INVOICE,
        "xsd",
        lambda: edited(
            INVOICE,
            b"  <cac:LegalMonetaryTotal>",
            b"<cac:TaxTotal/>" * 90_000 + b"<cac:LegalMonetaryTotal>",
        ),
    ),
    HostileDocument(
        "an invoice of another standard",
        INVOICE,
        "unchecked",
        lambda: (
            b"<rsm:CrossIndustryInvoice xmlns:rsm='urn:un:unece:uncefact:data:standard:"
            b"CrossIndustryInvoice:100'/>"
        ),
    ),
    HostileDocument(
        "a statement in camt.053",
        STATEMENT,
        "unchecked",
        lambda: b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'/>",
    ),
    HostileDocument("a letter", OTHER, "unchecked", lambda: b"%PDF-1.4\n%%EOF"),
    HostileDocument("a broken XML as letter", OTHER, "xml-syntax", lambda: b"<a><b></a>"),
    HostileDocument(
        "CODA with LF", STATEMENT, "valid", lambda: good(STATEMENT).replace(b"\r\n", b"\n")
    ),
    HostileDocument("CODA without last line end", STATEMENT, "valid", lambda: good(STATEMENT)[:-2]),
    HostileDocument(
        "CODA with a DOS end of file", STATEMENT, "valid", lambda: good(STATEMENT) + b"\r\n\x1a"
    ),
    HostileDocument("CODA twice in a file", STATEMENT, "valid", lambda: good(STATEMENT) * 2),
    HostileDocument("CODA cut in a line", STATEMENT, "coda-length", lambda: good(STATEMENT)[:-40]),
    HostileDocument(
        "CODA cut after a line",
        STATEMENT,
        "coda-truncated",
        lambda: b"".join(records(good(STATEMENT))[:-1]),
    ),
    HostileDocument(
        "CODA with a line too long",
        STATEMENT,
        "coda-length",
        lambda: good(STATEMENT).replace(b"\r\n", b" \r\n", 1),
    ),
    HostileDocument("CODA in UTF-8", STATEMENT, "coda-encoding", lambda: in_utf_8(good(STATEMENT))),
    HostileDocument(
        "CODA with a lost line",
        STATEMENT,
        "coda-count",
        lambda: b"".join(records(good(STATEMENT))[:3] + records(good(STATEMENT))[4:]),
    ),
)
