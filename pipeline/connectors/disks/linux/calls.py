"""System calls that Python does not offer, and what mounts and folders say about themselves."""

import ctypes
import errno
import fcntl
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_OPENAT2 = 437
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_HOW = struct.pack(
    "QQQ", _OPEN_FOLDER, 0, _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS | _RESOLVE_NO_MAGICLINKS
)
_RENAME_NOREPLACE = 1
_FS_IOC_GETFLAGS = 0x80086601
_FS_DIRSYNC = 0x00010000
_SYNCHRONOUS_OPTIONS = frozenset({"sync", "dirsync", "wsync"})
_MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: its kind, and whether its directory changes are synchronous."""

    kind: str
    is_synchronous: bool = False


def open_beneath(root_fd: int, parts: Sequence[str]) -> int:
    """Open a folder below ``root_fd``, refusing links, ``..`` and absolute parts.

    ``openat2`` would let ``a/..`` pass, since it stays beneath; a planned folder never has it, so
    it is refused before.
    """
    for part in parts:
        if part in {"", ".", ".."} or "/" in part:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), part)
    try:
        return _openat2(root_fd, "/".join(parts) or ".")
    except OSError as error:
        if error.errno not in {errno.ENOSYS, errno.EPERM}:
            raise
    return walk_beneath(root_fd, parts)


def _openat2(root_fd: int, path: str) -> int:
    fd: int = _LIBC.syscall(
        ctypes.c_long(_OPENAT2),
        ctypes.c_long(root_fd),
        ctypes.c_char_p(os.fsencode(path)),
        ctypes.c_char_p(_HOW),
        ctypes.c_size_t(len(_HOW)),
    )
    if fd < 0:
        raise _last_error(path)
    return fd


def walk_beneath(root_fd: int, parts: Sequence[str]) -> int:
    """Open component by component, for kernels before 5.6 and sandboxes without ``openat2``."""
    fd = os.dup(root_fd)
    for part in parts:
        try:
            deeper = os.open(part, _OPEN_FOLDER, dir_fd=fd)
        finally:
            os.close(fd)
        fd = deeper
    return fd


def rename_no_replace(source_fd: int, name: str, target_fd: int, new_name: str) -> None:
    """Rename in one step and never onto another entry."""
    answer = _LIBC.renameat2(
        source_fd,
        ctypes.c_char_p(os.fsencode(name)),
        target_fd,
        ctypes.c_char_p(os.fsencode(new_name)),
        ctypes.c_uint(_RENAME_NOREPLACE),
    )
    if answer != 0:
        raise _last_error(new_name)


def sync_volume(fd: int) -> None:
    """Flush the whole file system ``fd`` lies on; reports write errors since Linux 5.8."""
    if _LIBC.syncfs(fd) != 0:
        raise _last_error("")


def has_synchronous_entries(fd: int) -> bool:
    """Whether ``chattr +D`` is set on a folder; False where the file system has no such flag."""
    flags = bytearray(8)
    try:
        fcntl.ioctl(fd, _FS_IOC_GETFLAGS, flags)
    except OSError:
        return False
    return bool(struct.unpack_from("I", flags)[0] & _FS_DIRSYNC)


def mount_of(device: int, path: str, mounts: str | None = None) -> Mount:
    """The mount a folder lies on: by device number, else (btrfs) by the longest mount point."""
    text = _MOUNTS.read_text(encoding="utf-8", errors="replace") if mounts is None else mounts
    number = f"{os.major(device)}:{os.minor(device)}"
    best, best_length = Mount("unknown"), -1
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, (kind, _, options) = before.split(" "), after.split(" ", 2)
        mount = Mount(
            kind, bool(_SYNCHRONOUS_OPTIONS & {*fields[5].split(","), *options.split(",")})
        )
        if fields[2] == number:
            return mount
        point = fields[4].rstrip("/")
        if len(point) > best_length and f"{path}/".startswith(f"{point}/"):
            best, best_length = mount, len(point)
    return best


def _last_error(path: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), path)
