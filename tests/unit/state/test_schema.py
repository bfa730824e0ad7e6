"""The schema comes from migrations alone, whole or not at all."""

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from pipeline.connectors.state import migrations
from pipeline.connectors.state.sqlite import SqliteState, upgrade
from pipeline.connectors.state.sqlite.connection import DATABASE
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey
from pipeline.domain.duplicates import Sameness
from pipeline.domain.errors import ConfigurationError
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_duplicates import INVOICE
from pipeline.testing.contracts.state_values import planned

BROKEN = f'''
"""Fails half-way."""
from alembic import op

revision = "9998"
down_revision = "{upgrade.HEAD}"


def upgrade() -> None:
    op.execute("CREATE TABLE half (id INTEGER)")
    op.execute("INSERT INTO nowhere VALUES (1)")
'''  # noqa: S608 - a file that is imported
FIRST_ROWS = (
    "INSERT INTO package VALUES ('billing', 'p', 'Winbooks', '{}', 0, 0, NULL)",
    "INSERT INTO dossier VALUES ('billing', 'd', 'Bakkerij Peeters', '', '', 1, 'p')",
    "INSERT INTO tenant VALUES (1, 'billing', 'd')",
    (
        "INSERT INTO document (digest, tenant, document_id, version, kind, status, received_at,"
        " updated_at, verdict)"
        " VALUES (x'00', 1, 's1', '1', 'bank_statement', 'acked', 0, 0, 'valid')"
    ),
)
THIRD_ROWS = (
    "INSERT INTO package VALUES ('billing', 'p', 'Winbooks', '{}', 0, 0, NULL, 1)",
    "INSERT INTO dossier VALUES ('billing', 'd', 'B', 'BE 0123.456.749', 'F1', 1, 'p', NULL)",
    "INSERT INTO tenant VALUES (1, 'billing', 'd')",
    (
        "INSERT INTO document (digest, tenant, document_id, version, kind, status, received_at,"
        " updated_at, verdict, supplier_id, number, issue_date, type_code)"
        " VALUES (x'00', 1, 's1', '1', 'purchase_invoice', 'acked', 0, 0, 'valid',"
        " '0428.759.497', '2026/17', '2026-03-01', '380')"
    ),
)
OPEN_AGAIN = """
import sys
from pathlib import Path

import anyio

from pipeline.connectors.state.sqlite import SqliteState
from pipeline.testing.clock import VirtualClock


async def main() -> None:
    for read_only in (True, False):
        state = await SqliteState.open(Path(sys.argv[1]), VirtualClock(), read_only=read_only)
        await state.counts()
        await state.close()


anyio.run(main)
print([name for name in ("alembic", "sqlalchemy", "mako") if name in sys.modules])
"""


def script(location: str = upgrade.MIGRATIONS) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", location)
    return ScriptDirectory.from_config(config)


def schema(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY 1")
    rows = found.fetchall()
    connection.close()
    return rows


def copied_migrations(folder: Path, more: str = "") -> str:
    """The migrations in a folder of their own, with one more."""
    location = folder / "migrations"
    copytree(Path(migrations.__file__).parent, location)
    if more:
        (location / "versions" / "v9998_more.py").write_text(more)
    return str(location)


def stamp(path: Path, revision: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
    connection.commit()
    connection.close()


def test_the_program_works_with_the_newest_migration() -> None:
    assert script().get_heads() == [upgrade.HEAD]


async def test_a_new_state_has_the_schema_that_each_migration_adds_to(
    tmp_path: Path, clock: VirtualClock
) -> None:
    state = await SqliteState.open(tmp_path / "new", clock)
    await state.close()
    stepped = tmp_path / "stepped.sqlite3"
    for revision in reversed(list(script().walk_revisions())):
        upgrade.upgrade(stepped, target=revision.revision)

    assert schema(tmp_path / "new" / DATABASE) == schema(stepped)


async def test_rows_of_the_first_schema_are_read_after_the_upgrade(
    tmp_path: Path, clock: VirtualClock
) -> None:
    path = tmp_path / DATABASE
    upgrade.upgrade(path, target="0001")
    connection = sqlite3.connect(path)
    for statement in FIRST_ROWS:
        connection.execute(statement)
    connection.commit()
    connection.close()

    state = await SqliteState.open(tmp_path, clock)

    (row,) = await state.rows()
    (dossier,) = await state.load_dossiers("billing")
    await state.close()
    assert (row.key.document_id, row.status, row.verdict) == ("s1", "acked", "valid")
    assert json.loads(row.findings_json) == []
    assert dossier.package is not None
    assert not dossier.package.blocks_on_fatal


async def test_dossiers_and_documents_of_the_third_schema_are_found_by_another_channel(
    tmp_path: Path, clock: VirtualClock
) -> None:
    path = tmp_path / DATABASE
    upgrade.upgrade(path, target="0003")
    connection = sqlite3.connect(path)
    for statement in THIRD_ROWS:
        connection.execute(statement)
    connection.commit()
    connection.close()
    peppol = Dossier("peppol", "7", "Bakkerij", "0208:0123456749")
    again = replace(planned(DocumentKey("peppol", "7", "x")), key_data=INVOICE)

    state = await SqliteState.open(tmp_path, clock)
    await state.save_dossiers([peppol])

    (outcome,) = await state.intend([again], boot_id="boot")
    (dossier,) = await state.load_dossiers("billing")
    await state.close()
    assert outcome.sameness is Sameness.INVOICE
    assert outcome.other is not None
    assert (outcome.other.key.document_id, outcome.other.repeats) == ("s1", None)
    assert dossier.package is not None
    assert not dossier.package.delivers_duplicates


def test_an_empty_file_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / DATABASE
    path.touch()

    upgrade.upgrade(path)

    connection = sqlite3.connect(path)
    assert upgrade.revision(connection) == upgrade.HEAD
    connection.close()


def test_a_file_without_schema_has_no_revision(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / DATABASE)
    assert upgrade.revision(connection) is None
    connection.close()


@pytest.mark.parametrize("read_only", [False, True], ids=["writing", "read only"])
async def test_a_state_of_a_newer_program_is_refused_and_left_alone(
    tmp_path: Path, clock: VirtualClock, *, read_only: bool
) -> None:
    state = await SqliteState.open(tmp_path, clock)
    await state.close()
    stamp(tmp_path / DATABASE, "9999")
    before = schema(tmp_path / DATABASE)

    with pytest.raises(ConfigurationError, match="newer"):
        await SqliteState.open(tmp_path, clock, read_only=read_only)

    assert schema(tmp_path / DATABASE) == before


def test_a_migration_that_fails_is_undone_and_those_before_it_stay(tmp_path: Path) -> None:
    location = copied_migrations(tmp_path, BROKEN)
    path = tmp_path / DATABASE

    with pytest.raises(ConfigurationError, match="before the failed step"):
        upgrade.upgrade(path, migrations=location, target="9998")

    connection = sqlite3.connect(path)
    assert upgrade.revision(connection) == upgrade.HEAD
    assert connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'half'").fetchall() == []
    connection.close()


def test_a_migration_that_failed_runs_again(tmp_path: Path) -> None:
    location = copied_migrations(tmp_path, BROKEN)
    path = tmp_path / DATABASE
    with pytest.raises(ConfigurationError):
        upgrade.upgrade(path, migrations=location, target="9998")

    repaired = BROKEN.replace('    op.execute("INSERT INTO nowhere VALUES (1)")\n', "")
    (Path(location) / "versions" / "v9998_more.py").write_text(repaired)
    upgrade.upgrade(path, migrations=location, target="9998")

    assert ("half", "CREATE TABLE half (id INTEGER)") in schema(path)


async def test_opening_a_state_that_is_up_to_date_imports_no_migration_tool(
    tmp_path: Path, clock: VirtualClock
) -> None:
    state = await SqliteState.open(tmp_path, clock)
    await state.close()

    child = subprocess.run(  # noqa: ASYNC221 - nothing else runs on this loop
        [sys.executable, "-c", OPEN_AGAIN, str(tmp_path)],
        capture_output=True,
        check=True,
        text=True,
    )

    assert child.stdout.strip() == "[]"
