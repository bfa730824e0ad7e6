"""Opens the database file: private, durable, checked, with its schema up to date."""

import os
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.connectors.state.sqlite import intent_rows
from pipeline.connectors.state.sqlite.customers import ensure_installation_id
from pipeline.connectors.state.sqlite.faults import translated
from pipeline.connectors.state.sqlite.mounts import MOUNTS, network_file_system
from pipeline.connectors.state.sqlite.session import Session
from pipeline.connectors.state.sqlite.upgrade import HEAD, revision, upgrade
from pipeline.domain.errors import ConfigurationError

DATABASE = "state.sqlite3"
BUSY_SECONDS = 5.0
READERS = 2
SYNCHRONOUS = "FULL"
_DURABLE = frozenset({2, 3})  # FULL, EXTRA

# What one call asks about: joins with it are set-based, and no statement grows with the call.
_ASKED = "CREATE TEMP TABLE asked (digest BLOB, hub TEXT, dossier TEXT, document_id TEXT) STRICT"
_ASKED_STATEMENT = (
    "CREATE TEMP TABLE asked_statement (asked INTEGER, account TEXT, new_on INTEGER,"
    " old_on INTEGER, number INTEGER) STRICT"
)
_CHANNEL = "CREATE TEMP TABLE channel (asked INTEGER, tenant INTEGER) STRICT"
_PLACED = 'CREATE TEMP TABLE placed (digest BLOB, evidence TEXT, "offset" TEXT) STRICT'
_ASKED_NAME = "CREATE TEMP TABLE asked_name (key_folder TEXT, key_name TEXT) STRICT"
_EVERY_CONNECTION = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    _ASKED,
    _ASKED_NAME,
    _PLACED,
    *intent_rows.TABLES,
    _ASKED_STATEMENT,
    _CHANNEL,
)
# Pages between checkpoints: indexes in random order dirty the same pages again and again.
_CHECKPOINT_PAGES = 8000
_WRITER = (
    f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}",
    "PRAGMA journal_mode = WAL",
    # 8 MB: what a batch of 512 documents touches. More only makes the service grow for longer.
    "PRAGMA cache_size = -8000",
    "PRAGMA journal_size_limit = 67108864",
)


def prepare_folder(folder: Path) -> Path:
    """Make the folder private and the database file in it; return the file.

    Raises:
        ConfigurationError: The folder cannot be used, or lies on a network file system.
    """
    path = folder / DATABASE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() or not any(folder.iterdir()):
            folder.chmod(0o700)  # ours alone, and not a folder that was named by mistake
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
        _make_entries_durable(folder)
    except OSError as error:
        raise ConfigurationError(
            f"The state folder {folder} cannot be used ({error.strerror}). Give the service"
            " account a folder of its own that it may write in."
        ) from error
    refuse_network(folder)
    return path


def _make_entries_durable(folder: Path) -> None:
    """SQLite flushes what is in its files; that the folder is there at all is for us to flush."""
    for each in (folder, folder.parent):
        with suppress(PermissionError):  # where folders cannot be opened, as on Windows
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def refuse_network(folder: Path) -> None:
    """Raise `ConfigurationError` when the folder lies on a network file system."""
    kind = network_file_system(folder, mounts=MOUNTS)
    if kind is not None:
        raise ConfigurationError(
            f"The state folder {folder} lies on a network file system ({kind}), where SQLite"
            " cannot keep it safe. Choose a folder on a local disk."
        )


@dataclass(frozen=True, slots=True)
class Sessions:
    """The open connections of one state; ``writer`` is None when it is only read."""

    writer: Session | None
    readers: Sequence[Session]


def open_sessions(folder: Path, *, read_only: bool) -> Sessions:
    """Open all connections of a state, or none.

    Raises:
        ConfigurationError: See `SqliteState.open`.
        TransientError: The database cannot be read or written now.
    """
    path = folder / DATABASE
    with ExitStack() as opened:
        try:
            writer = None if read_only else _open_writer(prepare_folder(folder), opened)
            readers = [_open_reader(path, opened) for _ in range(READERS)]
        except sqlite3.Error as error:
            raise translated(error) or ConfigurationError(
                f"The state {path} cannot be opened: {error}."
            ) from error
        opened.pop_all()
    return Sessions(writer, readers)


def _open_writer(path: Path, opened: ExitStack) -> Session:
    """The one connection that writes, to a database whose schema is up to date."""
    connection = _connect(str(path), opened)
    _configure(connection, (*_WRITER, f"PRAGMA synchronous = {SYNCHRONOUS}"))
    refuse_volatile(connection)
    if revision(connection) != HEAD:
        upgrade(path)
    _configure(connection, _EVERY_CONNECTION)
    session = Session(connection)
    ensure_installation_id(session, secrets.token_hex(16))
    return session


def _open_reader(path: Path, opened: ExitStack) -> Session:
    """A connection that only reads, also while another process writes."""
    if not path.exists():
        raise ConfigurationError(f"There is no state in {path.parent} yet. Start the service once.")
    connection = _connect(f"{path.absolute().as_uri()}?mode=ro", opened)
    found = revision(connection)
    if found != HEAD:
        raise ConfigurationError(
            f"The state {path} has schema {found}, this program reads {HEAD}. Start the service"
            " of this version once, which brings it up to date, or install the newer version."
        )
    _configure(connection, _EVERY_CONNECTION)
    return Session(connection)


def refuse_volatile(connection: sqlite3.Connection) -> None:
    """Read back what was asked for: a commit must be on the disk, in a write-ahead log.

    Raises:
        ConfigurationError: A commit would not survive a power failure.
    """
    (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if synchronous not in _DURABLE or mode != "wal":
        raise ConfigurationError(
            f"SQLite does not keep the state durably (journal_mode {mode}, synchronous"
            f" {synchronous}). Put it on a local disk and use an unmodified SQLite."
        )


def _connect(target: str, opened: ExitStack) -> sqlite3.Connection:
    connection = sqlite3.connect(
        target,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,  # opened here, used by one worker thread
        uri=target.startswith("file:"),
    )
    opened.callback(connection.close)
    return connection


def _configure(connection: sqlite3.Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        connection.execute(statement).fetchall()
