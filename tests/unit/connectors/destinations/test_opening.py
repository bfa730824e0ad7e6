"""What a destination refuses at its start, and how it chooses to flush."""

import errno
from collections.abc import Callable

import pytest

from pipeline.connectors.destinations.filesystem import FilesystemDestination, Flush
from pipeline.domain.errors import ConfigurationError, DestinationUnavailable
from pipeline.testing.sim_disk import OnStep, SimDisk, no_step
from pipeline.testing.sim_volume import Change, Kind, Node, SimVolume
from tests.sim.world import InstantClock

INSTALLATION = "0123456789abcdef"


@pytest.fixture
def volume() -> SimVolume:
    volume = SimVolume()
    volume.make_folders("/data/F1/in")
    return volume


def destination(
    volume: SimVolume, on_step: OnStep = no_step, *, clock: InstantClock | None = None
) -> FilesystemDestination:
    return FilesystemDestination(
        name="books",
        root="/data",
        disk=SimDisk(volume, on_step),
        clock=clock or InstantClock(),
    )


def failing(call: str, number: int, *, entry: str = "") -> OnStep:
    def step(this: str, name: str) -> None:
        if this == call and entry in name:
            raise OSError(number, "simulated", name)

    return step


@pytest.mark.parametrize("kind", ["vfat", "exfat", "FAT32"])
async def test_file_systems_that_lose_files_are_refused(kind: str) -> None:
    volume = SimVolume(kind=kind)
    volume.make_folders("/data")

    with pytest.raises(ConfigurationError, match="loses files when the power fails"):
        await destination(volume).open(INSTALLATION)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EXDEV])
async def test_a_file_system_that_cannot_refuse_to_replace_is_refused(
    volume: SimVolume, number: int
) -> None:
    with pytest.raises(ConfigurationError, match="without the risk of replacing"):
        await destination(volume, failing("rename", number, entry="moved")).open(INSTALLATION)


async def test_a_file_system_that_replaces_is_refused(volume: SimVolume) -> None:
    class ReplacingDisk(SimDisk):
        @staticmethod
        def _check_free_name(folder: Node, name: str) -> None:
            folder.entries.pop(name, None)

    careless = FilesystemDestination(
        name="books", root="/data", disk=ReplacingDisk(volume), clock=InstantClock()
    )

    with pytest.raises(ConfigurationError, match="a move replaced another file"):
        await careless.open(INSTALLATION)


async def test_an_inbox_on_another_volume_is_refused(volume: SimVolume) -> None:
    inbox = volume.find("/data/F1/in")
    assert inbox is not None
    inbox.device = 1

    with pytest.raises(ConfigurationError, match="another volume"):
        await destination(volume).open(INSTALLATION, inboxes=["/data/F1/in"])


async def test_an_inbox_that_is_missing_is_the_problem_of_its_dossier_alone(
    volume: SimVolume,
) -> None:
    await destination(volume).open(INSTALLATION, inboxes=["/data/F7/in"])


async def test_a_root_that_is_missing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="/data does not exist"):
        await destination(SimVolume()).open(INSTALLATION)


async def test_a_root_that_refuses_writing_names_the_account(volume: SimVolume) -> None:
    volume.make_folders("/data").is_writable = False

    with pytest.raises(ConfigurationError, match="Account dossierpost"):
        await destination(volume).open(INSTALLATION)


async def test_a_file_in_the_place_of_staging_is_refused(volume: SimVolume) -> None:
    change = Change(added=((volume.make_folders("/data"), ".dossierpost", Node(Kind.FILE)),))
    volume.change(change)

    with pytest.raises(ConfigurationError, match="not a folder"):
        await destination(volume).open(INSTALLATION)


async def test_a_volume_that_is_nearly_full_is_waited_for(volume: SimVolume) -> None:
    full = FilesystemDestination(
        name="books",
        root="/data",
        disk=SimDisk(volume),
        clock=InstantClock(),
        min_free_bytes=1 << 50,
    )

    with pytest.raises(DestinationUnavailable, match="is full"):
        await full.open(INSTALLATION)


async def test_a_failed_start_holds_no_lock(volume: SimVolume) -> None:
    with pytest.raises(DestinationUnavailable):
        await destination(volume, failing("create", errno.EIO, entry="self-test")).open(
            INSTALLATION
        )

    await destination(volume).open(INSTALLATION)


async def test_a_self_test_that_was_killed_does_not_stop_the_next_start(
    volume: SimVolume,
) -> None:
    staging = volume.make_folders("/data/.dossierpost")
    for name in ("self-test.1", "self-test.timed.3", "owner.json.new"):
        volume.change(Change(added=((staging, name, Node(Kind.FILE)),)))

    await destination(volume).open(INSTALLATION)

    assert "self-test.1" not in staging.entries


# -- the way of flushing -------------------------------------------------------------------------
def takes(call: str, clock: InstantClock) -> OnStep:
    """A volume on which one kind of flush takes a second."""

    def step(this: str, _name: str) -> None:
        if this == call:
            clock._seconds += 1

    return step


async def _chosen(volume: SimVolume, make_step: Callable[[InstantClock], OnStep]) -> Flush | None:
    clock = InstantClock()
    chosen = destination(volume, make_step(clock), clock=clock)
    await chosen.open(INSTALLATION)
    return chosen._flush


async def test_the_faster_way_of_flushing_is_chosen(volume: SimVolume) -> None:
    assert await _chosen(volume, lambda clock: takes("fsync", clock)) is Flush.VOLUME
    volume.locks.clear()
    assert await _chosen(volume, lambda clock: takes("syncfs", clock)) is Flush.FILES


async def test_a_volume_that_cannot_be_flushed_as_a_whole_is_flushed_by_file(
    volume: SimVolume,
) -> None:
    assert await _chosen(volume, lambda _: failing("syncfs", errno.ENOSYS)) is Flush.FILES
