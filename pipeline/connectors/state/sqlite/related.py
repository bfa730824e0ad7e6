"""Statements for the rows that a batch of intents may run into, over every channel of a client.

The batch is in the temporary table ``intended``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.connectors.state.sqlite import statements
from pipeline.connectors.state.sqlite.rows import (
    SELECT_ROWS,
    document_rows,
    may_be_placed,
)
from pipeline.connectors.state.sqlite.session import Session
from pipeline.domain.delivery import DocumentRow, PlannedDelivery
from pipeline.domain.documents import AccountStatement, DocumentKey

_OWN_TENANT = "CROSS JOIN tenant s ON s.hub = a.hub AND s.dossier = a.dossier"
_CLIENTS = (
    "SELECT DISTINCT s.hub, s.dossier, s.client FROM intended a"
    " CROSS JOIN tenant s ON s.hub = a.hub AND s.dossier = a.dossier"
)
_CLIENTS_OF_ROWS = (
    "SELECT DISTINCT t.hub, t.dossier, t.client FROM channel c JOIN tenant t ON t.id = c.tenant"
)
_FILL_CHANNEL = " ".join(
    (
        *("INSERT INTO channel SELECT a.rowid, t.id FROM intended a", _OWN_TENANT),
        "CROSS JOIN tenant t ON t.client = s.client",
        *("UNION ALL SELECT a.rowid, s.id FROM intended a", _OWN_TENANT, "AND s.client IS NULL"),
    )
)
_OF_CLIENT = (
    "FROM channel c CROSS JOIN intended a ON a.rowid = c.asked"
    " CROSS JOIN document e ON e.tenant = c.tenant"
)
_MAY_BE_PLACED = may_be_placed("e")
_RELATED_ROWS = " ".join(
    (
        *(SELECT_ROWS, "d.id IN ("),
        "SELECT e.id FROM intended a CROSS JOIN document e ON e.digest = a.digest",
        *("UNION SELECT e.id FROM intended a", _OWN_TENANT),
        "CROSS JOIN document e ON e.tenant = s.id AND e.document_id = a.document_id",
        "WHERE e.status IN ('intent', 'delivered', 'acked')",
        *("UNION SELECT e.id", _OF_CLIENT, "AND e.sha256 = a.sha256 WHERE", _MAY_BE_PLACED),
        *("UNION SELECT e.id", _OF_CLIENT, "AND e.number = a.number"),
        *("AND e.issue_date = a.issue_date WHERE", _MAY_BE_PLACED),
        "UNION SELECT e.id FROM asked_statement a CROSS JOIN channel c ON c.asked = a.asked",
        "CROSS JOIN statement q ON q.tenant = c.tenant AND q.account = a.account",
        "AND (q.new_on, q.old_on, q.number) = (a.new_on, a.old_on, a.number)",
        *("CROSS JOIN document e ON e.id = q.document WHERE", _MAY_BE_PLACED, ")"),
    )
)


@dataclass(frozen=True, slots=True)
class Related:
    """Rows, and whose they are.

    ``statements`` are those in the documents of the rows, ``clients`` what the dossiers of a client
    have in common.
    """

    rows: Sequence[DocumentRow] = ()
    statements: Mapping[DocumentKey, Sequence[AccountStatement]] = field(default_factory=dict)
    clients: Mapping[tuple[str, str], str | None] = field(default_factory=dict)

    def client(self, key: DocumentKey) -> str:
        """The client of a document; a dossier that was never saved is one of its own."""
        return self.clients.get((key.hub, key.dossier)) or f"tenant/{key.hub}/{key.dossier}"


def related(session: Session, deliveries: Sequence[PlannedDelivery]) -> Related:
    """What these deliveries, which were proposed, may run into."""
    _ask(session, deliveries)
    records = session.ask(_RELATED_ROWS)
    rows = document_rows(session, records)
    numbered = dict(zip([record[0] for record in records], rows, strict=True))
    clients = session.ask(_CLIENTS_OF_ROWS if rows else _CLIENTS)
    return Related(
        rows=rows,
        statements=statements.of_rows(session, numbered),
        clients={(hub, dossier): client for hub, dossier, client in clients},
    )


def _ask(session: Session, deliveries: Sequence[PlannedDelivery]) -> None:
    """Fill the tables of the statements asked about, and of the channels of the clients."""
    for table in ("asked_statement", "channel"):
        session.run(f"DELETE FROM {table}")  # noqa: S608 - one of those above
    session.many(
        "INSERT INTO asked_statement VALUES (?, ?, ?, ?, ?)",
        (
            (number, one.account, one.new_on.toordinal(), one.old_on.toordinal(), one.number)
            for number, delivery in enumerate(deliveries, start=1)
            for one in delivery.statements
        ),
    )
    session.run(_FILL_CHANNEL)
