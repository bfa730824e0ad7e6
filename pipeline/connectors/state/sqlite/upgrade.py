"""Brings the schema up to date with Alembic, which is imported only when there is work."""

import sqlite3
from pathlib import Path

from pipeline.domain.errors import ConfigurationError

HEAD = "0005"
"""The revision this program works with; a test holds it equal to the newest migration."""

MIGRATIONS = "pipeline.connectors.state:migrations"


def revision(connection: sqlite3.Connection) -> str | None:
    """The revision of a database; None when it was never migrated."""
    tables = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'")
    if tables.fetchone() is None:
        return None
    found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if found is None else str(found[0])


def upgrade(path: Path, *, migrations: str = MIGRATIONS, target: str = HEAD) -> None:
    """Run the migrations that are missing, each in one transaction with its own record.

    Raises:
        ConfigurationError: The schema is newer than the program, or a migration failed; those
            before it are kept, and it runs again at the next start.
    """
    from alembic import command  # noqa: PLC0415 - takes longer to import than the rest together
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415
    from sqlalchemy import create_engine, event  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    engine = create_engine("sqlite://", creator=lambda: _connect(path), poolclass=NullPool)
    event.listen(engine, "begin", lambda opened: opened.exec_driver_sql("BEGIN IMMEDIATE"))
    config = Config()
    config.set_main_option("script_location", migrations)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, target)
    except CommandError as error:
        raise ConfigurationError(
            f"The state {path} was written by a newer version of Dossierpost ({error})."
            " Install that version or a newer one."
        ) from error
    except SQLAlchemyError as error:
        raise ConfigurationError(
            f"The state {path} could not be brought up to date ({error}). It is as it was before"
            " the failed step; remove the cause and start again."
        ) from error
    finally:
        engine.dispose()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    return connection
