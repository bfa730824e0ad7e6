"""Threads that own the connections: one that writes, with group commit, and some that read.

A call waits for a free slot. The calls of one turn of the event loop are handed over together and
resolved together: waking a thread, or the loop, costs more than most of them. While the writer
flushes a commit, the calls that come in form the next group, so the number of commits follows the
speed of the disk and not the number of calls.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol, TypeVar

import anyio
from anyio.to_thread import run_sync

from pipeline.connectors.state.sqlite import faults
from pipeline.connectors.state.sqlite.ballast import Ballast
from pipeline.connectors.state.sqlite.session import Session
from pipeline.domain.errors import TransientError

T = TypeVar("T")
Work = Callable[[Session], T]

QUEUED_CALLS = 1024
GROUP_CALLS = 256


@dataclass(frozen=True, slots=True)
class Call:
    """One call on its way through a thread; ``adds_work`` is refused while the disk is full."""

    work: Work[Any]
    future: asyncio.Future[Any]
    adds_work: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that raised, as opposed to one that returned an exception."""

    error: BaseException


class Worker(Protocol):
    """What one thread does; owns its connection."""

    def run(self, calls: Sequence[Call]) -> Sequence[object]:
        """Give the outcome of each call; what it raises is the outcome of all."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Workers:
    """Threads fed from one queue, a worker for each; `QUEUED_CALLS` may be under way."""

    def __init__(self, name: str, *, group_calls: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._turn: list[Call] = []
        self._queue: SimpleQueue[Sequence[Call] | None] = SimpleQueue()
        self._slots = anyio.Semaphore(QUEUED_CALLS, fast_acquire=True)
        self._group_calls = group_calls
        self._name = name
        self._threads: list[Thread] = []
        self._is_closed = False

    def start(self, worker: Worker) -> None:
        """Start one more thread; threads end with `close`, or with the program."""
        thread = Thread(target=self._run, args=(worker,), name=self._name, daemon=True)
        self._threads.append(thread)
        thread.start()

    async def call(self, work: Work[T], *, adds_work: bool = False) -> T:
        """Run ``work`` in a thread and return its result.

        A caller that is cancelled does not undo the work.
        """
        await self._slots.acquire()
        if self._is_closed:
            self._slots.release()
            raise TransientError("The state is closed: the program is stopping.")
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._turn:
            self._loop.call_soon(self._hand_over)
        self._turn.append(Call(work, future, adds_work))
        return await future

    def _hand_over(self) -> None:
        """Queue the calls of this turn, in groups that one thread works on."""
        calls, self._turn = self._turn, []
        for start in range(0, len(calls), self._group_calls):
            self._queue.put(calls[start : start + self._group_calls])

    async def close(self) -> None:
        """Finish what is queued, then end the threads."""
        if not self._is_closed:
            self._is_closed = True
            self._hand_over()
            for _ in self._threads:
                self._queue.put(None)
        with anyio.CancelScope(shield=True):
            for thread in self._threads:
                await run_sync(thread.join)

    def _run(self, worker: Worker) -> None:
        is_open = True
        while is_open:
            calls, is_open = self._next_group()
            if calls:
                outcomes = _outcomes(worker, calls)
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    self._loop.call_soon_threadsafe(self._settle, calls, outcomes)
        worker.close()

    def _next_group(self) -> tuple[list[Call], bool]:
        """The calls that wait, the first of them awaited; False when there are to be no more."""
        calls: list[Call] = []
        group = self._queue.get()
        while group is not None:
            calls += group
            if len(calls) >= self._group_calls:
                return calls, True
            try:
                group = self._queue.get_nowait()
            except Empty:
                return calls, True
        return calls, False

    def _settle(self, calls: Sequence[Call], outcomes: Sequence[object]) -> None:
        for call, outcome in zip(calls, outcomes, strict=True):
            self._slots.release()
            if call.future.done():
                continue
            if isinstance(outcome, Failure):
                call.future.set_exception(outcome.error)
            else:
                call.future.set_result(outcome)


def _outcomes(worker: Worker, calls: Sequence[Call]) -> Sequence[object]:
    try:
        return worker.run(calls)
    except Exception as error:  # noqa: BLE001 - travels to the callers
        return [Failure(_told(error)) for _ in calls]


class Reader:
    """Runs calls one by one, each on one snapshot of the database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, calls: Sequence[Call]) -> Sequence[object]:
        """Give the outcome of each call."""
        return [self._read(call) for call in calls]

    def _read(self, call: Call) -> object:
        try:
            self._session.run("BEGIN")
            return call.work(self._session)
        except Exception as error:  # noqa: BLE001 - travels to the caller
            return Failure(_told(error))
        finally:
            _roll_back(self._session)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


class Writer:
    """Commits groups of calls; a call that fails by itself leaves the others of its group alone."""

    def __init__(self, session: Session, ballast: Ballast) -> None:
        self._session = session
        self._ballast = ballast

    def run(self, calls: Sequence[Call]) -> Sequence[object]:
        """Give the outcome of each call; raise when nothing could be committed."""
        self._ballast.renew()
        try:
            return self._commit(calls)
        except sqlite3.Error as error:
            if not (faults.is_full(error) and self._ballast.spend()):
                raise
        with suppress(sqlite3.Error):
            # The log starts over when its pages are in the database: the room lasts longer.
            self._session.ask("PRAGMA wal_checkpoint(PASSIVE)")
        return self._commit(calls)

    def close(self) -> None:
        """Close the connection, which leaves no write-ahead log behind."""
        self._session.close()

    def _commit(self, calls: Sequence[Call]) -> Sequence[object]:
        try:
            self._session.run("BEGIN IMMEDIATE")
            outcomes = [self._attempt(call) for call in calls]
            self._session.run("COMMIT")
        finally:
            _roll_back(self._session)
        return outcomes

    def _attempt(self, call: Call) -> object:
        if call.adds_work and self._ballast.is_spent:
            return Failure(TransientError(_NO_ROOM))
        self._session.run("SAVEPOINT call")
        try:
            outcome = call.work(self._session)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and faults.concerns_the_volume(error):
                raise
            self._session.run("ROLLBACK TO call")
            outcome = Failure(_told(error))
        self._session.run("RELEASE call")
        return outcome


_NO_ROOM = (
    "The volume of the state is full: deliveries on their way are finished, new ones wait. Free"
    " space on it; the program goes on by itself."
)


def _told(error: Exception) -> Exception:
    """The error as the caller is to see it, with the original as its cause."""
    meaning = faults.translated(error) if isinstance(error, sqlite3.Error) else None
    if meaning is None:
        return error
    meaning.__cause__ = error
    return meaning


def _roll_back(session: Session) -> None:
    if session.is_in_transaction:
        session.run("ROLLBACK")
