"""What mail servers say, well formed and not."""

import pytest

from pipeline.connectors.hubs.imap.messages import dossiers_of, heading_of, is_allowed, moment_of
from pipeline.connectors.hubs.imap.structure import Part, parts_of
from pipeline.connectors.hubs.imap.transfer import DamagedEncoding, decoded, start_of
from pipeline.connectors.hubs.imap.wire import (
    Answer,
    MalformedAnswer,
    Value,
    folder_from_wire,
    folder_to_wire,
    quoted,
)


def values(*pieces: bytes) -> list[Value]:
    return Answer(b"*", pieces).values()


# -- the wire ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((b"SEARCH",), [b"SEARCH"]),
        ((b"SEARCH 2 3",), [b"SEARCH", b"2", b"3"]),
        ((rb'LIST (\Noselect) "/" "a \"b\" \\c"',), [b"LIST", [rb"\Noselect"], b"/", rb'a "b" \c']),
        ((b'X (NIL nil "NIL" ())',), [b"X", [None, None, b"NIL", []]]),
        (
            (b"1 FETCH (BODY[1] ", b"a)(\r\n", b" UID 5)"),
            [b"1", b"FETCH", [b"BODY[1]", b"a)(\r\n", b"UID", b"5"]],
        ),
        ((b"X ", b"", b""), [b"X", b""]),
        ((b"X (", b"a", b" ", b"b", b")"), [b"X", [b"a", b"b"]]),
        (
            (b"1 FETCH (BODY[HEADER.FIELDS (FROM TO)]<0> ", b"h", b" UID 7)"),
            [b"1", b"FETCH", [b"BODY[HEADER.FIELDS (FROM TO)]<0>", b"h", b"UID", b"7"]],
        ),
    ],
)
def test_an_answer_becomes_values(pieces: tuple[bytes, ...], expected: list[Value]) -> None:
    assert values(*pieces) == expected


@pytest.mark.parametrize(
    "text", [b"X (a", b"X a)", b'X "a', b"X ((a)", b"(" * 100 + b")" * 100, b'X a"b"c"']
)
def test_an_answer_that_is_malformed_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedAnswer):
        values(text)


def test_the_code_of_a_status_is_found() -> None:
    assert Answer(b"*", [b"OK [UIDVALIDITY 38] UIDs valid"]).code == (b"UIDVALIDITY", b"38")
    assert Answer(b"A1", [b"NO [TRYCREATE] no such folder"]).code == (b"TRYCREATE", b"")
    assert Answer(b"A1", [b"NO no such folder"]).code == (b"", b"")


@pytest.mark.parametrize(
    "name", ["INBOX", "Boîte & co", "Ontvangen/Zoë", "日本", "&", "a&-b", "🙂"]
)
def test_a_folder_name_of_any_language_travels_there_and_back(name: str) -> None:
    wire = folder_to_wire(name)

    assert wire.isascii()
    assert folder_from_wire(wire) == name


def test_a_folder_name_is_written_as_the_standard_says() -> None:
    assert folder_to_wire("~peter/mail/台北/日本語") == b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"
    assert folder_from_wire(b"a&!-b") == "a&!-b"


@pytest.mark.parametrize("value", [b"a\r\nb", b"a\nb", b"a\0b"])
def test_an_argument_cannot_start_another_command(value: bytes) -> None:
    with pytest.raises(ValueError, match="line ends"):
        quoted(value)


# -- parts ------------------------------------------------------------------------------------


def leaf(
    kind: str, name: str = "", disposition: str = "", *, octets: int = 9, lines: str = ""
) -> bytes:
    """A part as a server describes it; ``lines`` for those of the kind text."""
    main, _, sub = kind.partition("/")
    named = f'("name" "{name}")' if name else "NIL"
    placed = f'("{disposition}" ("filename" "{name}"))' if disposition else "NIL"
    part_id = '"<id>"' if disposition == "inline" else "NIL"
    fields = f'"{main}" "{sub}" {named} {part_id} NIL "base64" {octets}{lines} NIL {placed} NIL NIL'
    return f"({fields})".encode()


def multipart(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b' "mixed" ("boundary" "x") NIL NIL NIL)'


def forwarded(inner: bytes) -> bytes:
    head = b'("message" "rfc822" NIL NIL NIL "7bit" 999 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) '
    return head + inner + b" 9 NIL NIL NIL NIL)"


PDF = leaf("application/pdf", "a.pdf", "attachment")
TEXT = leaf("text/plain", lines=" 1")
LOGO = leaf("image/png", "logo.png", "inline")
SCAN = leaf("image/jpeg", "scan.jpg", "attachment")
SIGNATURE = leaf("application/pkcs7-signature", "smime.p7s", "attachment")
XML_TEXT = leaf("text/xml", "a.xml", "attachment", lines=" 1")
NAMED_TEXT = leaf("text/plain", "daily.cod", lines=" 1")


def found(described: bytes) -> list[Part]:
    return [part for part in parts_of(values(described)[0]) if part.is_document]


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        (TEXT, []),
        (PDF, [("1", "a.pdf")]),
        (multipart(TEXT, PDF), [("2", "a.pdf")]),
        (multipart(TEXT, LOGO, SIGNATURE), []),
        (
            multipart(TEXT, SCAN, XML_TEXT, NAMED_TEXT),
            [("2", "scan.jpg"), ("3", "a.xml"), ("4", "daily.cod")],
        ),
        (multipart(multipart(TEXT, TEXT), multipart(PDF, LOGO)), [("2.1", "a.pdf")]),
        (multipart(TEXT, forwarded(multipart(TEXT, PDF))), [("2.2", "a.pdf")]),
        (multipart(TEXT, forwarded(PDF)), [("2.1", "a.pdf")]),
    ],
    ids=[
        "text",
        "alone",
        "attached",
        "parts of the mail itself",
        "pictures and texts",
        "nested",
        "forwarded",
        "forwarded alone",
    ],
)
def test_attachments_are_found_wherever_they_are(
    described: bytes, expected: list[tuple[str, str]]
) -> None:
    assert [(part.section, part.name) for part in found(described)] == expected


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        (b'("filename" "=?utf-8?q?facture_=C3=A9t=C3=A9.xml?=")', "facture été.xml"),
        (b'("filename*" "utf-8\'\'facture%20%C3%A9t%C3%A9.xml")', "facture été.xml"),
        (b'("filename*0" "long" "filename*1" "name.xml")', "longname.xml"),
        (b'("filename" "=?nonsense?q?a?=")', "=?nonsense?q?a?="),
        (b'("filename*0*" "x\'y")', None),
        (b'("filename" "../../etc/passwd")', "../../etc/passwd"),
    ],
)
def test_a_name_is_read_in_all_its_forms(parameters: bytes, name: str | None) -> None:
    described = (
        b'("application" "xml" NIL NIL NIL "base64" 10 NIL ("attachment" '
        + parameters
        + b") NIL NIL)"
    )

    [part] = found(described)

    assert name is None or part.name == name


@pytest.mark.parametrize(
    "described", [b"()", b"(NIL)", b'("text")', b'("a" "b" "c" "d" "e" "f" "g" "h" ("i"))', b"NIL"]
)
def test_a_description_that_makes_no_sense_does_no_harm(described: bytes) -> None:
    assert all(part.octets == 0 for part in found(described))


def test_no_message_has_parts_without_end() -> None:
    deep = b"(" * 30 + PDF + b' "mixed")' * 30
    wide = multipart(*[PDF] * 1500)

    assert found(deep) == []
    assert len(found(wide)) == 1000


# -- headings ---------------------------------------------------------------------------------
def test_a_message_is_allowed_by_address_or_domain_of_all_its_senders() -> None:
    one = heading_of(b"From: Billing <Invoices@Supplier.example>\r\n\r\n")
    two = heading_of(b"From: a@supplier.example, b@other.example\r\n\r\n")
    none = heading_of(b"Subject: x\r\n\r\n")
    look_alike = heading_of(b'From: "invoices@supplier.example" <thief@evil.example>\r\n\r\n')

    assert is_allowed(one, {"invoices@supplier.example"})
    assert is_allowed(one, {"@supplier.example"})
    assert not is_allowed(one, {"@example", "supplier.example"})
    assert not is_allowed(two, {"@supplier.example"})
    assert not is_allowed(none, {"@supplier.example"})
    assert not is_allowed(look_alike, {"invoices@supplier.example", "@supplier.example"})
    assert is_allowed(none, {"*"})


KNOWN = {"acme": "Acme", "beta": "beta", "gamma@office.example": "gamma@office.example"}


@pytest.mark.parametrize(
    ("headers", "dossiers"),
    [
        ("To: docs+acme@office.example", ("Acme",)),
        ("To: Office <DOCS+ACME@office.example>", ("Acme",)),
        ("Cc: x@y.example, gamma@office.example", ("gamma@office.example",)),
        ("To: docs+acme@office.example, docs+beta@office.example", ("Acme", "beta")),
        ("Delivered-To: docs+beta@office.example\r\nTo: docs+acme@office.example", ("beta",)),
        ("Delivered-To: docs@office.example\r\nTo: docs+acme@office.example", ("Acme",)),
        ("X-Original-To: <docs+beta@office.example>\r\nTo: docs@office.example", ("beta",)),
        ("To: docs+nobody@office.example", ()),
        ("To: acme@office.example", ()),
        ("To: undisclosed-recipients:;", ()),
        ("To: \xff\xfe<broken", ()),
    ],
)
def test_the_dossier_is_found_by_address_or_tag(headers: str, dossiers: tuple[str, ...]) -> None:
    assert dossiers_of(heading_of(headers.encode("latin-1") + b"\r\n\r\n"), KNOWN) == dossiers


PART = Part("2", "application/xml", "a.xml", "base64", 100)


def test_the_id_of_a_document_tells_parts_and_messages_apart_and_stays() -> None:
    now, later = moment_of(b" 1-Jan-2026 09:00:00 +0100"), moment_of(b"02-Jan-2026 09:00:00 +0100")
    headers = b"Message-ID: <1@x>\r\nDate: Thu, 01 Jan 2026 09:00:00 +0100\r\n"
    heading = heading_of(headers)
    same_id = heading_of(headers.replace(b"01 Jan", b"02 Jan"))
    nameless = heading_of(b"From: a@x\r\n")

    first = heading.document_id(PART, now)

    assert first.startswith("<1@x>#")
    assert heading_of(headers).document_id(PART, later) == first
    assert heading.document_id(Part("3", "application/xml", "a.xml", "base64", 100), now) != first
    assert heading.document_id(Part("2", "application/xml", "a.xml", "base64", 101), now) != first
    assert same_id.document_id(PART, now) != first
    assert nameless.document_id(PART, now) != nameless.document_id(PART, later)
    routes = [heading_of(b"Received: by mx; id %d\r\nFrom: a@x\r\n" % n) for n in range(2)]
    assert routes[0].document_id(PART, now) != routes[1].document_id(PART, now)


def test_an_id_is_short_and_printable_whatever_the_message_says() -> None:
    heading = heading_of(b"Message-ID: <" + bytes(range(128, 256)) * 20 + b"\x01/../#@x>\r\n")

    document_id = heading.document_id(PART, moment_of(b""))

    assert len(document_id) < 500
    assert document_id.isascii()
    assert document_id.isprintable()


# -- encodings --------------------------------------------------------------------------------
def test_an_attachment_is_decoded_once() -> None:
    assert decoded(b"PElu\r\ndm9p\r\nY2Uv\r\nPg==\r\n", "base64") == b"<Invoice/>"
    assert decoded(b"PEludm9pY2UvPg==", "7bit") == b"PEludm9pY2UvPg=="
    assert decoded(b"a=3D1=\r\nb", "quoted-printable") == b"a=1b"
    assert start_of(b"PElu\r\ndm9pY2", "base64") == b"<Invoi"


@pytest.mark.parametrize(("body", "encoding"), [(b"PElud", "base64"), (b"x", "x-uuencode")])
def test_an_attachment_that_cannot_be_decoded_is_told(body: bytes, encoding: str) -> None:
    with pytest.raises(DamagedEncoding):
        decoded(body, encoding)
    assert start_of(b"x", "x-uuencode") == b""
