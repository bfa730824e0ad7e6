"""Statements for bank statements: which are placed, and what is around each."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from pipeline.connectors.state.sqlite.session import Record, Session
from pipeline.domain.delivery import DocumentRow, PlannedDelivery
from pipeline.domain.documents import AccountStatement, DocumentKey, DocumentKind
from pipeline.domain.statements import PlacedStatement, continued

_ORDER = "q.new_on, q.old_on, q.number"
_OTHERS = (
    "FROM statement q JOIN document e ON e.id = q.document"
    " WHERE q.tenant = s.tenant AND q.account = s.account"
    " AND e.status IN ('intent', 'delivered', 'acked')"
)
_AGE = "(e.received_at, e.document_id, e.version)"
_BEFORE = (
    f"SELECT q.id {_OTHERS} AND ({_ORDER}) < (s.new_on, s.old_on, s.number)"
    " ORDER BY q.new_on DESC, q.old_on DESC, q.number DESC, e.document_id, e.version, q.id LIMIT 1"
)
_REPEATED = (
    f"SELECT e.document_id {_OTHERS} AND ({_ORDER}) = (s.new_on, s.old_on, s.number)"
    f" AND {_AGE} < (d.received_at, d.document_id, d.version) ORDER BY {_AGE[1:-1]} LIMIT 1"
)
_COLUMNS = ("account", "new_on", "old_on", "number", "old_balance", "new_balance")
_AROUND = " ".join(
    (
        "SELECT s.document,",
        ", ".join(f"s.{name}" for name in _COLUMNS) + ",",
        ", ".join(f"p.{name}" for name in _COLUMNS) + ",",
        f"({_REPEATED}) FROM statement s JOIN document d ON d.id = s.document",
        f"LEFT JOIN statement p ON p.id = ({_BEFORE})",
        "WHERE s.document IN (SELECT value FROM json_each(?)) ORDER BY s.document, s.id",
    )
)
_OF_DOCUMENTS = " ".join(
    (
        *("SELECT document,", ", ".join(_COLUMNS), "FROM statement"),
        "WHERE document IN (SELECT value FROM json_each(?)) ORDER BY document, id",
    )
)
_SAVE = (
    "INSERT INTO statement (document, tenant, account, new_on, old_on, number, old_balance,"
    " new_balance) SELECT id, tenant, ?, ?, ?, ?, ?, ? FROM document WHERE digest = ?"
)


def save(session: Session, deliveries: Iterable[PlannedDelivery]) -> None:
    """Replace the statements of documents that have some."""
    known = {bytes.fromhex(one.key.digest): one.statements for one in deliveries if one.statements}
    session.many(
        "DELETE FROM statement WHERE document = (SELECT id FROM document WHERE digest = ?)",
        [(digest,) for digest in known],
    )
    session.many(
        _SAVE, [(*_record(one), digest) for digest, several in known.items() for one in several]
    )


def of_rows(
    session: Session, rows: Mapping[int, DocumentRow]
) -> dict[DocumentKey, list[AccountStatement]]:
    """The statements of rows, by their number in the database, as far as they have some."""
    found: dict[DocumentKey, list[AccountStatement]] = {}
    records = session.ask(_OF_DOCUMENTS, [json.dumps([*rows])]) if rows else []
    for document, *values in records:
        found.setdefault(rows[document].key, []).append(_statement(*values))
    return found


def with_continuity(session: Session, rows: Mapping[int, DocumentRow]) -> list[DocumentRow]:
    """Rows by their number in the database; bank statements get what does not continue."""
    asked = [each for each, row in rows.items() if row.kind is DocumentKind.BANK_STATEMENT]
    if not asked:
        return list(rows.values())
    around: dict[int, list[PlacedStatement]] = {}
    for document, *values in session.ask(_AROUND, [json.dumps(asked)]):
        around.setdefault(document, []).append(_placed(values))
    return [
        continued(row, around[number]) if number in around else row for number, row in rows.items()
    ]


def _placed(values: Sequence[object]) -> PlacedStatement:
    *numbers, repeats = values
    size = len(_COLUMNS)
    before = numbers[size:]
    return PlacedStatement(
        _statement(*numbers[:size]),
        before=None if before[0] is None else _statement(*before),
        repeats=None if repeats is None else str(repeats),
    )


def _statement(*values: object) -> AccountStatement:
    account, *numbers = values
    new_on, old_on, number, old_balance, new_balance = (int(str(each)) for each in numbers)
    return AccountStatement(
        str(account),
        date.fromordinal(new_on),
        date.fromordinal(old_on),
        number,
        old_balance,
        new_balance,
    )


def _record(one: AccountStatement) -> Record:
    return (
        *(one.account, one.new_on.toordinal(), one.old_on.toordinal()),
        *(one.number, one.old_balance, one.new_balance),
    )
