"""A state opens private, durable and checked, or says why not."""

import stat
from pathlib import Path

import pytest

from pipeline.connectors.state.sqlite import SqliteState, connection
from pipeline.connectors.state.sqlite.connection import DATABASE
from pipeline.domain.delivery import RowStatus
from pipeline.domain.errors import ConfigurationError, TransientError
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_values import bring_to, intend, key, planned, status_of


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: mode(path) for path in folder.iterdir()}


async def test_only_the_service_account_can_read_the_state(
    tmp_path: Path, clock: VirtualClock
) -> None:
    folder = tmp_path / "var" / "state"
    folder.mkdir(parents=True, mode=0o755)

    state = await SqliteState.open(folder, clock)
    await intend(state, planned(key("1")))

    assert mode(folder) == 0o700
    assert modes(folder) == {
        DATABASE: 0o600,
        f"{DATABASE}-wal": 0o600,
        f"{DATABASE}-shm": 0o600,
        "state.ballast": 0o600,
    }
    await state.close()


async def test_rows_and_the_installation_id_are_there_after_a_restart(
    tmp_path: Path, clock: VirtualClock
) -> None:
    first = await SqliteState.open(tmp_path, clock)
    await bring_to(first, key("1"), RowStatus.ACKED)
    row, installation = await first.row(key("1")), await first.installation_id()
    await first.close()

    second = await SqliteState.open(tmp_path, clock)

    assert await second.row(key("1")) == row
    assert await second.installation_id() == installation
    await second.close()


async def test_two_states_have_different_ids(tmp_path: Path, clock: VirtualClock) -> None:
    ids = set()
    for name in ("a", "b"):
        state = await SqliteState.open(tmp_path / name, clock)
        ids.add(await state.installation_id())
        await state.close()

    assert len(ids) == 2


async def test_closing_leaves_one_file_and_may_be_repeated(
    tmp_path: Path, clock: VirtualClock
) -> None:
    state = await SqliteState.open(tmp_path, clock)
    await intend(state, planned(key("1")))

    await state.close()
    await state.close()

    assert modes(tmp_path).keys() == {"state.ballast", DATABASE}


async def test_a_closed_state_takes_no_calls(tmp_path: Path, clock: VirtualClock) -> None:
    state = await SqliteState.open(tmp_path, clock)
    await state.close()

    with pytest.raises(TransientError, match="closed"):
        await state.counts()
    with pytest.raises(TransientError, match="closed"):
        await state.acked([key("1")])


# -- durable ----------------------------------------------------------------------------------
async def test_a_state_that_would_lose_commits_is_refused(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SYNCHRONOUS", "NORMAL")

    with pytest.raises(ConfigurationError, match="synchronous 1"):
        await SqliteState.open(tmp_path, clock)


async def test_a_state_on_a_network_file_system_is_refused(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"36 35 0:40 / {tmp_path} rw shared:1 - nfs4 server:/x rw\n")
    monkeypatch.setattr(connection, "MOUNTS", mounts)

    with pytest.raises(ConfigurationError, match="nfs4"):
        await SqliteState.open(tmp_path / "state", clock)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path, clock: VirtualClock) -> None:
    (tmp_path / DATABASE).write_bytes(b"no database at all" * 1000)

    with pytest.raises(ConfigurationError, match="damaged"):
        await SqliteState.open(tmp_path, clock)


async def test_a_state_folder_that_is_a_file_is_refused(
    tmp_path: Path, clock: VirtualClock
) -> None:
    (tmp_path / "state").touch()

    with pytest.raises(ConfigurationError, match="cannot be used"):
        await SqliteState.open(tmp_path / "state", clock)


# -- read only --------------------------------------------------------------------------------
async def test_a_second_opening_reads_while_the_service_writes(
    tmp_path: Path, clock: VirtualClock
) -> None:
    service = await SqliteState.open(tmp_path, clock)
    status = await SqliteState.open(tmp_path, clock, read_only=True)

    await intend(service, planned(key("1")))

    assert await status_of(status, key("1")) is RowStatus.INTENT
    await status.close()
    await service.close()


async def test_what_is_opened_to_be_read_cannot_be_changed(
    tmp_path: Path, clock: VirtualClock
) -> None:
    service = await SqliteState.open(tmp_path, clock)
    await service.close()

    status = await SqliteState.open(tmp_path, clock, read_only=True)

    with pytest.raises(ConfigurationError, match="to be read"):
        await status.mark_due("hub", ["a"])
    await status.close()


async def test_reading_creates_nothing(tmp_path: Path, clock: VirtualClock) -> None:
    with pytest.raises(ConfigurationError, match="no state"):
        await SqliteState.open(tmp_path / "state", clock, read_only=True)

    assert modes(tmp_path) == {}


async def test_a_folder_with_other_things_in_it_keeps_its_rights(
    tmp_path: Path, clock: VirtualClock
) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    (folder / "something").touch()

    state = await SqliteState.open(folder, clock)
    await state.close()

    assert mode(folder) == 0o755
    assert mode(folder / DATABASE) == 0o600
