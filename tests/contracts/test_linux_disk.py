"""The disk of Linux does what every disk must do, and what only Linux has."""

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.connectors.disks.linux import LinuxDisk
from pipeline.connectors.disks.linux import calls as linux_calls
from pipeline.ports.disk import Folder, NewFile
from pipeline.testing.contracts.disk import DiskContract, Playground

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")


class FolderPlayground(Playground):
    def __init__(self, root: Path) -> None:
        self.root = str(root)

    def make_link(self, name: str, target: str) -> None:
        Path(self.root, name).symlink_to(target)


class TestLinuxDisk(DiskContract):
    @pytest.fixture
    def playground(self, tmp_path: Path) -> FolderPlayground:
        return FolderPlayground(tmp_path)

    @pytest.fixture(params=[1, 8], ids=["one flush at a time", "flushes side by side"])
    def disk(self, request: pytest.FixtureRequest) -> Iterator[LinuxDisk]:
        with LinuxDisk(flush_threads=request.param) as disk:
            yield disk

    def test_files_get_the_rights_of_the_folder_they_are_for(
        self, disk: LinuxDisk, root: Folder, inbox: Folder
    ) -> None:
        Path(inbox.path).chmod(0o2770)
        with contextlib.closing(disk.open_folder(root.path, ["inbox"])) as fresh:
            disk.create(root, [NewFile("token", b"x", fresh)], flush=True)

        assert stat.S_IMODE(Path(root.path, "token").stat().st_mode) == 0o660

    def test_made_folders_get_the_rights_of_their_parent(
        self, disk: LinuxDisk, root: Folder
    ) -> None:
        Path(root.path).chmod(0o750)
        with contextlib.closing(disk.open_folder(root.path)) as fresh:
            disk.make_folder(fresh, "made")

        assert stat.S_IMODE(Path(root.path, "made").stat().st_mode) == 0o750

    def test_a_pipe_in_the_place_of_a_file_blocks_nobody(
        self, disk: LinuxDisk, root: Folder
    ) -> None:
        os.mkfifo(Path(root.path, "pipe"))

        assert disk.size(root, "pipe") is None

    def test_no_descriptor_is_left_open(self, disk: LinuxDisk, root: Folder) -> None:
        before = len(list(Path("/proc/self/fd").iterdir()))

        for number in range(20):
            disk.create(root, [NewFile(f"{number}", b"x", root)], flush=True)
            disk.create(root, [NewFile(f"{number}", b"x", root)], flush=True)
            with pytest.raises(FileNotFoundError):
                disk.open_folder(root.path, ["a", "b"])

        assert len(list(Path("/proc/self/fd").iterdir())) == before

    def test_a_closed_folder_refuses(self, disk: LinuxDisk, root: Folder) -> None:
        root.close()
        root.close()

        with pytest.raises(OSError, match="Bad file descriptor"):
            disk.names(root)


class TestLinuxDiskWithoutOpenat2(TestLinuxDisk):
    """Kernels before 5.6, and sandboxes that know no ``openat2``."""

    @pytest.fixture(autouse=True)
    def old_kernel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(linux_calls, "_OPENAT2", 100_000)


@pytest.mark.parametrize(
    ("options", "super_options", "expected"),
    [
        ("rw,relatime", "rw,data=ordered", False),
        ("rw,dirsync", "rw", True),
        ("rw", "rw,wsync", True),
        ("rw,sync", "rw", True),
    ],
    ids=["plain", "dirsync", "xfs wsync", "sync"],
)
def test_mount_options_tell_whether_moves_are_durable(
    options: str, super_options: str, expected: bool
) -> None:
    mounts = f"36 35 98:0 / /data {options} shared:1 - ext4 /dev/sda1 {super_options}\n"

    mount = linux_calls.mount_of(os.makedev(98, 0), "/data/books", mounts)

    assert mount == linux_calls.Mount("ext4", expected)


def test_a_file_system_without_a_device_number_is_found_by_its_mount_point() -> None:
    mounts = (
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 0:30 /@ /data rw - btrfs /dev/sdb rw\n"
        "3 1 0:31 / /data2 rw - xfs /dev/sdc rw\n"
    )

    assert linux_calls.mount_of(os.makedev(0, 99), "/data/books", mounts).kind == "btrfs"
    assert linux_calls.mount_of(os.makedev(0, 99), "/elsewhere", mounts).kind == "ext4"
