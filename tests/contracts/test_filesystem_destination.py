"""The destination on a file system does what every destination must do, on both disks."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.connectors.destinations.filesystem import FilesystemDestination, Flush
from pipeline.connectors.disks.linux import LinuxDisk
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.destination import DestinationContract
from pipeline.testing.contracts.destination_site import Site
from pipeline.testing.sim_disk import SimDisk
from pipeline.testing.sim_volume import Change, Kind, Node, SimVolume


class FolderSite(Site):
    def __init__(self, root: Path, disk: LinuxDisk, flush: Flush | None) -> None:
        self.root = str(root)
        self._disk = disk
        self._flush = flush

    def destination(self) -> FilesystemDestination:
        return FilesystemDestination(
            name="books",
            root=self.root,
            disk=self._disk,
            clock=VirtualClock(),
            flush=self._flush,
        )

    def make_folder(self, folder: str) -> None:
        Path(folder).mkdir(parents=True)

    def put(self, folder: str, name: str, body: bytes) -> None:
        Path(folder, name).write_bytes(body)

    def files(self, folder: str) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}

    def remove(self, folder: str, name: str) -> None:
        Path(folder, name).unlink()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
class TestFilesystemDestination(DestinationContract):
    @pytest.fixture
    def disk(self) -> Iterator[LinuxDisk]:
        with LinuxDisk() as disk:
            yield disk

    @pytest.fixture
    def root(self, tmp_path: Path) -> Iterator[Path]:
        """A folder in memory where there is one: these tests flush a thousand times."""
        memory = Path("/dev/shm")  # noqa: S108 - a fresh folder is made in it
        place = memory if os.access(memory, os.W_OK) else tmp_path
        with tempfile.TemporaryDirectory(dir=place) as folder:
            yield Path(folder)

    @pytest.fixture(params=[Flush.FILES, Flush.VOLUME, None], ids=["files", "volume", "chosen"])
    def site(self, request: pytest.FixtureRequest, root: Path, disk: LinuxDisk) -> FolderSite:
        return FolderSite(root, disk, request.param)


class SimSite(Site):
    root = "/data"

    def __init__(self) -> None:
        self._volume = SimVolume()
        self._volume.make_folders(self.root)

    def destination(self) -> FilesystemDestination:
        return FilesystemDestination(
            name="books", root=self.root, disk=SimDisk(self._volume), clock=VirtualClock()
        )

    def make_folder(self, folder: str) -> None:
        self._volume.make_folders(folder)

    def put(self, folder: str, name: str, body: bytes) -> None:
        node = Node(Kind.FILE, content=body, durable=body)
        self._volume.change(Change(added=((self._folder(folder), name, node),)))

    def files(self, folder: str) -> dict[str, bytes]:
        entries = self._folder(folder).entries.items()
        return {name: node.content for name, node in entries if node.kind is Kind.FILE}

    def remove(self, folder: str, name: str) -> None:
        self._volume.change(Change(taken=((self._folder(folder), name),)))

    def _folder(self, folder: str) -> Node:
        node = self._volume.find(folder)
        assert node is not None
        return node


class TestFilesystemDestinationOnASimulatedDisk(DestinationContract):
    @pytest.fixture
    def site(self) -> SimSite:
        return SimSite()
