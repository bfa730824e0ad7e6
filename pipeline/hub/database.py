"""One SQLite file: a writer with group commit, and a few readers, each call one thread hop."""

import os
import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from pipeline.domain.errors import ConfigurationError
from pipeline.hub.schema import SCHEMA, SCHEMA_VERSION

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

READERS = 3
BUSY_TIMEOUT_S = 30


class _Job(Generic[T]):
    """A write that waits for its turn, and then for its commit."""

    __slots__ = ("error", "is_done", "result", "work")

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.is_done = False
        self.result: T | None = None
        self.error: BaseException | None = None


class Database:
    """Durable store of the hub; every write is on disk when it returns.

    Writers that come while a commit runs share the next one: whoever gets the lock first commits
    for all that wait. A write that fails is rolled back alone.
    """

    def __init__(self, writer: sqlite3.Connection, readers: list[sqlite3.Connection]) -> None:
        self._writer = writer
        self._readers = deque(readers)
        self._all = [writer, *readers]
        self._reading = CapacityLimiter(len(readers))
        self._writing = CapacityLimiter(1)
        self._turn = anyio.Lock()
        self._waiting: list[_Job[Any]] = []

    @classmethod
    async def open(cls, path: Path) -> "Database":
        """Open or make the file.

        Raises:
            ConfigurationError: the file was made by a newer release.
        """
        connections = await to_thread.run_sync(_open_all, path)
        return cls(connections[0], connections[1:])

    async def write(self, work: Work[T]) -> T:
        """Run ``work`` in a transaction and return its result once that is durable."""
        job = _Job(work)
        self._waiting.append(job)
        async with self._turn:
            if not job.is_done:
                batch, self._waiting = self._waiting, []
                await to_thread.run_sync(self._commit, batch, limiter=self._writing)
        if job.error is not None:
            raise job.error
        return job.result  # type: ignore[return-value]  # set together with is_done

    async def read(self, work: Work[T]) -> T:
        """Run ``work`` on one consistent snapshot."""
        return await to_thread.run_sync(self._snapshot, work, limiter=self._reading)

    async def close(self) -> None:
        """Close every connection, after the calls that run."""
        async with self._turn:
            await to_thread.run_sync(_close_all, self._all)

    def _commit(self, batch: list[_Job[Any]]) -> None:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for job in batch:
                _run(self._writer, job)
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(batch, error)
        for job in batch:
            job.is_done = True

    def _fail(self, batch: list[_Job[Any]], error: sqlite3.Error) -> None:
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")
        for job in batch:
            job.error = job.error or error

    def _snapshot(self, work: Work[T]) -> T:
        connection = self._readers.pop()
        try:
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("COMMIT")
        finally:
            self._readers.append(connection)


def _run(connection: sqlite3.Connection, job: _Job[Any]) -> None:
    connection.execute("SAVEPOINT job")
    try:
        job.result = job.work(connection)
    except Exception as error:  # noqa: BLE001  # it is raised again where the caller waits
        job.error = error
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")


def _open_all(path: Path) -> list[sqlite3.Connection]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    writer = _connect(path)
    _prepare(writer, path)
    return [writer, *(_connect(path) for _ in range(READERS))]


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        connection.close()
        raise ConfigurationError(
            f"{path} was made by a newer release of the hub (schema {version}, this release knows"
            f" {SCHEMA_VERSION}). Start that release, or choose another data folder."
        )
    if version < SCHEMA_VERSION:
        connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")


def _close_all(connections: list[sqlite3.Connection]) -> None:
    for connection in reversed(connections):
        connection.close()
