"""CODA version 2 bank statements: whole, and right in their own control totals.

Each statement of a file is checked on its own: the number of its records, the sums of its debits
and credits, and that old balance and movements make the new balance. Whether one is missing between
two files is for those to tell who know both (`pipeline.domain.statements`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from pipeline.domain.documents import (
    AccountStatement,
    DocumentKind,
    Finding,
    KeyData,
    LayerReport,
    Severity,
    ValidationReport,
    Verdict,
)
from pipeline.domain.statements import LAYER, amount_text
from pipeline.validation.coda import (
    BrokenCoda,
    Statement,
    is_version_1,
    read_heading,
    read_statements,
)
from pipeline.validation.profile import FINDINGS_MAX, Layer, NotInstalled, Subject, run_layers
from pipeline.validation.recognition import Content

_CENTURY = 2000
_KINDS = frozenset({DocumentKind.BANK_STATEMENT})
_REPORT = LayerReport(LAYER, "CODA 2.6")
_ASK = "A record was lost or changed; ask for the file again."


@dataclass(frozen=True, slots=True)
class CodaIntegrity:
    """The layer ``coda``: control totals of every statement."""

    report: LayerReport = _REPORT
    is_binding: bool = True

    def check(self, subject: Subject) -> Sequence[Finding]:
        """What is broken, the first of it named with both numbers."""
        try:
            statements = read_statements(subject.body)
        except BrokenCoda as error:
            return (_finding(error.rule, str(error), error.line),)
        return list(islice(_faults(statements), FINDINGS_MAX))


@dataclass(frozen=True, slots=True)
class Coda2:
    """The profile ``coda_2``; version 1 is delivered unchecked."""

    kinds: frozenset[DocumentKind] = _KINDS

    def claims(self, subject: Subject) -> bool:
        """Whether the first bytes are those of a record."""
        return subject.content is Content.CODA

    def examine(self, subject: Subject) -> ValidationReport:
        """Read the first statement for its names, then check all of them."""
        start = ValidationReport(Verdict.UNCHECKED, key_data=read_key_data(subject.body))
        if is_version_1(subject.body):
            return run_layers((NotInstalled(LAYER, "no rules for version 1"),), subject, start)
        report = run_layers((CodaIntegrity(),), subject, start)
        return replace(report, statements=tuple(account_statements(subject.body)))


def build(_invoice_layers: Sequence[Layer]) -> Coda2:
    """The profile; the layers of invoices are none of its business."""
    return Coda2()


def read_key_data(body: bytes) -> KeyData:
    """What names the first statement, whether the file is whole or not."""
    heading = read_heading(body)
    issued_on = _date(heading.new_on)
    return KeyData(
        number=heading.number or None,
        issue_date=issued_on.isoformat() if issued_on else None,
        currency=heading.currency or None,
        iban=heading.account or None,
    )


def account_statements(body: bytes) -> Iterator[AccountStatement]:
    """The statements of a whole file; one without an account, a number or its dates is left out."""
    for one in read_statements(body):
        old_on, new_on = _date(one.old_on), _date(one.new_on or one.created_on)
        if one.account and one.number.isdecimal() and old_on and new_on:
            yield AccountStatement(
                account=f"{one.account} {one.currency}".strip(),
                new_on=new_on,
                old_on=old_on,
                number=int(one.number),
                old_balance=one.old_balance,
                new_balance=one.new_balance,
            )


def _date(text: str) -> date | None:
    """A date written as ddmmyy; CODA 2 is younger than the century."""
    try:
        return date(_CENTURY + int(text[4:6]), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None


def _faults(statements: Sequence[Statement]) -> Iterator[Finding]:
    for place, one in enumerate(statements, start=1):
        where = f"Statement {place} of the file (line {one.line})"
        if one.records != one.told_records:
            told = f"has {one.records} records, but its last record says {one.told_records}"
            yield _finding("coda-count", f"{where} {told}. {_ASK}", one.line)
        for rule, what, found, told_amount in (
            ("coda-debit-total", "has debits of", one.debit, one.told_debit),
            ("coda-credit-total", "has credits of", one.credit, one.told_credit),
            ("coda-balance", "arrives at a balance of", one.reckoned_balance, one.new_balance),
        ):
            if found != told_amount:
                numbers = f"{what} {amount_text(found)}, but says {amount_text(told_amount)}"
                yield _finding(rule, f"{where} {numbers}. {_ASK}", one.line)


def _finding(rule: str, message: str, line: int) -> Finding:
    return Finding(LAYER, rule, Severity.FATAL, message, line=line)
