"""S10: a link or junction planted in a destination leads nothing out of it."""

import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from pipeline.connectors.destinations.filesystem import FilesystemDestination
from pipeline.connectors.disks.linux import LinuxDisk
from pipeline.connectors.disks.linux import calls as linux_calls
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.destination import FolderFault, FolderProblem, MoveResult
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.destination_site import INSTALLATION, planned

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="links as Linux has them")


@pytest.fixture(params=["openat2", "component by component"])
def disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[LinuxDisk]:
    if request.param != "openat2":
        monkeypatch.setattr(linux_calls, "_OPENAT2", 100_000)
    with LinuxDisk() as disk:
        yield disk


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "books"
    folder.mkdir()
    return folder


@pytest.fixture
async def destination(root: Path, disk: LinuxDisk) -> AsyncIterator[FilesystemDestination]:
    destination = FilesystemDestination(
        name="books", root=str(root), disk=disk, clock=VirtualClock()
    )
    await destination.open(INSTALLATION)
    yield destination
    await destination.close()


def to_outside(place: Path, outside: Path) -> None:
    place.symlink_to(outside)


def to_inside(place: Path, _outside: Path) -> None:
    (place.parent / "elsewhere").mkdir()
    place.symlink_to("elsewhere")


def to_nowhere(place: Path, outside: Path) -> None:
    place.symlink_to(outside / "missing")


@pytest.mark.parametrize("plant", [to_outside, to_inside, to_nowhere])
@pytest.mark.parametrize("parts", [("in",), ("in", "2026")], ids=["the inbox", "above the inbox"])
async def test_an_inbox_behind_a_link_is_refused_and_nothing_is_written(
    destination: FilesystemDestination,
    root: Path,
    outside: Path,
    *,
    plant: Callable[[Path, Path], None],
    parts: tuple[str, ...],
) -> None:
    plant(root / "in", outside)
    delivery = planned(destination, str(root.joinpath(*parts)), 1)

    staged = await destination.stage([delivery], existing={delivery.files[0].folder: str(root)})

    [problem] = staged.failures.values()
    assert isinstance(problem, FolderProblem)
    assert problem.fault is FolderFault.IS_LINK
    assert list(await destination.tokens()) == []
    assert list(outside.iterdir()) == []


async def test_a_link_swapped_in_between_staging_and_moving_is_refused(
    destination: FilesystemDestination, root: Path, outside: Path
) -> None:
    inbox = root / "in"
    inbox.mkdir()
    delivery = planned(destination, str(inbox), 1)
    await destination.stage([delivery], existing={str(inbox): str(inbox)})
    inbox.rmdir()
    inbox.symlink_to(outside)

    [outcome] = await destination.move([delivery.files])

    assert outcome.result is MoveResult.FOLDER_UNUSABLE
    assert list(outside.iterdir()) == []


async def test_a_link_under_the_name_of_a_document_is_not_written_through(
    destination: FilesystemDestination, root: Path, outside: Path
) -> None:
    inbox = root / "in"
    inbox.mkdir()
    (outside / "target").write_bytes(b"theirs")
    (inbox / "n1.xml").symlink_to(outside / "target")
    delivery = planned(destination, str(inbox), 1)
    await destination.stage([delivery], existing={str(inbox): str(inbox)})

    [outcome] = await destination.move([delivery.files])

    assert outcome.result is MoveResult.NAME_EXISTS
    assert (outside / "target").read_bytes() == b"theirs"


async def test_a_link_under_the_name_of_a_token_is_not_written_through(
    destination: FilesystemDestination, root: Path, outside: Path
) -> None:
    inbox = root / "in"
    inbox.mkdir()
    delivery = planned(destination, str(inbox), 1)
    (root / ".dossierpost" / delivery.files[0].token).symlink_to(outside / "new")

    staged = await destination.stage([delivery], existing={str(inbox): str(inbox)})

    assert staged.failures.keys() == {delivery.key}
    assert list(outside.iterdir()) == []


async def test_a_staging_folder_that_is_a_link_is_refused(
    root: Path, outside: Path, disk: LinuxDisk
) -> None:
    (root / ".dossierpost").symlink_to(outside)
    destination = FilesystemDestination(
        name="books", root=str(root), disk=disk, clock=VirtualClock()
    )

    with pytest.raises(ConfigurationError, match="is a link"):
        await destination.open(INSTALLATION)

    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "folder",
    ["../outside", "in/../../outside", "/etc"],
    ids=["parent", "parent inside", "absolute"],
)
async def test_a_folder_that_leads_out_of_the_root_is_refused(
    destination: FilesystemDestination, root: Path, outside: Path, folder: str
) -> None:
    (root / "in").mkdir()
    delivery = planned(destination, str(root / folder), 1)

    staged = await destination.stage([delivery], existing={delivery.files[0].folder: str(root)})

    [problem] = staged.failures.values()
    assert isinstance(problem, FolderProblem)
    assert problem.fault is FolderFault.OUTSIDE
    assert list(outside.iterdir()) == []


def test_a_root_that_is_a_link_is_the_administrators_own_choice(
    disk: LinuxDisk, root: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)

    with contextlib.closing(disk.open_folder(str(link))) as folder:
        assert list(disk.names(folder)) == []
