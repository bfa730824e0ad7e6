import sqlite3
from pathlib import Path

import anyio
import pytest

from pipeline.hub.database import Database


async def test_a_write_that_fails_is_undone_alone(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "hub.sqlite")

    def insert(name: str) -> None:
        async def write() -> None:
            await database.write(
                lambda store: store.execute("INSERT INTO settings VALUES (?, '')", (name,))
            )

        tasks.start_soon(write)

    async def fail() -> None:
        def work(store: sqlite3.Connection) -> None:
            store.execute("INSERT INTO settings VALUES ('half', '')")
            raise LookupError

        with pytest.raises(LookupError):
            await database.write(work)

    async with anyio.create_task_group() as tasks:
        insert("before")
        tasks.start_soon(fail)
        insert("after")
    names = await database.read(
        lambda store: {row[0] for row in store.execute("SELECT name FROM settings")}
    )
    await database.close()

    assert names == {"before", "after"}


async def test_writes_that_wait_share_a_commit(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "hub.sqlite")
    commits: list[str] = []
    database._writer.set_trace_callback(
        lambda statement: commits.append(statement) if statement == "COMMIT" else None
    )

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(database.write, lambda store: store.execute("SELECT 1").fetchone())
    await database.close()

    assert len(commits) <= 3


async def test_a_disk_that_is_full_fails_all_that_wait_and_the_next_write_works(
    tmp_path: Path,
) -> None:
    database = await Database.open(tmp_path / "hub.sqlite")
    (pages,) = await database.read(lambda store: store.execute("PRAGMA page_count").fetchone())
    await database.write(lambda store: store.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    with pytest.raises(sqlite3.OperationalError, match="full"):
        await database.write(
            lambda store: store.execute("INSERT INTO bodies VALUES (1, zeroblob(1000000))")
        )
    await database.write(
        lambda store: store.execute(f"PRAGMA max_page_count = {pages + 1000}").fetchone()
    )
    await database.write(
        lambda store: store.execute("INSERT INTO bodies VALUES (1, zeroblob(1000000))")
    )
    await database.close()
