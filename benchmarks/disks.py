"""A disk to write to: a file system of its own with a journal, or else a folder that is there."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.connectors.disks.linux import LinuxDisk

_SIZE = 12 * 2**30


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, and what kind of disk it lies on in words."""

    folder: Path
    kind: str


@contextmanager
def place_to_write(given: Path | None) -> Iterator[Place]:
    """The folder that was given; else an ext4 image on a loop device, where that can be had.

    The image begins empty and is thrown away: a file system that has just removed many files
    creates new ones several times slower.
    """
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=given) as name:
        folder = Path(name)
        if given is None and _can_mount():
            with _mounted_image(folder) as mounted:
                yield Place(mounted, "ext4 with a journal, on a loop device over the root disk")
        else:
            yield Place(folder, f"{_kind(folder)}, a folder of a file system in use")


def _can_mount() -> bool:
    return os.geteuid() == 0 and Path("/dev/loop-control").exists()


@contextmanager
def _mounted_image(folder: Path) -> Iterator[Path]:
    image, mounted = folder / "image", folder / "mounted"
    mounted.mkdir()
    with image.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, _SIZE)
    no_late_work = "lazy_itable_init=0,lazy_journal_init=0"
    _run("mkfs.ext4", "-q", "-F", "-E", no_late_work, str(image))
    _run("mount", "-o", "loop,noatime", str(image), str(mounted))
    try:
        yield mounted
    finally:
        _run("umount", "--lazy", str(mounted))  # a benchmark that failed may hold files


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603 - fixed programs


def _kind(folder: Path) -> str:
    disk = LinuxDisk()
    opened = disk.open_folder(str(folder))
    try:
        return disk.volume(opened).kind
    finally:
        opened.close()
