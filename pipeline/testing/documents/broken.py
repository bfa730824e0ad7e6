"""Documents broken on purpose, each with the rule it must be rejected with."""

import enum
import re
from collections.abc import Callable

_DOCTYPE = b'<!DOCTYPE %s [<!ENTITY secret SYSTEM "file:///etc/hostname">]>\n'
_ERROR_PAGE = b"""<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1><p>The upstream server did not answer.</p></body></html>
"""
_ISSUE_DATE = re.compile(rb" *<cbc:IssueDate>[^<]*</cbc:IssueDate>\n")
_ROOT = re.compile(rb"<(Invoice|CreditNote) ")
_MOVEMENT = re.compile(rb"^21.{29}([01])(.{15})", re.MULTILINE)
_LAST_DIGIT_OF_CENTS = 13


class Defect(enum.StrEnum):
    """One way to break a document."""

    TRUNCATED = "truncated"
    ENTITY = "entity"
    INCOMPLETE = "incomplete"
    ERROR_PAGE = "error page"
    EMPTY = "empty"
    WRONG_DIGIT = "wrong digit"

    @property
    def is_for_statements(self) -> bool:
        """Whether it breaks a CODA file rather than an invoice."""
        return self is Defect.WRONG_DIGIT


def break_document(body: bytes, defect: Defect) -> tuple[bytes, str]:
    """The broken bytes and the rule that must reject them."""
    if defect is Defect.WRONG_DIGIT:
        return _with_wrong_digit(body)
    breaks, rule = _BREAKS[defect]
    return breaks(body), rule


def _with_doctype(body: bytes) -> bytes:
    root = _ROOT.search(body)
    if root is None:
        raise ValueError("only an invoice or credit note gets an entity")
    return body[: root.start()] + _DOCTYPE % root[1] + body[root.start() :]


def _with_wrong_digit(body: bytes) -> tuple[bytes, str]:
    movement = _MOVEMENT.search(body)
    if movement is None:
        raise ValueError("only a statement with movements gets a wrong digit")
    place = movement.start(2) + _LAST_DIGIT_OF_CENTS
    other = b"%d" % ((int(body[place : place + 1]) + 1) % 10)
    rule = "coda-debit-total" if movement[1] == b"1" else "coda-credit-total"
    return body[:place] + other + body[place + 1 :], rule


_BREAKS: dict[Defect, tuple[Callable[[bytes], bytes], str]] = {
    Defect.TRUNCATED: (lambda body: body[: len(body) * 2 // 3], "xml-syntax"),
    Defect.ENTITY: (_with_doctype, "doctype"),
    Defect.INCOMPLETE: (lambda body: _ISSUE_DATE.sub(b"", body, count=1), "xsd"),
    Defect.ERROR_PAGE: (lambda _: _ERROR_PAGE, "wrong-kind"),
    Defect.EMPTY: (lambda _: b"", "size"),
}
