"""Files embedded in a UBL document: found, checked, handed out, and cut away before the schema.

The schema would look at every character of a picture: 8 ms for a megabyte, where a translation
table needs 1 ms.
"""

import binascii
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import cast

from lxml import etree

from pipeline.domain.documents import Attachment, Finding, Severity
from pipeline.validation.names import CAC, CBC

_LARGE_CHARACTERS = 8 * 2**10
_SLICE = 2**20
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SPACE = b" \t\r\n"
_PADDING_MAX = 2
_PDFS_MAX = 100
_PDF_TYPE = "application/pdf"
_PDF_START = b"%PDF-"
_PDF_START_WITHIN = 1024
PLACE = (
    f"{CAC}AdditionalDocumentReference",
    f"{CAC}Attachment",
    f"{CBC}EmbeddedDocumentBinaryObject",
)
"""Where embedded files are, from the root element down."""
_PATH = "/".join(PLACE)


def embedded_pdfs(tree: etree._ElementTree) -> Iterator[Attachment]:
    """The first hundred PDFs in a document; what is no base64 or no PDF inside is left out."""
    return first_pdfs(
        embedded_pdf(node.get("mimeCode"), node.get("filename"), partial(_decoded, node))
        for node in tree.iterfind(_PATH)
    )


def first_pdfs(found: Iterable[Attachment | None]) -> Iterator[Attachment]:
    """The first hundred of those that are one."""
    return islice((pdf for pdf in found if pdf is not None), _PDFS_MAX)


def embedded_pdf(
    mime_code: str | None, file_name: str | None, decoded: Callable[[], bytes | None]
) -> Attachment | None:
    """An embedded file, if it is a PDF by its type or name and by its content."""
    name = (file_name or "").strip()
    if mime_code != _PDF_TYPE and not name.lower().endswith(".pdf"):
        return None
    body = decoded()
    if body is None or _PDF_START not in body[:_PDF_START_WITHIN]:
        return None
    return Attachment(name or "attachment.pdf", _PDF_TYPE, body)


def cut_large_objects(tree: etree._ElementTree) -> Iterator[Finding]:
    """Empty the large embedded objects of a tree, and report those that are not base64.

    An empty object is valid for the schema, so that nothing else of its verdict changes. Objects
    with anything but text in them are left for the schema to judge.
    """
    for node in tree.iterfind(_PATH):
        text = node.text or ""
        if len(text) > _LARGE_CHARACTERS and len(node) == 0:
            if _packed(text) is None:
                yield Finding(
                    "xsd",
                    "xsd",
                    Severity.FATAL,
                    "Element EmbeddedDocumentBinaryObject: its text is not base64.",
                    path=tree.getpath(node),
                    line=cast("int | None", node.sourceline),
                )
            node.text = None


def _decoded(node: etree._Element) -> bytes | None:
    packed = _packed(node.text or "") if len(node) == 0 else None
    if packed is None:
        return None
    return b"".join(map(binascii.a2b_base64, _slices(packed)))


def _packed(text: str) -> bytes | None:
    """The base64 characters without white space, None where it is no base64."""
    if not text.isascii():
        return None
    packed = _without(text.encode("ascii"), _SPACE)
    digits = packed.rstrip(b"=")
    is_padded = len(packed) % 4 == 0 and len(packed) - len(digits) <= _PADDING_MAX
    return packed if is_padded and not _without(digits, _ALPHABET) else None


def _without(text: bytes, characters: bytes) -> bytes:
    return b"".join(piece.translate(None, characters) for piece in _slices(text))


def _slices(text: bytes) -> Iterator[bytes]:
    # Pieces of a megabyte, a multiple of four, so that other threads get their turn.
    return (text[start : start + _SLICE] for start in range(0, len(text), _SLICE))
