"""Bank statements by account, and accounting packages that hold what is invalid."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENT = """
CREATE TABLE statement (
    id INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
    tenant INTEGER NOT NULL REFERENCES tenant (id),
    account TEXT NOT NULL,  -- number and currency
    new_on INTEGER NOT NULL,  -- days since the year 1, as Python counts them
    old_on INTEGER NOT NULL,
    number INTEGER NOT NULL,
    old_balance INTEGER NOT NULL,  -- thousandths
    new_balance INTEGER NOT NULL
) STRICT
"""

STATEMENTS = (
    STATEMENT,
    "CREATE INDEX statement_document ON statement (document)",
    "CREATE INDEX statement_order ON statement (tenant, account, new_on, old_on, number)",
    "ALTER TABLE package ADD COLUMN blocks_on_fatal INTEGER NOT NULL DEFAULT 0",
)


def upgrade() -> None:
    """Add what is new; rows stay as they are."""
    for statement in STATEMENTS:
        op.execute(statement)
