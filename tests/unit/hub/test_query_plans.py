"""Reads that happen all the time look at what they answer, not at everything there is."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.hub.catalogue import find_dossier, list_dossiers
from pipeline.hub.content import _find
from pipeline.hub.feed import read_changes
from pipeline.hub.grants import find_access
from pipeline.hub.listing import find_document, list_documents
from pipeline.hub.schema import SCHEMA
from pipeline.hub.statuses import report_statuses
from pipeline.hub.wire import StatusReport
from pipeline.testing.clock import VirtualClock

NOW = VirtualClock().now()
REPORTS = [StatusReport("document", "1", "error"), StatusReport("document", "1", "forwarded")]
HOT: dict[str, Callable[[sqlite3.Connection], object]] = {
    "changes": lambda store: read_changes(store, "hub", None, 100),
    "listing": lambda store: list_documents(store, "dossier", None, 100),
    "document": lambda store: find_document(store, "document"),
    "content": lambda store: _find(store, "document"),
    "dossier": lambda store: find_dossier(store, "dossier"),
    "dossiers": lambda store: list_dossiers(store, None, 100),
    "token": lambda store: find_access(store, "digest"),
    "statuses": lambda store: report_statuses(store, REPORTS, NOW),
}


@pytest.fixture
def store(tmp_path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(tmp_path / "plans.sqlite", isolation_level=None)
    connection.executescript(SCHEMA)
    connection.executescript(
        "INSERT INTO dossiers VALUES (1, 'dossier', NULL, '', '', '', 1, 1, 1, 1, 0, 0);"
        "INSERT INTO documents VALUES"
        " (1, 'document', 1, 1, 'other', 0, 0, 0, '', NULL, '', 'to_fetch', 1);"
        "INSERT INTO bodies VALUES (1, '');"
    )
    return connection


@pytest.mark.parametrize("name", HOT)
def test_hot_statements_use_an_index(store: sqlite3.Connection, name: str) -> None:
    statements: list[str] = []
    store.set_trace_callback(statements.append)
    HOT[name](store)
    store.set_trace_callback(None)

    plans = [row[3] for text in statements for row in store.execute(f"EXPLAIN QUERY PLAN {text}")]
    store.close()

    assert statements
    assert not [plan for plan in plans if plan.startswith("SCAN")]
    assert not [plan for plan in plans if "TEMP B-TREE" in plan]
