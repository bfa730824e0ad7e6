"""Visible names of placed files: sortable, the same on every retry, ending in a short id."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import lru_cache

from pipeline.domain.documents import NO_KEY_DATA, DocumentKind, DocumentRef, KeyData, Location
from pipeline.domain.paths.components import safe_component, slug
from pipeline.domain.paths.values import document_date
from pipeline.domain.paths.variables import Part, Variable, parse_parts

NAME_BYTES = 120

PURCHASE_PATTERN = "[received]_[supplier]_[number]"
SALES_PATTERN = "[received]_[customer]_[number]"
STATEMENT_PATTERN = "[iban]_[currency]_[date]_[number]"
OTHER_PATTERN = "[received]_[original]"
"""Defaults. Many packages import in the order of file names, so invoices sort by arrival, and the
statements of one account by date and then by sequence number, which restarts every year."""

NAME_VARIABLES: Mapping[str, int] = {
    "currency": 3,
    "customer": 20,
    "date": 10,
    "iban": 34,
    "kind": 24,
    "month": 2,
    "number": 30,
    "original": 40,
    "received": 15,
    "supplier": 20,
    "year": 4,
}
"""Variables of a file name pattern, with the length each is cut to."""

_SHORT_ID_AT_END = re.compile(r"_[0-9a-f]{8}$")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}$")
_UNDERSCORES = re.compile(r"_{2,}")

# fmt: off
_HARMLESS_EXTENSIONS = frozenset({
    "cod", "csv", "doc", "docx", "eml", "gif", "heic", "jpeg", "jpg", "json", "msg", "odp",
    "ods", "odt", "pdf", "png", "ppt", "pptx", "rtf", "tif", "tiff", "txt", "webp", "xls",
    "xlsx", "xml", "zip",
})
# fmt: on
_EXTENSION_OF_TYPE = {
    "application/pdf": "pdf",
    "application/xml": "xml",
    "application/zip": "zip",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "text/csv": "csv",
    "text/plain": "txt",
    "text/xml": "xml",
}


def file_base_name(
    ref: DocumentRef,
    key_data: KeyData = NO_KEY_DATA,
    pattern: str | None = None,
    max_bytes: int = NAME_BYTES,
) -> str:
    """Return the complete file name of a document, with its extension.

    It depends on the listing and the content alone, so a retry gives the same name. Values are
    ASCII slugs and empty ones vanish; the 8 hex characters of ``key.short_id`` and the extension
    always end it, and only what stands before them is cut to reach ``max_bytes``.

    Raises:
        TemplateRefused: ``pattern`` uses an unknown variable or filter.
    """
    tail = f"_{ref.key.short_id}{extension(ref)}"
    parts = _parts_of(pattern or _default_pattern(ref.kind, key_data))
    texts = [
        slug(part.filtered(_VALUES[part.name](ref, key_data)), NAME_VARIABLES[part.name])
        if isinstance(part, Variable)
        else part
        for part in parts
    ]
    stem = _UNDERSCORES.sub("_", "".join(texts)).strip(" ._-") or ref.kind.value
    return _cut_before(stem, tail, max_bytes)


def check_pattern(pattern: str) -> None:
    """Refuse a file name pattern that uses an unknown variable or filter.

    Raises:
        TemplateRefused: with the list of the known ones.
    """
    _parts_of(pattern)


def with_suffix(name: str, number: int, max_bytes: int = NAME_BYTES) -> str:
    """Return the ``number``-th choice for a name that is taken; 1 is the name itself.

    The number stands before the short id (``..._2_1a2b3c4d.xml``), or before the extension of a
    name without one, so that names still sort and still end in the id.
    """
    if number == 1:
        return name
    stem, tail = _split_tail(name)
    return _cut_before(stem, f"_{number}{tail}", max_bytes)


def beside(name: str, new_extension: str) -> str:
    """Return the name of a file that belongs to ``name``: same base, another extension."""
    return _EXTENSION.sub("", name) + new_extension


def extension(ref: DocumentRef) -> str:
    """Return the extension, with its dot: by kind, or the hub's own if it is a harmless one.

    A document is never placed under an extension that a double click would run.
    """
    if ref.kind.is_ubl:
        return ".xml"
    if ref.kind is DocumentKind.BANK_STATEMENT:
        return ".cod"
    own = (ref.file_name or "").rpartition(".")[2].lower()
    by_type = _EXTENSION_OF_TYPE.get((ref.content_type or "").partition(";")[0].strip().lower())
    return f".{own}" if own in _HARMLESS_EXTENSIONS else f".{by_type or 'bin'}"


@lru_cache(maxsize=1024)
def _parts_of(pattern: str) -> tuple[Part, ...]:
    """The parts of a pattern; all documents of an accounting package share one."""
    return parse_parts(pattern, NAME_VARIABLES)


def _default_pattern(kind: DocumentKind, key_data: KeyData) -> str:
    if kind is DocumentKind.BANK_STATEMENT and _iban(key_data):
        return STATEMENT_PATTERN
    return {
        Location.PURCHASE_INVOICES: PURCHASE_PATTERN,
        Location.SALES_INVOICES: SALES_PATTERN,
    }.get(kind.location, OTHER_PATTERN)


def _iban(key_data: KeyData) -> str:
    return (key_data.iban or "").replace(" ", "")


def _number(ref: DocumentRef, key_data: KeyData) -> str:
    number = key_data.number or ""
    is_sequence = ref.kind is DocumentKind.BANK_STATEMENT and number.isdecimal()
    return number.zfill(3) if is_sequence else number


def _received(ref: DocumentRef, _: KeyData) -> str:
    at = ref.received_at.astimezone(UTC)
    return f"{at.year:04}{at.month:02}{at.day:02}-{at.hour:02}{at.minute:02}{at.second:02}"


def _split_tail(name: str) -> tuple[str, str]:
    """Split off the extension, and the short id before it where there is one."""
    base = _EXTENSION.sub("", name)
    stem = _SHORT_ID_AT_END.sub("", base)
    return stem, name[len(stem) :]


def _cut_before(stem: str, tail: str, max_bytes: int) -> str:
    return safe_component(stem, max_bytes - len(tail.encode())) + tail


_VALUES: Mapping[str, Callable[[DocumentRef, KeyData], str]] = {
    "currency": lambda _, key_data: key_data.currency or "",
    "customer": lambda _, key_data: key_data.customer_name or "",
    "date": lambda ref, key_data: document_date(ref, key_data).isoformat(),
    "iban": lambda _, key_data: _iban(key_data),
    "kind": lambda ref, _: ref.kind.value.replace("_", "-"),
    "month": lambda ref, key_data: f"{document_date(ref, key_data).month:02}",
    "number": _number,
    "original": lambda ref, _: _EXTENSION.sub("", ref.file_name or ""),
    "received": _received,
    "supplier": lambda _, key_data: key_data.supplier_name or "",
    "year": lambda ref, key_data: f"{document_date(ref, key_data).year:04}",
}
"""How each variable is filled; a name asks for what its pattern uses."""
