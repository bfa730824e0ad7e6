"""Visible names of placed files: sortable, the same on every retry, ending in a short id."""

import re
from collections.abc import Mapping
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
    values = _name_values(ref, key_data)
    parts = _parts_of(pattern or _default_pattern(ref.kind, values))
    texts = [
        slug(part.filtered(values[part.name]), NAME_VARIABLES[part.name])
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


def _default_pattern(kind: DocumentKind, values: Mapping[str, str]) -> str:
    if kind is DocumentKind.BANK_STATEMENT and values["iban"]:
        return STATEMENT_PATTERN
    return {
        Location.PURCHASE_INVOICES: PURCHASE_PATTERN,
        Location.SALES_INVOICES: SALES_PATTERN,
    }.get(kind.location, OTHER_PATTERN)


def _name_values(ref: DocumentRef, key_data: KeyData) -> dict[str, str]:
    day = document_date(ref, key_data)
    number = key_data.number or ""
    is_sequence = ref.kind is DocumentKind.BANK_STATEMENT and number.isdecimal()
    return {
        "currency": key_data.currency or "",
        "customer": key_data.customer_name or "",
        "date": day.isoformat(),
        "iban": (key_data.iban or "").replace(" ", ""),
        "kind": ref.kind.value.replace("_", "-"),
        "month": f"{day.month:02}",
        "number": number.zfill(3) if is_sequence else number,
        "original": _EXTENSION.sub("", ref.file_name or ""),
        "received": f"{ref.received_at.astimezone(UTC):%Y%m%d-%H%M%S}",
        "supplier": key_data.supplier_name or "",
        "year": f"{day.year:04}",
    }


def _split_tail(name: str) -> tuple[str, str]:
    """Split off the extension, and the short id before it where there is one."""
    base = _EXTENSION.sub("", name)
    stem = _SHORT_ID_AT_END.sub("", base)
    return stem, name[len(stem) :]


def _cut_before(stem: str, tail: str, max_bytes: int) -> str:
    return safe_component(stem, max_bytes - len(tail.encode())) + tail
