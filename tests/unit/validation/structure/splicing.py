"""Good invoices with odd pieces of XML put into them: what two parsers might read differently."""

import re
from collections.abc import Iterator, Sequence
from random import Random

from tests.differential.mutate import Document

_CBC = b"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_URIS = (
    *(b"u", b"", _CBC, b"a b", b"%zz", b"//[", b"a#b#c", b"&#32;", b"urn:x&#x20;y", b"?", b"#"),
    *(b":", b"a:", b"1:a", b"http://a/b:c", b"a/b:c", b".:c"),
    *(b"http://www.w3.org/2000/xmlns/", b"http://www.w3.org/XML/1998/namespace"),
    b"http://www.w3.org/2001/XMLSchema-instance",
)
_PREFIXES = (
    *(b"", b":a", b":cbc", b":q", b":xml", b":xmlns", b":xsi", b":xmlfoo", b":a:b", b":", b":1a"),
    ":é".encode(),
)
_ATTRIBUTES = (
    *(b'a:b="c"', b':a="b"', b'a:="b"', b'xsi:type="x"', b'xsi:nil="false"'),
    *(b'xsi:schemaLocation="a b"', b'xml:lang="en"', b'xml:space="preserve"', b'xml:id="1"'),
    *(b'listID="&lt;&#10;x"', b'schemeID="\t a"', b'languageID="en"', b'schemeURI="a b"'),
)
_PIECES = (
    *(b"<?a?>", b"<?xml-stylesheet?>", b"<?a:b?>", b"<?xml?>", b"<!---->", b"<!-- - -->"),
    *(b"<![CDATA[]]>", b"<![CDATA[ ]]>", b"<![CDATA[x]]>", b"]]&gt;", b"]]>", b"&amp;", b"&a;"),
    *(b"&#32;", b"&#160;", b"&#9;", b"&#x1F600;", b"&#xD800;", b"&#0;", b"&#xFFFE;"),
    *(b"\xef\xbf\xbe", b"\xc2\x85", b"\xe2\x80\xa8", b"\r", b"\x7f", b"\x0b", b"\xef\xbb\xbf"),
    *(b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xed\xa0\x80"),
)
_TAG = re.compile(rb"<[A-Za-z:]+")
_END_OF_TAG = re.compile(rb">")


def spliced(bodies: Sequence[bytes], seed: int, count: int) -> Iterator[Document]:
    """``count`` documents, each with one to three pieces put in."""
    for number in range(count):
        rng = Random(f"{seed}/{number}")  # noqa: S311 - test data
        body = rng.choice(bodies)
        for _ in range(rng.choice((1, 1, 2, 3))):
            place, piece = _splice(rng, body)
            body = body[:place] + piece + body[place:]
        yield Document(f"seed {seed} spliced {number}", body)


def _splice(rng: Random, body: bytes) -> tuple[int, bytes]:
    kind = rng.randrange(4)
    if kind == 0:
        prefix, uri = rng.choice(_PREFIXES), rng.choice(_URIS)
        return _after(rng, _TAG, body), b' xmlns%s="%s"' % (prefix, uri)
    if kind == 1:
        return _after(rng, _TAG, body), b" " + rng.choice(_ATTRIBUTES)
    if kind == 2:
        return _after(rng, _END_OF_TAG, body), rng.choice(_PIECES)
    return rng.randrange(len(body)), rng.choice((*_PIECES, b":", b"=", b"'", b"/"))


def _after(rng: Random, pattern: re.Pattern[bytes], body: bytes) -> int:
    return rng.choice([found.end() for found in pattern.finditer(body)])
