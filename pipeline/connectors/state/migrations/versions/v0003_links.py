"""Dossiers that are another channel of one of the office's own."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the link; no dossier has one."""
    op.execute("ALTER TABLE dossier ADD COLUMN linked_to TEXT")
