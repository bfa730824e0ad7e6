"""On a full disk deliveries on their way are finished, and new ones wait for room."""

import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pipeline.connectors.state.sqlite import SqliteState, ballast, faults
from pipeline.connectors.state.sqlite.ballast import RENEW_EVERY_SECONDS, Ballast
from pipeline.domain.delivery import RowStatus
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import TransientError
from pipeline.ports.state import IntentResult
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_values import intend, key, planned, seen, status_of

MEGABYTE = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB, with a ballast to match."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("may not mount a small file system here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
async def state(
    small_disk: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SqliteState]:
    monkeypatch.setattr(ballast, "BALLAST_BYTES", 2 * MEGABYTE)
    state = await SqliteState.open(small_disk / "state", clock)
    yield state
    await state.close()


async def intend_until_full(state: SqliteState) -> list[DocumentKey]:
    """Intend documents until the disk is full; return those that were committed."""
    done: list[DocumentKey] = []
    try:
        for number in range(1_000):
            batch = [planned(key(f"{number}-{each}")) for each in range(64)]
            await intend(state, *batch)
            done += [delivery.key for delivery in batch]
    except TransientError:
        return done
    pytest.fail("the disk did not fill up")


@pytest.mark.needs_root
async def test_rows_in_flight_are_finished_and_new_ones_wait_for_room(
    state: SqliteState, small_disk: Path, clock: VirtualClock
) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(4 * MEGABYTE))
    done = await intend_until_full(state)
    assert not (small_disk / "state" / "state.ballast").exists()

    await state.delivered([seen(document) for document in done[-64:]])
    await state.acked(done[-64:])
    with pytest.raises(TransientError, match="full"):
        await intend(state, planned(key("new")))
    assert await status_of(state, done[-1]) is RowStatus.ACKED
    assert sum((await state.counts()).values()) == len(done)

    filler.unlink()
    await clock.advance(RENEW_EVERY_SECONDS)
    assert await intend(state, planned(key("new"))) == [IntentResult.INTENDED]
    assert (small_disk / "state" / "state.ballast").exists()


def test_the_ballast_takes_and_gives_back_its_room(tmp_path: Path, clock: VirtualClock) -> None:
    path = tmp_path / "ballast"
    held = Ballast(path, clock)

    states = [held.is_spent]
    held.renew()
    states.append(held.is_spent)
    blocks = path.stat().st_blocks
    gave = [held.spend(), held.spend()]
    states.append(held.is_spent)

    assert states == [True, False, True]
    assert blocks * 512 >= ballast.BALLAST_BYTES
    assert gave == [True, False]
    assert not path.exists()


async def test_the_ballast_is_taken_again_after_a_while(
    tmp_path: Path, clock: VirtualClock
) -> None:
    held = Ballast(tmp_path / "ballast", clock)
    held.renew()
    held.spend()

    held.renew()
    is_early = not held.is_spent
    await clock.advance(RENEW_EVERY_SECONDS)
    held.renew()

    assert not is_early
    assert not held.is_spent


def test_without_room_the_ballast_stays_spent(tmp_path: Path, clock: VirtualClock) -> None:
    held = Ballast(tmp_path / "no folder" / "ballast", clock)

    held.renew()

    assert held.is_spent


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SQLITE_FULL", "TransientError"),
        ("SQLITE_IOERR_FSYNC", "TransientError"),
        ("SQLITE_READONLY", "TransientError"),
        ("SQLITE_BUSY", "TransientError"),
        ("SQLITE_CORRUPT", "ConfigurationError"),
        ("SQLITE_CONSTRAINT_UNIQUE", "NoneType"),
    ],
)
def test_errors_of_sqlite_say_how_much_stops(name: str, kind: str) -> None:
    error = sqlite3.OperationalError(name)
    error.sqlite_errorcode = getattr(sqlite3, name)

    assert type(faults.translated(error)).__name__ == kind


async def test_a_ballast_that_another_process_spent_is_missed_and_left_alone_for_a_while(
    tmp_path: Path, clock: VirtualClock
) -> None:
    mine, theirs = (Ballast(tmp_path / "ballast", clock) for _ in range(2))
    mine.renew()
    theirs.renew()

    assert theirs.spend()
    mine.renew()
    is_missed = mine.is_spent
    await clock.advance(RENEW_EVERY_SECONDS)
    mine.renew()

    assert is_missed
    assert not mine.is_spent
    assert (tmp_path / "ballast").exists()
