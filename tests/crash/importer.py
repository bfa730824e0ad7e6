"""An importing program as a process of its own, with its own database.

It records before it deletes: the other order would report losses that are its own doing.
"""

import hashlib
import os
import select
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.testing.auditor import Placed
from tests.crash.processes import Child, fork

_LOOKS_EVERY_S = 0.003
_SCHEMA = "CREATE TABLE IF NOT EXISTS taken (folder TEXT, name TEXT, sha256 TEXT, inode INTEGER)"
_SWEEP, _SWEPT = b"s", b"d"


@dataclass(frozen=True, slots=True)
class Taken:
    """One file on record; a file that is found again with this inode is the very same one."""

    file: Placed
    inode: int


class Importer:
    """Runs the program; ``is_eager`` takes files the moment they are visible, else when asked."""

    def __init__(
        self, inboxes: Sequence[Path], database: Path, log: Path, *, is_eager: bool
    ) -> None:
        self._database = database
        work = partial(_import, inboxes=inboxes, database=database, is_eager=is_eager)
        self._child: Child = fork(work, log)

    def sweep(self) -> None:
        """Let it take everything that is visible now."""
        self._child.channel.send(_SWEEP)
        if self._child.channel.recv(1) != _SWEPT:
            raise RuntimeError("the importing program has ended; see its log")

    def stop(self) -> None:
        """End it, at once."""
        self._child.end()


def read_taken(database: Path) -> list[Taken]:
    """What the program has on record."""
    with closing(_opened(database)) as connection:
        rows = connection.execute("SELECT folder, name, sha256, inode FROM taken").fetchall()
    return [Taken(Placed(folder, name, sha256), inode) for folder, name, sha256, inode in rows]


def undo_own_deletions(database: Path, inboxes: Sequence[Path]) -> None:
    """After a power cut: files that are back because the program's own deletion was lost."""
    taken = {(each.file, each.inode) for each in read_taken(database)}
    for file, inode in _visible(inboxes):
        if (file, inode) in taken:
            Path(file.folder, file.name).unlink()


def _import(
    channel: socket.socket, *, inboxes: Sequence[Path], database: Path, is_eager: bool
) -> None:
    with closing(_opened(database)) as connection:
        while True:
            timeout = _LOOKS_EVERY_S if is_eager else None
            readable, _, _ = select.select([channel], [], [], timeout)
            asked = channel.recv(1) if readable else b""
            if readable and not asked:
                return
            _take_all(connection, inboxes)
            if asked:
                channel.send(_SWEPT)


def _take_all(connection: sqlite3.Connection, inboxes: Sequence[Path]) -> None:
    for file, inode in _visible(inboxes):
        connection.execute(
            "INSERT INTO taken VALUES (?, ?, ?, ?)", (file.folder, file.name, file.sha256, inode)
        )
        Path(file.folder, file.name).unlink()


def _visible(inboxes: Sequence[Path]) -> Iterator[tuple[Placed, int]]:
    for inbox in inboxes:
        with suppress(FileNotFoundError), os.scandir(inbox) as entries:
            for entry in entries:
                content = Path(entry.path).read_bytes()
                digest = hashlib.sha256(content).hexdigest()
                yield Placed(str(inbox), entry.name, digest), entry.inode()


def _opened(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_SCHEMA)
    return connection
