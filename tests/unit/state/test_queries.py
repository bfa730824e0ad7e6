"""Rows are found through indexes, by whichever of two plans, and both find the same."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pipeline.connectors.state.sqlite import SqliteState, queries
from pipeline.connectors.state.sqlite.connection import DATABASE, open_sessions
from pipeline.connectors.state.sqlite.queries import RowFilter
from pipeline.domain.delivery import RowStatus
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

    assert "SCAN d" not in plans(tmp_path, chosen)


def plans(folder: Path, chosen: RowFilter) -> str:
    """The plans of the statements that read documents."""
    sessions = open_sessions(folder, read_only=True)
    statements: list[str] = []
    connection = sqlite3.connect(folder / DATABASE)
    try:
        sessions.readers[0]._connection.set_trace_callback(statements.append)
        queries.rows(sessions.readers[0], chosen, None, 10)
        connection.execute("CREATE TEMP TABLE asked (digest BLOB)")
        selects = [each for each in statements if "document d" in each]
        assert selects
        found = [connection.execute(f"EXPLAIN QUERY PLAN {each}") for each in selects]
        return "\n".join(str(line[3]) for plan in found for line in plan)
    finally:
        connection.close()
        for session in sessions.readers:
            session.close()
