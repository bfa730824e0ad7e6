"""Volumes that lose their power: file systems in image files, cut off from their device.

The cut is the ioctl with which ext4 and xfs are tested themselves: from that moment nothing
reaches the device any more, not even the log. Mounted again, the volume has what a disk has after
a power failure.
"""

import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.connectors.disks.linux.calls import sync_volume

FILE_SYSTEMS = ("ext4", "xfs")
_MAKE = {"ext4": ("mkfs.ext4", "-q", "-F"), "xfs": ("mkfs.xfs", "-q", "-f")}
_IMAGE_BYTES = 320 * 1024 * 1024  # xfs wants 300 MiB; the file is sparse
_SHUT_DOWN, _WITHOUT_LOG = 0x8004587D, 2
_NEW_MOUNT_NAMESPACE, _PRIVATE_AND_BELOW = 0x00020000, 1 << 18 | 1 << 14
_BUSY_S = 5.0
_LIBC = ctypes.CDLL(None, use_errno=True)
_CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume in an image file, mounted at ``folder`` with ``options``.

    Without access times, which would be changes: flushing a folder that was only looked at would
    then make durable what nobody asked to.
    """

    image: Path
    folder: Path
    file_system: str
    options: str = "loop,noatime"

    def make(self) -> None:
        """Make the file system, and mount it."""
        self.image.touch()
        os.truncate(self.image, _IMAGE_BYTES)
        _run([*_MAKE[self.file_system], str(self.image)])
        self.folder.mkdir()
        self.mount()

    def mount(self) -> None:
        """Mount it, which brings it to where its log is."""
        kind, options = ("-t", self.file_system), ("-o", self.options)
        _run(["mount", *kind, *options, str(self.image), str(self.folder)])

    def unmount(self) -> None:
        """Unmount it; its last users may just be ending."""
        deadline = time.monotonic() + _BUSY_S
        while _LIBC.umount2(os.fsencode(self.folder), 0) != 0:
            if time.monotonic() > deadline:
                raise OSError(ctypes.get_errno(), "cannot be unmounted", str(self.folder))
            time.sleep(0.005)

    def cut(self) -> None:
        """Cut it off from its device."""
        with _opened(self.folder) as descriptor:
            fcntl.ioctl(descriptor, _SHUT_DOWN, struct.pack("I", _WITHOUT_LOG))

    def flush(self) -> None:
        """Make everything on it durable."""
        with _opened(self.folder) as descriptor:
            sync_volume(descriptor)


@contextmanager
def mounted(volumes: Sequence[Volume]) -> Iterator[None]:
    """Make volumes, and unmount them at the end, whatever happened.

    This process gets mounts of its own first. So even when it and its children are killed nothing
    stays mounted, and no loop device stays taken: the system lets go of them with the last process.
    """
    _have_own_mounts()
    with ExitStack() as made:
        for volume in volumes:
            volume.make()
            made.callback(volume.unmount)
        yield


def why_not() -> str | None:
    """Why no power can be cut here; None when it can."""
    if os.geteuid() != 0:
        return "only root may mount volumes"
    missing = [command for command, *_ in _MAKE.values() if shutil.which(command) is None]
    if missing:
        return f"{' and '.join(missing)} is missing (packages e2fsprogs and xfsprogs)"
    command = [sys.executable, "-m", "tests.crash.volumes"]
    trial = subprocess.run(command, cwd=_CHECKOUT, capture_output=True, text=True, check=False)
    return trial.stderr.strip().splitlines()[-1] if trial.returncode else None


def try_out() -> None:
    """Make a volume of each kind, cut its power, and mount it again."""
    with tempfile.TemporaryDirectory() as folder:
        volumes = [
            Volume(Path(folder, f"{kind}.image"), Path(folder, kind), kind) for kind in FILE_SYSTEMS
        ]
        with mounted(volumes):
            for volume in volumes:
                volume.cut()
                volume.unmount()
                volume.mount()


def _have_own_mounts() -> None:
    if _LIBC.unshare(_NEW_MOUNT_NAMESPACE) != 0:
        raise OSError(ctypes.get_errno(), "no mounts of its own for this process")
    _LIBC.mount(None, b"/", None, ctypes.c_ulong(_PRIVATE_AND_BELOW), None)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


if __name__ == "__main__":
    try_out()
