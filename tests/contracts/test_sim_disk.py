"""The simulated disk does what every disk must do."""

import pytest

from pipeline.testing.contracts.disk import DiskContract, Playground
from pipeline.testing.sim_disk import SimDisk
from pipeline.testing.sim_volume import Change, Kind, Node, SimVolume


class SimPlayground(Playground):
    root = "/data"

    def __init__(self, volume: SimVolume) -> None:
        self._folder = volume.make_folders(self.root)
        self._volume = volume

    def make_link(self, name: str, target: str) -> None:
        link = Node(Kind.LINK, content=target.encode())
        self._volume.change(Change(added=((self._folder, name, link),)))


class TestSimDisk(DiskContract):
    @pytest.fixture
    def volume(self) -> SimVolume:
        return SimVolume()

    @pytest.fixture
    def playground(self, volume: SimVolume) -> SimPlayground:
        return SimPlayground(volume)

    @pytest.fixture
    def disk(self, volume: SimVolume) -> SimDisk:
        return SimDisk(volume)
