"""Run revisions on the connection that the store hands over, each in its own transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    # SQLite's DDL is transactional once BEGIN is sent by hand, which the store does.
    transactional_ddl=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
