"""XML made to harm its reader, built when asked for: rule and bytes of facts that were measured.

Builders that refer to something outside take the URL; everything else is made from nothing.
"""

from collections.abc import Callable

BARE = '<?xml version="1.0"?><!DOCTYPE a><a/>'
LEVELS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
LAUGHS = f'<!DOCTYPE a [<!ENTITY l0 "lol">{LEVELS}]><a>&l9;</a>'

DOCTYPES: dict[str, Callable[[], bytes]] = {
    "nested entities, a billion laughs": LAUGHS.encode,
    "one large entity fifty thousand times": lambda: (
        b'<!DOCTYPE a [<!ENTITY e "' + b"x" * 50_000 + b'">]><a>' + b"&e;" * 50_000 + b"</a>"
    ),
    "an attribute default": lambda: b'<!DOCTYPE a [<!ATTLIST a b CDATA "c">]><a/>',
    "bare in UTF-8": BARE.encode,
    "bare after a byte order mark": lambda: BARE.encode("utf-8-sig"),
    "bare in UTF-16 LE": lambda: b"\xff\xfe" + BARE.encode("utf-16-le"),
    "bare in UTF-16 BE": lambda: b"\xfe\xff" + BARE.encode("utf-16-be"),
    "bare in UTF-16 without mark": lambda: BARE.encode("utf-16-le"),
    "bare after a comment": lambda: b"<!-- a comment --><!DOCTYPE a><a/>",
    "bare after a comment of 20 MB": lambda: b"<!--" + b"x" * 20_000_000 + b"--><!DOCTYPE a><a/>",
    "external and harmless": lambda: b'<!DOCTYPE a PUBLIC "-//EXAMPLE//DTD a" "a.dtd"><a/>',
}

EXTERNAL: dict[str, Callable[[str], bytes]] = {
    "external subset": lambda url: f'<!DOCTYPE a SYSTEM "{url}"><a/>'.encode(),
    "parameter entity": lambda url: f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{url}"> %p;]><a/>'.encode(),
    "general entity": lambda url: f'<!DOCTYPE a [<!ENTITY x SYSTEM "{url}">]><a>&x;</a>'.encode(),
}

UNFOLLOWED: dict[str, Callable[[str], bytes]] = {
    "XInclude": lambda url: (
        f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{url}"/></a>'.encode()
    ),
    "a style sheet": lambda url: f'<?xml-stylesheet type="text/xsl" href="{url}"?><a/>'.encode(),
    "a schema location": lambda url: (
        '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:noNamespaceSchemaLocation="{url}"/>'.encode()
    ),
}

BROKEN: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an undefined entity": ("xml-syntax", lambda: b"<a>&nope;</a>"),
    "depth 300,000": ("node-count", lambda: b"<a>" * 300_000 + b"</a>" * 300_000),
    "depth 200,000": ("depth", lambda: b"<a>" * 200_000 + b"</a>" * 200_000),
    "depth 65": ("depth", lambda: b"<a>" * 65 + b"</a>" * 65),
    "two million elements": ("node-count", lambda: b"<a>" + b"<b/>" * 2_000_000 + b"</a>"),
    "half a million attributes": ("node-count", lambda: b"<a" + b' b=""' * 500_001 + b"/>"),
    "200,000 attributes": (
        "attributes",
        lambda: b"<a " + b" ".join(b'a%d=""' % number for number in range(200_000)) + b"/>",
    ),
    "65 attributes below the root": (
        "attributes",
        lambda: b"<r><a " + b" ".join(b'a%d=""' % number for number in range(65)) + b"/></r>",
    ),
    "50,000 namespaces": (
        "attributes",
        lambda: b"<a " + b" ".join(b'xmlns:n%d="u"' % number for number in range(50_000)) + b"/>",
    ),
    "65 namespaces in UTF-16": (
        "attributes",
        lambda: ("<a " + " ".join(f'xmlns:n{place}="u"' for place in range(65)) + "/>").encode(
            "utf-16"
        ),
    ),
    "UTF-7": ("encoding", lambda: b'<?xml version="1.0" encoding="UTF-7"?><a/>'),
    "UTF-32": ("encoding", lambda: "<a/>".encode("utf-32")),
    "GB18030": ("encoding", lambda: b'<?xml version="1.0" encoding="GB18030"?><a/>'),
    "EBCDIC by name": ("encoding", lambda: b'<?xml version="1.0" encoding="cp037"?><a/>'),
    "an encoding that is a Python codec": (
        "encoding",
        lambda: b'<?xml version="1.0" encoding="rot13"?><a/>',
    ),
    "Latin-1 that says UTF-8": (
        "encoding",
        lambda: '<?xml version="1.0" encoding="UTF-8"?><a>é</a>'.encode("latin-1"),
    ),
    "UTF-16 that says UTF-8": (
        "encoding",
        lambda: '<?xml version="1.0" encoding="UTF-8"?><a/>'.encode("utf-16"),
    ),
    "NUL": ("xml-syntax", lambda: b"<a>\0</a>"),
    "truncated": ("xml-syntax", lambda: b"<a><b>text"),
    "truncated in the prolog": ("xml-syntax", lambda: b'<?xml version="1.0"?><!-- '),
    "two roots": ("xml-syntax", lambda: b"<a/><a/>"),
    "a prefix of no namespace": ("xml-syntax", lambda: b"<x:a/>"),
    "empty": ("size", lambda: b""),
}

FINE: dict[str, Callable[[], bytes]] = {
    "the word DOCTYPE in a comment": lambda: b"<!-- <!DOCTYPE a> --><a/>",
    "the word DOCTYPE in text": lambda: b"<a>&lt;!DOCTYPE a&gt;<![CDATA[<!DOCTYPE a>]]></a>",
    "UTF-16": lambda: "<a>é</a>".encode("utf-16"),
    "windows-1252": lambda: b'<?xml version="1.0" encoding="windows-1252"?><a>\x80</a>',
    "Latin-9": lambda: b'<?xml version="1.0" encoding="ISO-8859-15"?><a>\xa4</a>',
    "depth 64": lambda: b"<a>" * 64 + b"</a>" * 64,
    "64 attributes": lambda: b"<a " + b" ".join(b'a%d=""' % number for number in range(64)) + b"/>",
    "text of 11 MB": lambda: b"<a>" + b"x" * 11_000_000 + b"</a>",
    "an attribute of 11 MB": lambda: b'<a b="' + b"x" * 11_000_000 + b'"/>',
    "a thousand namespaces, each on its own": lambda: b"<r>" + b'<a xmlns:n="u"/>' * 1000 + b"</r>",
}
