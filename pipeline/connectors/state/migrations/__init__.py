"""Migrations of the state, run by Alembic without an ini file; one revision never changes."""
