"""XML from strangers: the only place where lxml is configured.

Nothing is expanded, nothing outside the document is read, and what a parser would choke on is
refused before it gets there. Three independent lines keep files and networks closed: a document
with a DOCTYPE is refused before libxml2 sees it, the parser's flags load no reference, and its
resolver refuses every reference it is asked for. Messages name positions and names, never text
from the document, because they travel to hubs and logs.
"""

import pyexpat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Never

from lxml import etree

from pipeline.domain.errors import ConfigurationError, DocumentRejected

_SAFE_LIBXML2 = (2, 14)
_HUGE_FROM_BYTES = 8 * 2**20
"""Above this libxml2's own limits would refuse honest invoices with an embedded scan."""
_LIBXML2_DEPTH = 256
_SLICE_BYTES = 4 * 2**20
_ENCODINGS = frozenset(
    {"utf-8", "utf-16", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"},
)
_UTF_32_MARKS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_ENCODING_CODES = frozenset(
    {
        etree.ErrorTypes.ERR_INVALID_ENCODING,
        etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
        etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
    }
)


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """How much a document may be; real invoices are 7 levels deep and have 4 attributes."""

    max_bytes: int = 50 * 2**20
    max_nodes: int = 500_000
    max_depth: int = 64
    max_attributes: int = 64

    def __post_init__(self) -> None:
        if self.max_depth > _LIBXML2_DEPTH:
            raise ConfigurationError(f"XML depth is limited to {_LIBXML2_DEPTH} by libxml2.")


def require_safe_libxml2(version: tuple[int, ...] = etree.LIBXML_VERSION) -> None:
    """Raise `ConfigurationError` when libxml2 is too old to stop entity amplification by itself."""
    if version[:2] < _SAFE_LIBXML2:
        found = ".".join(map(str, version))
        raise ConfigurationError(
            f"libxml2 {found} is in use, but 2.14 or newer is needed to read XML from strangers. "
            "Install lxml from its own wheel, or update the system's libxml2."
        )


def check_size(body: bytes, limits: XmlLimits) -> None:
    """Raise `DocumentRejected` (``size``) when there is nothing, or more than the cap."""
    if not body:
        raise DocumentRejected(
            "The document is empty (0 bytes). Ask the hub for it again.", rule="size"
        )
    if len(body) > limits.max_bytes:
        raise DocumentRejected(
            f"The document has {len(body)} bytes, more than the {limits.max_bytes} allowed. "
            "Raise the size limit if it is genuine.",
            rule="size",
        )


def parse_xml(body: bytes, limits: XmlLimits) -> etree._ElementTree:
    """The document as a tree, or `DocumentRejected` with the first of these rules that it breaks.

    In this order: ``size``, ``node-count``, ``encoding``, ``doctype``, ``xml-syntax``, ``depth``,
    ``attributes``. Counting comes before the scan of the prolog, because the scan reads all
    attributes of the root. The tree is for looking at; what is delivered are the bytes.
    """
    check_size(body, limits)
    _check_node_count(body, limits)
    _scan_prolog(body)
    tree = _parse(body)
    _check_no_doctype(tree)
    _check_shape(tree, body, limits)
    return tree


def schema_errors_while_parsing(tree: etree._ElementTree, schema: etree.XMLSchema) -> Sequence[Any]:
    """What a schema finds in a tree that was written and is parsed once more, in linear time.

    The errors have no positions: in a tree each position costs a walk over all siblings before
    it, 22 s for ninety thousand of them, while this took 0.3 s.
    """
    text = etree.tostring(tree, encoding="UTF-8")
    parser = hardened_parser(len(text), schema)
    try:
        etree.fromstring(text, parser)
    except etree.XMLSyntaxError:
        return tuple(parser.error_log)
    return ()


class _RootReached(Exception):
    """Ends the scan of the prolog."""


def _scan_prolog(body: bytes) -> None:
    """Read up to the first element with expat, which knows UTF-16 and comments as libxml2 does."""
    if body.startswith(_UTF_32_MARKS):
        raise DocumentRejected(_encoding_message("UTF-32"), rule="encoding")
    scanner = pyexpat.ParserCreate()
    scanner.XmlDeclHandler = _check_declared_encoding
    scanner.StartDoctypeDeclHandler = lambda *_: _refuse_doctype(scanner.CurrentLineNumber)
    scanner.StartElementHandler = _end_scan
    try:
        scanner.Parse(body, True)
    except _RootReached:
        return
    except pyexpat.ExpatError as error:
        rule = "encoding" if error.code in _EXPAT_ENCODING_CODES else "xml-syntax"
        reason = pyexpat.ErrorString(error.code) or "unreadable"
        raise _broken(reason, error.lineno, error.offset + 1, rule) from error


_EXPAT_ENCODING_CODES = frozenset(
    pyexpat.errors.codes[text]
    for text in (pyexpat.errors.XML_ERROR_INCORRECT_ENCODING, "unknown encoding")
)


def _check_declared_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.lower() not in _ENCODINGS:
        raise DocumentRejected(_encoding_message(encoding[:40]), rule="encoding")


def _encoding_message(encoding: str) -> str:
    return (
        f"The XML is written in {encoding}, which is not accepted. "
        "Ask the sender for the document in UTF-8."
    )


def _refuse_doctype(line: int) -> Never:
    raise DocumentRejected(
        f"The XML declares a DOCTYPE (line {line}), which is never accepted because it can read "
        "files and exhaust memory. Ask the sender for the document without it.",
        rule="doctype",
    )


def _end_scan(_name: str, _attributes: object) -> Never:
    raise _RootReached


def _check_node_count(body: bytes, limits: XmlLimits) -> None:
    """Bound tags and attributes together by their first characters; text can only add to it."""
    count = _count(body, b"<") + _count(body, b"=")
    if count > limits.max_nodes:
        raise DocumentRejected(
            f"The XML has about {count} tags and attributes, more than the {limits.max_nodes} "
            "allowed.",
            rule="node-count",
        )


def _count(body: bytes, pattern: bytes) -> int:
    # In slices, so that other threads get their turn.
    starts = range(0, len(body), _SLICE_BYTES)
    return sum(body.count(pattern, start, start + _SLICE_BYTES) for start in starts)


class _RefuseEveryReference(etree.Resolver):
    """Answers no reference; an answer of "empty" would not stop libxml2 from looking itself."""

    def resolve(self, *_: object, **__: object) -> Never:
        raise DocumentRejected("The XML refers to something outside itself.", rule="doctype")


def hardened_parser(size_bytes: int, schema: etree.XMLSchema | None = None) -> etree.XMLParser:
    """A parser for one document of this size, which checks a schema on its way if there is one.

    ``collect_ids`` stays at its default: switched off, as some advise for speed, libxml2 opens
    local files named in a DOCTYPE in spite of all the other flags.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        recover=False,
        huge_tree=size_bytes > _HUGE_FROM_BYTES,
        schema=schema,
    )
    parser.resolvers.add(_RefuseEveryReference())
    return parser


def _parse(body: bytes) -> etree._ElementTree:
    parser = hardened_parser(len(body))
    try:
        return etree.fromstring(body, parser).getroottree()
    except etree.XMLSyntaxError as error:
        raise _syntax_error(error, parser) from error


def _syntax_error(error: etree.XMLSyntaxError, parser: etree.XMLParser) -> DocumentRejected:
    last = parser.error_log.last_error
    if last is None:
        return _broken("unreadable", error.lineno or 0, error.offset or 0, "xml-syntax")
    if last.type == etree.ErrorTypes.ERR_NO_MEMORY:
        raise MemoryError
    reason = last.type_name.removeprefix("NS_").removeprefix("ERR_").replace("_", " ").lower()
    rule = "encoding" if last.type in _ENCODING_CODES else "xml-syntax"
    if last.message.startswith("Excessive depth"):
        rule, reason = "depth", "nested too deeply"
    return _broken(reason, last.line, last.column, rule)


def _broken(reason: str, line: int, column: int, rule: str) -> DocumentRejected:
    return DocumentRejected(
        f"The XML cannot be read: {reason} at line {line}, column {column}. "
        "Ask the hub for the document again, or the sender for a whole one.",
        rule=rule,
    )


def _check_no_doctype(tree: etree._ElementTree) -> None:
    """Refuse a DOCTYPE that libxml2 saw and expat did not; every DOCTYPE has an internal subset."""
    if tree.docinfo.internalDTD is not None:
        _refuse_doctype(1)


def _check_shape(tree: etree._ElementTree, body: bytes, limits: XmlLimits) -> None:
    # XPath runs in libxml2, without the interpreter: 15 us where a walk in Python takes 200. One
    # expression for both, because every way back to the interpreter may have to wait for it.
    too_deep = "/*" + "/*" * limits.max_depth
    if tree.xpath(f"boolean({too_deep} | //@*[{limits.max_attributes + 1}])"):
        if not tree.xpath(f"boolean({too_deep})"):
            raise _too_many_attributes(limits)
        raise DocumentRejected(
            f"The XML nests more than {limits.max_depth} elements.", rule="depth"
        )
    # XPath does not count namespace declarations as attributes, and few documents have many.
    if any(_count(body, pattern) > limits.max_attributes for pattern in _DECLARATIONS):
        _check_declarations(body, limits)


_DECLARATIONS = (b"xmlns", b"x\0m\0l\0n\0s")
"""How a namespace declaration starts, the second one in UTF-16 of either byte order."""


def _check_declarations(body: bytes, limits: XmlLimits) -> None:
    def check(_name: str, attributes: dict[str, str]) -> None:
        if len(attributes) > limits.max_attributes:
            raise _too_many_attributes(limits)

    counter = pyexpat.ParserCreate()
    counter.StartElementHandler = check
    counter.Parse(body, True)


def _too_many_attributes(limits: XmlLimits) -> DocumentRejected:
    return DocumentRejected(
        f"An element of the XML has more than {limits.max_attributes} attributes.",
        rule="attributes",
    )
