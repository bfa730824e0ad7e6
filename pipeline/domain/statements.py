"""Whether the statements of a bank account follow each other, as far as they were placed.

A bank numbers the statements of an account; the numbers start again, usually each year. The old
balance of one is the new balance of the one before it. A file that is whole in itself cannot tell
that another one is missing, and an accountant who finds out later has booked on a wrong balance.
So a gap is a warning on the statement after it, never a reason to hold it back, and it goes when
the missing statement arrives, in whatever order.

Source: the Febelfin standard CODA 2.6, records 1 and 8.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace

from pipeline.domain.delivery import DocumentRow
from pipeline.domain.documents import AccountStatement, Finding, Severity, Verdict

LAYER = "coda"
MISSING, OPENING, REPEATED = "coda-missing", "coda-opening-balance", "coda-repeated"
_RULES = frozenset({MISSING, OPENING, REPEATED})
_FIRST = 1
"""A sequence starts here; some banks start one lower."""


@dataclass(frozen=True, slots=True)
class PlacedStatement:
    """A statement with its neighbourhood among those that are in a folder, or about to be.

    ``before`` is the last one in the order of its account before it; ``repeats`` the id of a
    document, received earlier, that has this very statement.
    """

    statement: AccountStatement
    before: AccountStatement | None = None
    repeats: str | None = None


def continued(row: DocumentRow, placed: Iterable[PlacedStatement]) -> DocumentRow:
    """The row with what does not continue, as it is now, among its findings and in its verdict."""
    found = [each for each in json.loads(row.findings_json) if each["rule"] not in _RULES]
    found += [asdict(finding) for one in placed for finding in findings_of(one)]
    return replace(row, findings_json=json.dumps(found), verdict=_verdict(row, found))


def findings_of(one: PlacedStatement) -> Iterator[Finding]:
    """At most one warning: that it was placed before, or what is missing before it."""
    if one.repeats is not None:
        yield _warning(
            REPEATED,
            f"{_called(one.statement)} was placed before, as document {one.repeats}. Book it once.",
        )
    elif one.before is not None:
        yield from _gap(one.before, one.statement)


def amount_text(thousandths: int) -> str:
    """An amount as people read it."""
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{abs(thousandths) // 1000}.{abs(thousandths) % 1000:03d}"


def _gap(before: AccountStatement, one: AccountStatement) -> Iterator[Finding]:
    missing = _missing(before, one)
    if missing:
        yield _warning(MISSING, _missing_text(missing, before, one))
    elif one.old_balance != before.new_balance:
        yield _warning(
            OPENING,
            f"{_called(one)} starts with a balance of {amount_text(one.old_balance)}, but"
            f" statement {before.number:03d} ended with {amount_text(before.new_balance)}. One"
            " between them may be missing; ask the bank.",
        )


def _missing(before: AccountStatement, one: AccountStatement) -> range:
    """The numbers that were skipped, as far as it is certain where the sequence started again."""
    if one.number > before.number:
        return range(before.number + 1, one.number)
    is_new_year = one.new_on.year > before.new_on.year
    return range(_FIRST, one.number) if is_new_year else range(0)


def _missing_text(missing: range, before: AccountStatement, one: AccountStatement) -> str:
    first, last = f"{missing[0]:03d}", f"{missing[-1]:03d}"
    what = f"Statement {first} is" if len(missing) == 1 else f"Statements {first} to {last} are"
    return (
        f"{what} missing: account {one.account} has {before.number:03d} of {before.new_on} and then"
        f" {one.number:03d} of {one.new_on}. Ask the bank, or the hub."
    )


def _verdict(row: DocumentRow, found: list[object]) -> Verdict:
    if row.verdict not in (Verdict.VALID, Verdict.WARNINGS):
        return row.verdict
    return Verdict.WARNINGS if found else Verdict.VALID


def _called(one: AccountStatement) -> str:
    return f"Statement {one.number:03d} of account {one.account}"


def _warning(rule: str, message: str) -> Finding:
    return Finding(LAYER, rule, Severity.WARNING, message)
