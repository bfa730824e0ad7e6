"""Text for logs: secrets and account numbers masked, control characters escaped, length capped."""

import re
from collections.abc import Iterable

LONGEST_TEXT = 2_000
_MASK = "***"
_SHORTEST_SECRET = 6

# Repetitions before a keyword are bounded: hostile text must not make a pattern quadratic.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # a header with its whole value, to the end of the line or of the quoted text
    (
        re.compile(
            r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)"
            r"(['\"]?\s*[:=,]\s*(?:b?['\"])?)[^\r\n'\"]+"
        ),
        rf"\1\2{_MASK}",
    ),
    # Bearer abc, Basic abc
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), rf"\1 {_MASK}"),
    # JSON web tokens
    (re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]+)*"), _MASK),
    # user and password in a URL
    (re.compile(r"(?i)(\b[a-z][a-z0-9+.-]{0,20}://)[^/\s@]+@"), rf"\1{_MASK}@"),
    # name=value and "name": "value", also in URLs
    (
        re.compile(
            r"(?i)((?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|private[_-]?key"
            r"|signature|verifier|session[_-]?id)[\w-]{0,40})"
            r"(['\"]?\s*[:=]\s*(?:b?['\"])?)(?![\s'\"])[^\s'\"&,;)}\]]+"
        ),
        rf"\1\2{_MASK}",
    ),
    # parameters of signed URLs and of sign-ins whose names are ordinary words elsewhere
    (re.compile(r"(?i)((?:^|[?&\s])(?:code|key|sig|state)=)[^\s'\"&,;)}\]]+"), rf"\1{_MASK}"),
    # IBAN, in one piece or in groups of four; 15 characters at least: a VAT number is shorter
    (
        re.compile(
            r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2}"
            r"(?:(?:[ -]?[A-Z0-9]{4}){1,5}(?:[ -]?[A-Z0-9]{1,4})?|[ -]?[A-Z0-9]{3})"
            r"(?![A-Za-z0-9])"
        ),
        f"IBAN{_MASK}",
    ),
)


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """Return ``text`` without ``secrets`` and without what looks like one."""
    for secret in secrets:
        text = text.replace(secret, _MASK)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def on_one_line(text: str) -> str:
    r"""Return ``text`` with every control and invisible character escaped, such as ``\n``."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in text
    )


def clean(text: str, secrets: Iterable[str] = (), longest: int = LONGEST_TEXT) -> str:
    """Return ``text`` as one harmless line of at most ``longest`` characters, and a mark."""
    line = on_one_line(masked(text[: 4 * longest], secrets))
    return line if len(line) <= longest else f"{line[:longest]} [cut]"


def worth_hiding(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return the secrets long enough to be looked for in text, longest first."""
    return tuple(sorted({s for s in secrets if len(s) >= _SHORTEST_SECRET}, key=len, reverse=True))
