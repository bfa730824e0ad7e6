"""Disk of Windows: moves that never replace, flushes of files; folders cannot be flushed there.

Not verified on Windows: written from its documentation, tested with recorded error codes.
"""

import contextlib
import errno
import getpass
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.connectors.disks.windows.codes import os_error, posix_errors
from pipeline.connectors.disks.windows.kernel import Kernel, this_kernel
from pipeline.ports.disk import DiskLock, Folder, NewFile, Volume

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_NEVER_IN_A_NAME = frozenset("/\\:")


class WindowsFolder:
    """The path of a folder, and the files moved into it that are not flushed yet."""

    def __init__(self, path: Path) -> None:
        self.folder = path
        self.path = str(path)
        self.moved: list[str] = []

    def close(self) -> None:
        """See `Folder.close`; there is no handle."""


class HeldLock:
    """A lock of the operating system on a file."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def release(self) -> None:
        """See `DiskLock.release`."""
        self._lock.release()


class WindowsDisk:
    """Disk on Windows file systems; see `Disk` for what each method promises.

    Folders are paths: a junction planted between `open_folder` and a later call is not noticed.
    What was moved is flushed file by file, since Windows flushes no folder.
    """

    def __init__(self, kernel: Kernel | None = None) -> None:
        self._kernel = kernel or this_kernel()

    def open_folder(self, root: str | Folder, parts: Sequence[str] = ()) -> Folder:
        """See `Disk.open_folder`."""
        path = Path(root if isinstance(root, str) else root.path)
        with posix_errors():
            for part in parts:
                if part in {"", ".", ".."} or _NEVER_IN_A_NAME & set(part):
                    raise OSError(errno.EXDEV, "not a name", part)
                path /= part
                if self._kernel.is_link(str(path)):
                    raise OSError(errno.ELOOP, "a link", str(path))
            if not stat.S_ISDIR(path.stat().st_mode):
                raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(path))
        return WindowsFolder(path)

    def make_folder(self, parent: Folder, name: str) -> None:
        """See `Disk.make_folder`; it inherits the access list of its parent."""
        with posix_errors():
            (_path(parent) / name).mkdir(exist_ok=True)

    def is_writable(self, folder: Folder) -> bool:
        """See `Disk.is_writable`; access lists are not asked, only the read-only flag."""
        return os.access(_path(folder), os.W_OK)

    def create(
        self, folder: Folder, files: Sequence[NewFile], *, flush: bool
    ) -> Mapping[str, OSError]:
        """See `Disk.create`; files get the access list of the folder they are created in."""
        failed: dict[str, OSError] = {}
        for file in files:
            try:
                with posix_errors():
                    _write_new(_path(folder) / file.name, file.body, flush=flush)
            except OSError as error:
                failed[file.name] = error
                if error.errno != errno.EEXIST:
                    self._try_remove(folder, file.name)
        return failed

    def _try_remove(self, folder: Folder, name: str) -> None:
        with contextlib.suppress(OSError):
            self.remove(folder, name)

    def append(self, folder: Folder, name: str, data: bytes) -> int:
        """See `Disk.append`."""
        with posix_errors(), (_path(folder) / name).open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def move(self, source: Folder, name: str, target: Folder, new_name: str) -> None:
        """See `Disk.move`."""
        goal = _path(target) / new_name
        if code := self._kernel.move_file(str(_path(source) / name), str(goal)):
            raise os_error(code, str(goal))
        _own(target).moved.append(new_name)

    def remove(self, folder: Folder, name: str) -> None:
        """See `Disk.remove`."""
        with posix_errors():
            (_path(folder) / name).unlink(missing_ok=True)

    def names(self, folder: Folder) -> Sequence[str]:
        """See `Disk.names`."""
        with posix_errors(), os.scandir(_path(folder)) as entries:
            return [entry.name for entry in entries]

    def size(self, folder: Folder, name: str) -> int | None:
        """See `Disk.size`."""
        path = _path(folder) / name
        try:
            with posix_errors():
                facts = path.lstat()
                is_plain = stat.S_ISREG(facts.st_mode) and not self._kernel.is_link(str(path))
        except FileNotFoundError:
            return None
        return facts.st_size if is_plain else None

    def read(self, folder: Folder, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See `Disk.read`."""
        path = _path(folder) / name
        with posix_errors():
            if self._kernel.is_link(str(path)):
                raise OSError(errno.ELOOP, "a link", str(path))
            with path.open("rb") as file:
                file.seek(start)
                return file.read(-1 if length is None else length)

    def flush_folder(self, folder: Folder) -> None:
        """See `Disk.flush_folder`: flushes what was moved into it and is still there."""
        own = _own(folder)
        while own.moved:
            path = str(own.folder / own.moved[-1])
            code = self._kernel.flush_file(path)
            if code and os_error(code, path).errno != errno.ENOENT:
                raise os_error(code, path)
            own.moved.pop()

    def flush_volume(self, folder: Folder) -> None:
        """See `Disk.flush_volume`; Windows offers it to administrators only."""
        raise OSError(errno.ENOSYS, "volumes are not flushed on Windows", folder.path)

    def free_bytes(self, folder: Folder) -> int:
        """See `Disk.free_bytes`."""
        with posix_errors():
            return shutil.disk_usage(_path(folder)).free

    def is_same_volume(self, one: Folder, other: Folder) -> bool:
        """See `Disk.is_same_volume`."""
        first, second = self._kernel.volume(one.path), self._kernel.volume(other.path)
        return first.serial == second.serial

    def volume(self, folder: Folder) -> Volume:
        """See `Disk.volume`."""
        facts = self._kernel.volume(folder.path)
        return Volume(facts.kind, is_network=facts.is_network)

    def lock(self, folder: Folder, name: str) -> DiskLock | None:
        """See `Disk.lock`."""
        lock = FileLock(_path(folder) / name, is_singleton=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return None
        return HeldLock(lock)

    def boot_id(self) -> str:
        """See `Disk.boot_id`."""
        with posix_errors():
            return self._kernel.boot_id()

    def account(self) -> str:
        """See `Disk.account`."""
        return getpass.getuser()


def _own(folder: Folder) -> WindowsFolder:
    if not isinstance(folder, WindowsFolder):
        raise TypeError(f"{type(folder).__name__} was not opened by a WindowsDisk")
    return folder


def _path(folder: Folder) -> Path:
    return _own(folder).folder


def _write_new(path: Path, body: bytes, *, flush: bool) -> None:
    with os.fdopen(os.open(path, _NEW_FILE), "wb") as file:
        file.write(body)
        if flush:
            file.flush()
            os.fsync(file.fileno())
