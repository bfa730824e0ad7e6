"""Rows are found through indexes, by whichever of two plans, and both find the same."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.connectors.state.sqlite import SqliteState, documents, queries
from pipeline.connectors.state.sqlite.connection import DATABASE, open_sessions
from pipeline.connectors.state.sqlite.queries import RowFilter
from pipeline.domain.delivery import Delivery, Evidence, RowStatus
from pipeline.domain.documents import DocumentKey
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_values import bring_to, intend, key, planned


@pytest.fixture
async def state(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[SqliteState]:
    state = await SqliteState.open(tmp_path, clock)
    yield state
    await state.close()


@pytest.mark.parametrize("few_rows", [-1, 1000], ids=["walk", "sort"])
async def test_many_and_few_rows_are_paged_alike(
    state: SqliteState, monkeypatch: pytest.MonkeyPatch, few_rows: int
) -> None:
    monkeypatch.setattr(queries, "FEW_ROWS", few_rows)
    keys = [key(str(number), dossier=str(number % 3)) for number in range(20)]
    await intend(state, *(planned(each) for each in keys))
    await bring_to(state, key("held"), RowStatus.HELD)

    found: list[DocumentKey] = []
    after: DocumentKey | None = None
    while page := await state.rows(statuses=[RowStatus.INTENT], after=after, limit=3):
        found += [row.key for row in page]
        after = found[-1]

    assert found == sorted(keys)


@pytest.mark.parametrize(
    "chosen",
    [
        RowFilter(statuses=[RowStatus.INTENT]),
        RowFilter(statuses=[RowStatus.ERROR], is_reported=False),
        RowFilter(hub="billing", dossier="a"),
        RowFilter(digests=[key("1").digest]),
    ],
    ids=["by status", "by status and more", "by dossier", "by digest"],
)
async def test_rows_are_looked_up_and_never_searched_for(
    state: SqliteState, tmp_path: Path, chosen: RowFilter
) -> None:
    await intend(state, planned(key("1")))

    found = plans(tmp_path, chosen)
    assert [table for table in ("d", "tally") if f"SCAN {table}" in found] == []


def test_rows_that_move_on_are_found_by_their_digest_and_not_among_all_of_their_status(
    tmp_path: Path,
) -> None:
    sessions = open_sessions(tmp_path, read_only=False)
    assert sessions.writer
    connection, statements = sessions.writer._connection, list[str]()
    placed = Delivery(key("1"), "/books/1.xml", Evidence.MOVED)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    try:
        connection.set_trace_callback(statements.append)
        documents.delivered(sessions.writer, [placed], now=now)
        documents.acked(sessions.writer, [key("1")], now=now)
        connection.set_trace_callback(None)
        updates = [each for each in statements if each.startswith("UPDATE document ")]
        found = [line for each in updates for line in plan(connection, each)]
    finally:
        for session in (sessions.writer, *sessions.readers):
            session.close()

    assert len(updates) == 2
    assert [line for line in found if "SEARCH document USING INDEX" in line] == [
        "SEARCH document USING INDEX sqlite_autoindex_document_1 (digest=?)"
    ] * 2


def plan(connection: sqlite3.Connection, statement: str) -> list[str]:
    """The lines of the plan of one statement."""
    return [str(line[3]) for line in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]


def plans(folder: Path, chosen: RowFilter) -> str:
    """The plans of the statements that read or count documents."""
    sessions = open_sessions(folder, read_only=True)
    statements: list[str] = []
    connection = sqlite3.connect(folder / DATABASE)
    try:
        sessions.readers[0]._connection.set_trace_callback(statements.append)
        queries.rows(sessions.readers[0], chosen, None, 10)
        connection.execute("CREATE TEMP TABLE asked (digest BLOB)")
        selects = [each for each in statements if "document d" in each or "tally" in each]
        assert selects
        return "\n".join(line for each in selects for line in plan(connection, each))
    finally:
        connection.close()
        for session in sessions.readers:
            session.close()
