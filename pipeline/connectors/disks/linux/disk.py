"""Disk of Linux: folders opened beneath a root, moves that never replace, real flushes."""

import contextlib
import errno
import fcntl
import os
import pwd
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Self

from pipeline.connectors.disks.linux.calls import (
    has_synchronous_entries,
    mount_of,
    open_beneath,
    rename_no_replace,
    sync_volume,
)
from pipeline.ports.disk import DiskLock, Folder, NewFile, Volume

_READ_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OWN_FILE = os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_RIGHTS = 0o666
_OWN_FILE_RIGHTS = 0o640
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_NETWORK_KINDS = frozenset({"cifs", "smb3", "nfs", "nfs4", "fuse.sshfs", "9p", "ceph", "glusterfs"})


class LinuxFolder:
    """An open descriptor of a folder, and the rights its files need."""

    def __init__(self, fd: int, path: str) -> None:
        self._fd: int | None = fd
        self.path = path

    @property
    def fd(self) -> int:
        """The descriptor; EBADF after `close`."""
        if self._fd is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF), self.path)
        return self._fd

    @cached_property
    def facts(self) -> os.stat_result:
        """Mode, group and device, as they were when first asked for."""
        return os.fstat(self.fd)

    def close(self) -> None:
        """See `Folder.close`."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class FileLock:
    """An advisory lock (flock), dropped by the kernel with the process."""

    def __init__(self, fd: int) -> None:
        self._fd: int | None = fd

    def release(self) -> None:
        """See `DiskLock.release`."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class LinuxDisk:
    """Disk on Linux file systems; see `Disk` for what each method promises.

    ``flush_threads`` is how many files of a batch are flushed side by side: flushes that wait for
    the device together cost one wait. One instance per destination, so that the threads of a share
    that does not answer are not those of another.
    """

    def __init__(self, *, flush_threads: int = 16) -> None:
        self._flush_threads = flush_threads

    @cached_property
    def _flushers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._flush_threads, thread_name_prefix="flush")

    def open_folder(self, root: str | Folder, parts: Sequence[str] = ()) -> Folder:
        """See `Disk.open_folder`."""
        if not isinstance(root, str):
            opened = _own(root)
            return LinuxFolder(open_beneath(opened.fd, parts), "/".join((opened.path, *parts)))
        folder = LinuxFolder(os.open(root, _READ_FOLDER), root)
        if not parts:
            return folder
        with contextlib.closing(folder):
            return self.open_folder(folder, parts)

    def make_folder(self, parent: Folder, name: str) -> None:
        """See `Disk.make_folder`."""
        parent = _own(parent)
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=parent.fd)
            with _opened(name, _READ_FOLDER | os.O_NOFOLLOW, parent.fd) as fd:
                _give_rights(fd, parent, stat.S_IMODE(parent.facts.st_mode))
        os.fsync(parent.fd)

    def is_writable(self, folder: Folder) -> bool:
        """See `Disk.is_writable`."""
        fd = _own(folder).fd
        return os.access(".", os.W_OK | os.X_OK, dir_fd=fd, effective_ids=True)

    def create(
        self, folder: Folder, files: Sequence[NewFile], *, flush: bool
    ) -> Mapping[str, OSError]:
        """See `Disk.create`."""
        failed: dict[str, OSError] = {}
        written: dict[str, int] = {}
        try:
            for file in files:
                try:
                    written[file.name] = _created(_own(folder), file)
                except OSError as error:
                    failed[file.name] = error
            if flush:
                failed |= self._flush_failures(written)
        finally:
            for fd in written.values():
                os.close(fd)
        for name, failure in failed.items():
            if not isinstance(failure, FileExistsError):
                self._try_remove(folder, name)
        return failed

    def _flush_failures(self, written: Mapping[str, int]) -> dict[str, OSError]:
        if self._flush_threads == 1 or len(written) == 1:
            outcomes = [_flush_failure(fd) for fd in written.values()]
        else:
            outcomes = list(self._flushers.map(_flush_failure, written.values()))
        return {
            name: error for name, error in zip(written, outcomes, strict=True) if error is not None
        }

    def _try_remove(self, folder: Folder, name: str) -> None:
        """The disk has just failed; what stays is a token without a row, which recovery removes."""
        with contextlib.suppress(OSError):
            self.remove(folder, name)

    def append(self, folder: Folder, name: str, data: bytes) -> int:
        """See `Disk.append`."""
        parent = _own(folder)
        with _opened(name, os.O_WRONLY | os.O_APPEND | _OWN_FILE, parent.fd) as fd:
            is_new = os.fstat(fd).st_size == 0
            _write_whole(fd, data)
            os.fsync(fd)
            size = os.fstat(fd).st_size
        if is_new:
            os.fsync(parent.fd)
        return size

    def move(self, source: Folder, name: str, target: Folder, new_name: str) -> None:
        """See `Disk.move`."""
        rename_no_replace(_own(source).fd, name, _own(target).fd, new_name)

    def remove(self, folder: Folder, name: str) -> None:
        """See `Disk.remove`."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=_own(folder).fd)

    def names(self, folder: Folder) -> Sequence[str]:
        """See `Disk.names`."""
        with os.scandir(_own(folder).fd) as entries:
            return [entry.name for entry in entries]

    def size(self, folder: Folder, name: str) -> int | None:
        """See `Disk.size`."""
        try:
            facts = os.stat(name, dir_fd=_own(folder).fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return facts.st_size if stat.S_ISREG(facts.st_mode) else None

    def read(self, folder: Folder, name: str, start: int = 0, length: int | None = None) -> bytes:
        """See `Disk.read`."""
        fd = os.open(name, _READ_FILE, dir_fd=_own(folder).fd)
        with os.fdopen(fd, "rb") as file:
            file.seek(start)
            return file.read(-1 if length is None else length)

    def flush_folder(self, folder: Folder) -> None:
        """See `Disk.flush_folder`."""
        os.fsync(_own(folder).fd)

    def flush_volume(self, folder: Folder) -> None:
        """See `Disk.flush_volume`."""
        sync_volume(_own(folder).fd)

    def free_bytes(self, folder: Folder) -> int:
        """See `Disk.free_bytes`."""
        facts = os.statvfs(_own(folder).fd)
        return facts.f_bavail * facts.f_frsize

    def is_same_volume(self, one: Folder, other: Folder) -> bool:
        """See `Disk.is_same_volume`."""
        return _own(one).facts.st_dev == _own(other).facts.st_dev

    def volume(self, folder: Folder) -> Volume:
        """See `Disk.volume`."""
        own = _own(folder)
        mount = mount_of(own.facts.st_dev, own.path)
        return Volume(
            kind=mount.kind,
            is_network=mount.kind in _NETWORK_KINDS,
            makes_moves_durable=mount.is_synchronous or has_synchronous_entries(own.fd),
        )

    def lock(self, folder: Folder, name: str) -> DiskLock | None:
        """See `Disk.lock`."""
        fd = os.open(name, os.O_RDWR | _OWN_FILE, _OWN_FILE_RIGHTS, dir_fd=_own(folder).fd)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        return FileLock(fd)

    def boot_id(self) -> str:
        """See `Disk.boot_id`."""
        return _BOOT_ID.read_text(encoding="ascii").strip()

    def account(self) -> str:
        """See `Disk.account`."""
        try:
            return pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            return f"uid {os.geteuid()}"

    def close(self) -> None:
        """End the flushing threads; idempotent."""
        if "_flushers" in self.__dict__:
            self._flushers.shutdown()
            del self._flushers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _own(folder: Folder) -> LinuxFolder:
    if not isinstance(folder, LinuxFolder):
        raise TypeError(f"{type(folder).__name__} was not opened by a LinuxDisk")
    return folder


@contextlib.contextmanager
def _opened(name: str, flags: int, parent_fd: int) -> Iterator[int]:
    fd = os.open(name, flags, _OWN_FILE_RIGHTS, dir_fd=parent_fd)
    try:
        yield fd
    finally:
        os.close(fd)


def _created(folder: LinuxFolder, file: NewFile) -> int:
    """An open, whole, unflushed file; the caller closes it."""
    inbox = _own(file.like)
    mode = inbox.facts.st_mode & _FILE_RIGHTS
    fd = os.open(file.name, _NEW_FILE, mode, dir_fd=folder.fd)
    try:
        _give_rights(fd, inbox, mode)
        _write_whole(fd, file.body)
    except OSError:
        os.close(fd)
        raise
    return fd


def _give_rights(fd: int, like: LinuxFolder, mode: int) -> None:
    """Let whoever may use the folder use the file; the group is given where we may give it."""
    facts = os.fstat(fd)
    if facts.st_gid != like.facts.st_gid:
        with contextlib.suppress(PermissionError):
            os.fchown(fd, -1, like.facts.st_gid)
    if stat.S_IMODE(facts.st_mode) != mode:  # the umask takes some of what was asked for
        os.fchmod(fd, mode)


def _write_whole(fd: int, data: bytes) -> None:
    done = os.write(fd, data)
    while done < len(data):
        done += os.write(fd, memoryview(data)[done:])


def _flush_failure(fd: int, flush: Callable[[int], None] = os.fsync) -> OSError | None:
    try:
        flush(fd)
    except OSError as error:
        return error
    return None
