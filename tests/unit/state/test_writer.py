"""Calls that wait together are committed together, and fail alone."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import pytest

from pipeline.connectors.state.sqlite import workers
from pipeline.connectors.state.sqlite.ballast import Ballast
from pipeline.connectors.state.sqlite.session import Session
from pipeline.connectors.state.sqlite.workers import Call, Failure, Workers, Writer
from pipeline.testing.clock import VirtualClock


class Desk:
    """A writer on a database with one table, and a list of what it executed."""

    def __init__(self, path: Path) -> None:
        self.statements: list[str] = []
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("CREATE TABLE number (value INTEGER UNIQUE)")
        self.connection.set_trace_callback(self.statements.append)
        self.writer = Writer(
            Session(self.connection), Ballast(path.parent / "ballast", VirtualClock())
        )

    def run(self, *works: Callable[[Session], object]) -> Sequence[object]:
        return self.writer.run([call(work) for work in works])

    def numbers(self) -> list[int]:
        return [value for (value,) in self.connection.execute("SELECT value FROM number")]


def call(work: Callable[[Session], object]) -> Call:
    """A call whose outcome is taken from the writer, not from a future."""
    future: Any = None
    return Call(work, future, adds_work=False)


def insert(value: int) -> Callable[[Session], int]:
    return lambda session: session.run("INSERT INTO number VALUES (?)", [value])


def insert_then_fail(value: int) -> Callable[[Session], object]:
    def work(session: Session) -> object:
        insert(value)(session)
        raise LookupError(value)

    return work


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "numbers")
    yield desk
    desk.writer.close()


def test_a_group_is_one_commit(desk: Desk) -> None:
    desk.run(*(insert(value) for value in range(100)))

    assert desk.numbers() == list(range(100))
    assert desk.statements.count("COMMIT") == 1


def test_a_call_that_fails_is_undone_and_its_neighbours_are_not(desk: Desk) -> None:
    outcomes = desk.run(insert(1), insert_then_fail(2), insert(1), insert(3))

    assert desk.numbers() == [1, 3]
    assert outcomes[0] == outcomes[3] == 1
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, Failure)]
    assert [type(error) for error in errors] == [LookupError, sqlite3.IntegrityError]


def test_an_error_that_is_returned_is_no_failure(desk: Desk) -> None:
    error = ValueError("an outcome")

    assert desk.run(lambda _: error) == [error]


class Slow:
    """A worker that waits to be let on, and notes its groups."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.may_go_on = Event()
        self.is_closed = False

    def run(self, calls: Sequence[Call]) -> Sequence[object]:
        self.may_go_on.wait(10)
        self.groups.append(len(calls))
        return [None] * len(calls)

    def close(self) -> None:
        self.is_closed = True


def nothing(_: Session) -> None:
    return None


async def test_calls_that_come_during_a_commit_form_the_next_group() -> None:
    slow = Slow()
    threads = Workers("slow", group_calls=50)
    threads.start(slow)

    async with anyio.create_task_group() as tasks:
        for _ in range(101):
            tasks.start_soon(threads.call, nothing)
        await anyio.wait_all_tasks_blocked()
        slow.may_go_on.set()
    await threads.close()

    assert sum(slow.groups) == 101
    assert len(slow.groups) <= 4
    assert max(slow.groups) == 50
    assert slow.is_closed


async def test_callers_wait_when_the_queue_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "QUEUED_CALLS", 3)
    slow = Slow()
    threads = Workers("slow", group_calls=50)
    threads.start(slow)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(threads.call, nothing)
        await anyio.wait_all_tasks_blocked()
        slow.may_go_on.set()
    await threads.close()

    assert sum(slow.groups) == 10
    assert max(slow.groups) <= 3


async def test_closing_finishes_what_is_queued() -> None:
    slow = Slow()
    threads = Workers("slow", group_calls=1)
    threads.start(slow)
    done = []

    async def work() -> None:
        await threads.call(nothing)
        done.append(1)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(work)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(threads.close)
        await anyio.wait_all_tasks_blocked()
        slow.may_go_on.set()

    assert len(done) == 5


async def test_a_cancelled_caller_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "QUEUED_CALLS", 1)
    slow = Slow()
    threads = Workers("slow", group_calls=1)
    threads.start(slow)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(threads.call, nothing)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    slow.may_go_on.set()

    await threads.call(nothing)
    await threads.close()
    assert slow.groups == [1, 1]
