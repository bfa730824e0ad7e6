"""The same document by two channels of a client: which client, which invoice, what it repeats."""

from alembic import op
from sqlalchemy import text

from pipeline.domain.customers import Dossier
from pipeline.domain.duplicates import client_of

revision = "0004"
down_revision = "0003"

INVOICES = """
CREATE INDEX document_invoice ON document (tenant, number, issue_date) WHERE number IS NOT NULL
"""

STATEMENTS = (
    "ALTER TABLE package ADD COLUMN delivers_duplicates INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE tenant ADD COLUMN client TEXT",  # NULL: a dossier that was never saved
    "CREATE INDEX tenant_client ON tenant (client)",
    "ALTER TABLE document ADD COLUMN repeats BLOB",  # DocumentKey.digest
    "CREATE INDEX document_repeats ON document (repeats) WHERE repeats IS NOT NULL",
    INVOICES,
)
DOSSIERS = text(
    "SELECT hub, id, enterprise_name, enterprise_identifier, accounting_file_id, linked_to"
    " FROM dossier"
)

SAVE_CLIENT = text(
    "INSERT INTO tenant (hub, dossier, client) VALUES (:hub, :id, :client)"
    " ON CONFLICT DO UPDATE SET client = excluded.client"
)


def upgrade() -> None:
    """Add what is new, and find the client of every dossier as the program does."""
    for statement in STATEMENTS:
        op.execute(statement)
    found = op.get_bind().execute(DOSSIERS).mappings().all()
    clients = [
        {"hub": each["hub"], "id": each["id"], "client": client_of(Dossier(**each))}
        for each in found
    ]
    if clients:
        op.get_bind().execute(SAVE_CLIENT, clients)
