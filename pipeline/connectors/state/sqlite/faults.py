"""What SQLite's errors mean for the pipeline."""

import sqlite3

from pipeline.domain.errors import ConfigurationError, PipelineError, TransientError

_PRIMARY_CODE = 0xFF

PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def code(error: sqlite3.Error) -> int:
    """The primary result code; 0 for an error that the module itself raised."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE


def concerns_the_volume(error: sqlite3.Error) -> bool:
    """Whether the whole database, and not one statement, is in trouble."""
    return code(error) in PASSING | DAMAGED


def translated(error: sqlite3.Error) -> PipelineError | None:
    """The pipeline's error for an SQLite error; None when it is a bug of ours."""
    if code(error) in PASSING:
        return TransientError(
            f"The state cannot be read or written now ({error}). Free space on its volume and"
            " check that the service account may write there; nothing is lost meanwhile."
        )
    if code(error) in DAMAGED:
        return ConfigurationError(
            f"The state is damaged ({error}). Stop the program, move the file away or restore"
            " a backup, and start again: deliveries are read back from the delivery log."
        )
    return None


def is_full(error: sqlite3.Error) -> bool:
    """Whether there was no room."""
    return code(error) == sqlite3.SQLITE_FULL
