"""The disk of Windows, on a kernel that answers with recorded codes; not verified on Windows."""

import errno
import os
import sys
from collections import deque
from pathlib import Path

import pytest

from pipeline.connectors.disks.windows import WindowsDisk
from pipeline.connectors.disks.windows.codes import posix_errors
from pipeline.connectors.disks.windows.kernel import VolumeFacts
from pipeline.ports.disk import Folder, NewFile
from pipeline.testing.contracts.disk import DiskContract, Playground

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a stand-in for elsewhere")


class RecordedKernel:
    """Answers as Windows does; ``codes`` are answers of the next moves."""

    def __init__(self) -> None:
        self.codes: deque[int] = deque()
        self.flushed: list[str] = []

    def move_file(self, source: str, target: str) -> int:
        if self.codes:
            return self.codes.popleft()
        if not Path(source).exists():
            return 2
        if Path(target).exists() or Path(target).is_symlink():
            return 183
        Path(source).rename(target)
        return 0

    def flush_file(self, path: str) -> int:
        if not Path(path).exists():
            return 2
        self.flushed.append(Path(path).name)
        return 0

    def is_link(self, path: str) -> bool:
        os.lstat(path)
        return Path(path).is_symlink()

    def volume(self, path: str) -> VolumeFacts:
        return VolumeFacts(Path(path).stat().st_dev, "NTFS", is_network=False)

    def boot_id(self) -> str:
        return "41"


class PathPlayground(Playground):
    def __init__(self, root: Path) -> None:
        self.root = str(root)

    def make_link(self, name: str, target: str) -> None:
        Path(self.root, name).symlink_to(target)


class TestWindowsDisk(DiskContract):
    @pytest.fixture
    def kernel(self) -> RecordedKernel:
        return RecordedKernel()

    @pytest.fixture
    def disk(self, kernel: RecordedKernel) -> WindowsDisk:
        return WindowsDisk(kernel)

    @pytest.fixture
    def playground(self, tmp_path: Path) -> PathPlayground:
        return PathPlayground(tmp_path)

    def test_an_open_folder_is_the_same_whatever_its_name_becomes(self) -> None:  # type: ignore[override]
        pytest.skip("Windows folders are paths; no process may rename one that is in use")

    def test_flushes_are_accepted(self, disk: WindowsDisk, root: Folder) -> None:  # type: ignore[override]
        disk.flush_folder(root)
        with pytest.raises(OSError, match="not flushed") as refused:
            disk.flush_volume(root)

        assert refused.value.errno == errno.ENOSYS

    def test_moved_files_are_flushed_once_and_imported_ones_are_left_out(
        self, disk: WindowsDisk, kernel: RecordedKernel, root: Folder, inbox: Folder
    ) -> None:
        disk.create(root, [NewFile(name, b"x", inbox) for name in "abc"], flush=True)
        for name in "abc":
            disk.move(root, name, inbox, f"{name}.xml")
        disk.remove(inbox, "b.xml")

        disk.flush_folder(inbox)
        disk.flush_folder(inbox)

        assert sorted(kernel.flushed) == ["a.xml", "c.xml"]

    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            (2, errno.ENOENT),
            (3, errno.ENOENT),
            (5, errno.EACCES),
            (17, errno.EXDEV),
            (32, errno.EBUSY),
            (33, errno.EBUSY),
            (39, errno.ENOSPC),
            (64, errno.EHOSTDOWN),
            (80, errno.EEXIST),
            (112, errno.ENOSPC),
            (183, errno.EEXIST),
            (1224, errno.EBUSY),
            (9999, errno.EIO),
        ],
    )
    def test_codes_have_their_meaning(self, root: Folder, *, code: int, expected: int) -> None:
        kernel = RecordedKernel()
        kernel.codes.append(code)

        with pytest.raises(OSError, match=f"Windows error {code}") as failed:
            WindowsDisk(kernel).move(root, "token", root, "invoice.xml")

        assert failed.value.errno == expected


def test_errors_of_python_itself_are_translated() -> None:
    error = OSError("sharing violation")
    error.filename = "C:\\Books\\in\\a.xml"
    error.winerror = 32  # type: ignore[attr-defined]  # only Windows has it

    with pytest.raises(OSError, match="Windows error 32") as translated, posix_errors():
        raise error

    assert translated.value.errno == errno.EBUSY


def test_elsewhere_than_on_windows_there_is_no_such_disk() -> None:
    with pytest.raises(OSError, match="not Windows"):
        WindowsDisk()
