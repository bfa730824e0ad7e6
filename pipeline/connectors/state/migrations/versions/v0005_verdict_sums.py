"""Sums by verdict beside those by status."""

from alembic import op

revision = "0005"
down_revision = "0004"

TRIGGERS = ("document_added", "document_moved", "document_removed")

TALLY = """
CREATE TABLE tally (
    tenant INTEGER NOT NULL REFERENCES tenant (id),
    status TEXT NOT NULL,
    verdict TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (tenant, status, verdict)
) STRICT, WITHOUT ROWID
"""

SUMS = """
INSERT INTO tally SELECT tenant, status, verdict, COUNT(*) FROM document
GROUP BY tenant, status, verdict
"""

ONE_MORE = """
    INSERT INTO tally VALUES (NEW.tenant, NEW.status, NEW.verdict, 1)
    ON CONFLICT DO UPDATE SET amount = amount + 1;
"""
ONE_LESS = """
    UPDATE tally SET amount = amount - 1
    WHERE tenant = OLD.tenant AND status = OLD.status AND verdict = OLD.verdict;
"""

NEW_TRIGGERS = (
    f"CREATE TRIGGER document_added AFTER INSERT ON document BEGIN {ONE_MORE} END",
    (
        "CREATE TRIGGER document_moved AFTER UPDATE OF status, verdict ON document"
        " WHEN OLD.status <> NEW.status OR OLD.verdict <> NEW.verdict"
        f" BEGIN {ONE_LESS} {ONE_MORE} END"
    ),
    f"CREATE TRIGGER document_removed AFTER DELETE ON document BEGIN {ONE_LESS} END",
)


def upgrade() -> None:
    """Count once more, and keep the finer sums."""
    for name in TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
    op.execute("DROP TABLE tally")
    for statement in (TALLY, SUMS, *NEW_TRIGGERS):
        op.execute(statement)
