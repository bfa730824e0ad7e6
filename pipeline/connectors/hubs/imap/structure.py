"""The parts of a message, as a mail server describes them (BODYSTRUCTURE, RFC 3501, 7.4.2)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import collapse_rfc2231_value, decode_params

_DEEPEST = 20
_MOST_PARTS = 1000
_WORDS = frozenset({"text/plain", "text/html", "text/enriched", "text/calendar"})
_NEVER = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "message/delivery-status",
        "message/disposition-notification",
        "text/rfc822-headers",
    }
)
"""Parts that are about the message."""
# Places in the description of a part that is no multipart.
_TYPE, _SUBTYPE, _PARAMETERS, _ID, _ENCODING, _OCTETS = 0, 1, 2, 3, 5, 6
_AFTER_TEXT, _AFTER_MESSAGE, _AFTER_OTHER = 8, 10, 7
_INNER = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A part that holds content; ``octets`` counts it as encoded for the transport."""

    section: str
    content_type: str
    name: str
    encoding: str
    octets: int
    disposition: str = ""
    has_id: bool = False

    @property
    def is_document(self) -> bool:
        """Whether it is an attachment: no text of the mail, nor a picture shown in it."""
        if self.content_type in _NEVER:
            return False
        if self.content_type.startswith("image/"):
            return self.disposition == "attachment" or not (self.disposition or self.has_id)
        if self.content_type in _WORDS:
            return bool(self.name) or self.disposition == "attachment"
        return True


def parts_of(described: object) -> list[Part]:
    """All parts with content, in order, those of attached messages among them."""
    found: list[Part] = []
    for part in _walk(described, "", 0):
        if len(found) >= _MOST_PARTS:
            break
        found.append(part)
    return found


def _walk(described: object, section: str, depth: int) -> Iterator[Part]:
    if not isinstance(described, list) or not described or depth > _DEEPEST:
        return
    if isinstance(described[0], list):
        children = [child for child in described if isinstance(child, list)]
        count = next(
            (n for n, child in enumerate(described) if not isinstance(child, list)), len(children)
        )
        for number, child in enumerate(described[:count], start=1):
            yield from _walk(child, f"{section}.{number}" if section else str(number), depth + 1)
        return
    part = _part(described, section or "1")
    inner = _at(described, _INNER)
    if part.content_type == "message/rfc822" and isinstance(inner, list):
        # a multipart inside numbers its parts below this one; anything else is its part 1
        is_multipart = bool(inner) and isinstance(inner[0], list)
        below = part.section if is_multipart else f"{part.section}.1"
        yield from _walk(inner, below, depth + 1)
        return
    yield part


def _part(described: Sequence[object], section: str) -> Part:
    content_type = f"{_text(_at(described, _TYPE))}/{_text(_at(described, _SUBTYPE))}".lower()
    disposition, options = _disposition(described, content_type)
    parameters = _parameters(_at(described, _PARAMETERS))
    octets = _text(_at(described, _OCTETS))
    return Part(
        section=section,
        content_type=content_type,
        name=_name(options.get("filename") or parameters.get("name") or ""),
        encoding=_text(_at(described, _ENCODING)).lower(),
        octets=int(octets) if octets.isdigit() else 0,
        disposition=disposition,
        has_id=_at(described, _ID) is not None,
    )


def _disposition(described: Sequence[object], content_type: str) -> tuple[str, Mapping[str, str]]:
    """The disposition and its parameters: the first list of extension data, after the digest."""
    start = _AFTER_OTHER
    if content_type.startswith("text/"):
        start = _AFTER_TEXT
    elif content_type == "message/rfc822":
        start = _AFTER_MESSAGE
    given = _at(described, start + 1)
    if not isinstance(given, list) or not given:
        return "", {}
    return _text(given[0]).lower(), _parameters(_at(given, 1))


def _parameters(given: object) -> Mapping[str, str]:
    """Parameters by name; those in several pieces or with a character set are put together."""
    if not isinstance(given, list):
        return {}
    pairs = [(_text(given[n]).lower(), _text(given[n + 1])) for n in range(0, len(given) - 1, 2)]
    try:
        decoded = decode_params([("", ""), *pairs])[1:]
    except (ValueError, LookupError, IndexError):
        return dict(pairs)
    return {name: collapse_rfc2231_value(value).strip('"') for name, value in decoded}


def _name(text: str) -> str:
    """A file name as people read it (RFC 2047)."""
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return text


def _at(values: Sequence[object], index: int) -> object:
    return values[index] if index < len(values) else None


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
