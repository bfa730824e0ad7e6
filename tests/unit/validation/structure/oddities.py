"""Good invoices written in odd ways, and invoices with one odd thing in them."""

from base64 import b64encode
from collections.abc import Mapping

from tests.data.hostile.documents import INVOICE, edited, embedding, good

NOTE, ID, ROOT = b"<cbc:Note>", b"<cbc:ID>", b"<Invoice "
UBL = b"urn:oasis:names:specification:ubl:schema:xsd:"
XSI = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
PDF = b64encode(b"%PDF-1.4" + bytes(20_000))


def _noted(text: bytes) -> bytes:
    return edited(INVOICE, NOTE, NOTE + text)


def _identified(text: bytes) -> bytes:
    return edited(INVOICE, ID, ID + text)


def _rooted(attributes: bytes) -> bytes:
    return edited(INVOICE, ROOT, ROOT + attributes)


def _declared(declaration: bytes) -> bytes:
    return edited(INVOICE, DECLARATION, declaration)


def _extended(content: bytes, attributes: bytes = b"") -> bytes:
    extension = (
        b'<ext:UBLExtensions xmlns:ext="' + UBL + b'CommonExtensionComponents-2"><ext:UBLExtension>'
        b"<ext:ExtensionContent>" + content + b"</ext:ExtensionContent></ext:UBLExtension>"
        b"</ext:UBLExtensions>"
    )
    body = edited(INVOICE, b"<cbc:CustomizationID>", extension + b"<cbc:CustomizationID>")
    return body.replace(ROOT, ROOT + attributes, 1)


def _with_prefix(prefix: bytes) -> bytes:
    return good(INVOICE).replace(b"cbc:", prefix + b":").replace(b":cbc=", b":" + prefix + b"=")


SIGNED = (
    b'<sig:UBLDocumentSignatures xmlns:sig="' + UBL + b'CommonSignatureComponents-2">'
    b"<x/></sig:UBLDocumentSignatures>"
)
ACCEPTED: Mapping[str, bytes] = {
    "a byte order mark": b"\xef\xbb\xbf" + good(INVOICE),
    "no declaration": _declared(b""),
    "a declaration without encoding": _declared(b"<?xml version='1.0'?>"),
    "an encoding in small letters": _declared(b"<?xml version = '1.0' encoding = 'utf-8' ?>"),
    "standalone": _declared(b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'),
    "not standalone": _declared(b"<?xml version='1.0' standalone = 'no' ?>"),
    "text in a CDATA section": _identified(b"<![CDATA[a<b]]>c"),
    "references to characters": _identified(b"&#65;&amp;&#x42;&lt;"),
    "line ends of Windows": good(INVOICE).replace(b"\n", b"\r\n"),
    "comments between elements": edited(INVOICE, NOTE, b"<!-- a comment -->" + NOTE),
    "a style sheet": edited(INVOICE, ROOT, b'<?xml-stylesheet href="a.xsl"?>' + ROOT),
    "comments around the root": edited(INVOICE, ROOT, b"<!-- a -->" + ROOT) + b"<!-- b -->\n",
    "the word DOCTYPE": _noted(b"!DOCTYPE a"),
    "another prefix": _with_prefix(b"p"),
    "a prefix of another alphabet": _with_prefix("préfix".encode()),
    "a space around a number": good(INVOICE).replace(b'currencyID="EUR">', b'currencyID="EUR"> '),
    "a location of its schema": _rooted(XSI + b'xsi:schemaLocation="urn:a b.xsd" '),
    "a location before its namespace": _rooted(b'xsi:noNamespaceSchemaLocation="a.xsd" ' + XSI),
    "an unused namespace": _rooted(b'xmlns:unused="http://example.com/a" '),
    "an extension of somebody": _extended(
        b'<x:a xmlns:x="urn:x" b="c">text<d xmlns=""/> <x:e/></x:a>'
    ),
    "a large embedded file": embedding(PDF),
    "a large embedded file in lines": embedding(
        b"\r\n".join(PDF[n : n + 76] for n in range(0, len(PDF), 76))
    ),
    "an embedded file of white space": embedding(b" \n "),
    "an embedded file that is no PDF": embedding(b"QUJD"),
    "a long note": _noted(b"x" * 100_000),
    "letters outside the first plane": _identified("\U0001f600".encode()),
}
"""What is to be accepted, for these do occur."""

LEFT_OVER: Mapping[str, bytes] = {
    "a comment in a text": _identified(b"a<!-- b -->c"),
    "an instruction in a text": _identified(b"a<?b?>c"),
    "an instruction of a kind": edited(INVOICE, ROOT, b"<?oasis-xml-catalog catalog='a'?>" + ROOT),
    "an instruction with a colon": edited(INVOICE, ROOT, b"<?a:b?>" + ROOT),
    "XML 1.1": _declared(b'<?xml version="1.1" encoding="UTF-8"?>'),
    "standalone in capitals": _declared(b'<?xml version="1.0" standalone="YES"?>'),
    "standalone before the encoding": _declared(
        b'<?xml version="1.0" standalone="yes" encoding="UTF-8"?>'
    ),
    "US-ASCII": _declared(b'<?xml version="1.0" encoding="US-ASCII"?>'),
    "a prefix of 60,000 letters": _with_prefix(b"p" * 60_000),
    "a location for an instance of something else": _rooted(
        b'xmlns:xsi="urn:x" xsi:schemaLocation="urn:a b.xsd" '
    ),
    "a location with another prefix": _rooted(
        XSI.replace(b":xsi", b":q") + b'q:schemaLocation="urn:a b.xsd" '
    ),
    "a location with a prefix that is not declared": _rooted(b'xsi:schemaLocation="a b" '),
    "a location with a prefix that is declared inside": _rooted(
        b'xsi:schemaLocation="a b" '
    ).replace(NOTE, b"<cbc:Note " + XSI + b">", 1),
    "a nil": _noted(b"").replace(NOTE, b"<cbc:Note " + XSI + b'xsi:nil="true">', 1),
    "a type of xsi": good(INVOICE).replace(NOTE, b"<cbc:Note " + XSI + b'xsi:type="a">', 1),
    "a language of XML": good(INVOICE).replace(NOTE, b'<cbc:Note xml:lang="en">', 1),
    "a namespace that is no URI": _rooted(b'xmlns:a="http://[" '),
    "an empty namespace": _rooted(b'xmlns:a="" '),
    "the namespace of XML": _rooted(b'xmlns:a="http://www.w3.org/XML/1998/namespace" '),
    "the namespace of namespaces": _rooted(b'xmlns:a="http://www.w3.org/2000/xmlns/" '),
    "a prefix that is not declared": edited(INVOICE, b"<cbc:Note>", b"<q:Note>"),
    "an attribute twice": good(INVOICE).replace(b'currencyID="EUR"', b'currencyID="EUR" ' * 2, 1),
    "65 namespaces": _rooted(b" ".join(b'xmlns:n%d="u"' % n for n in range(65)) + b" "),
    "65 attributes in an extension": _extended(
        b'<x:a xmlns:x="urn:x" ' + b" ".join(b'a%d=""' % n for n in range(65)) + b"/>"
    ),
    "an extension 70 deep": _extended(b'<a xmlns="urn:x">' + b"<a>" * 70 + b"</a>" * 71),
    "a signature in an extension": _extended(SIGNED),
    "an invoice in an extension": _extended(b"<cbc:ID>1</cbc:ID>"),
    "parts of UBL deep in an extension": _extended(b'<a xmlns="urn:x"><cbc:Nonsense/></a>'),
    "an extension without a namespace": _extended(b'<a xmlns=""/>'),
    "two elements in an extension": _extended(b'<a xmlns="urn:x"/><a xmlns="urn:x"/>'),
    "an attribute with a prefix in an extension": _extended(b'<a xmlns="urn:x" xml:id="1 2"/>'),
    "no element in an extension": _extended(b"text"),
    "text between elements": edited(INVOICE, NOTE, b"text" + NOTE),
    "a no-break space between elements": edited(INVOICE, NOTE, "\u00a0".encode() + NOTE),
    "a key text of 10,000 letters": _identified(b"x" * 10_000),
    "a small embedded file with bits left": embedding(b"QR=="),
    "a large embedded file with bits left": embedding(b"QUJD" * 3000 + b"QR=="),
    "a comment in a large embedded file": embedding(PDF[:9000] + b"<!-- -->" + PDF[9000:]),
    "another root": good(INVOICE).replace(b"Invoice-2", b"Order-2").replace(b"Invoice", b"Order"),
    "the root of a credit note": good(INVOICE).replace(b"Invoice ", b"CreditNote ", 1),
    "a root without a namespace": b"<Invoice/>",
    "two roots": good(INVOICE) + b"<a/>",
    "a space before the declaration": b" " + good(INVOICE),
    "300 tax totals": edited(
        INVOICE,
        b"<cac:TaxTotal>",
        b"<cac:TaxTotal><cbc:TaxAmount currencyID='X'>1</cbc:TaxAmount></cac:TaxTotal>" * 300
        + b"<cac:TaxTotal>",
    ),
}
"""What is left to lxml, which finds some of them good."""
