"""System calls of a process, held on entry: the caller decides whether each of them happens.

Made with the user notifications of seccomp (Linux 5.5). One counter goes over all threads of the
process, so a call in a worker thread is a point like any other; the ``inject`` option of strace
counts per thread and cannot name it. What is not watched runs at full speed.
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import platform
import select
import socket
import struct
from collections.abc import Callable, Iterator

NUMBERS = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6,
    "ioctl": 16, "pread64": 17, "pwrite64": 18, "writev": 20, "access": 21, "socket": 41,
    "connect": 42, "sendto": 44, "recvfrom": 45, "recvmsg": 47, "shutdown": 48, "fcntl": 72,
    "flock": 73, "fsync": 74, "fdatasync": 75, "truncate": 76, "ftruncate": 77, "rename": 82,
    "mkdir": 83, "rmdir": 84, "link": 86, "unlink": 87, "readlink": 89, "chmod": 90,
    "fchmod": 91, "fchown": 93, "getdents64": 217, "openat": 257, "mkdirat": 258,
    "newfstatat": 262, "unlinkat": 263, "renameat": 264, "linkat": 265, "faccessat": 269,
    "fallocate": 285, "syncfs": 306, "renameat2": 316, "statx": 332, "openat2": 437,
    "faccessat2": 439, "statfs": 137, "fstatfs": 138, "exit_group": 231,
}  # fmt: skip
"""Every call by which the pipeline touches files and sockets, on x86-64. ``sendmsg`` is left out:
it hands the listener over."""
NAMES = {number: name for name, number in NUMBERS.items()}

_SECCOMP = 317
_SET_FILTER, _NEW_LISTENER, _GET_NOTIFICATION_SIZES = 1, 8, 3
_NO_NEW_PRIVILEGES = 38
_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION_BYTES = 80
_CONTINUE = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def why_not() -> str | None:
    """Why calls cannot be watched here; None when they can."""
    if platform.machine() != "x86_64" or platform.system() != "Linux":
        return "system calls are watched on Linux x86-64 only"
    sizes = ctypes.create_string_buffer(6)
    if _LIBC.syscall(_SECCOMP, _GET_NOTIFICATION_SIZES, 0, sizes) != 0:
        return "this kernel or sandbox offers no seccomp user notifications"
    return None


def let_watch(channel: socket.socket) -> None:
    """In the process to be watched: give the other end of ``channel`` the power over its calls.

    Counts from here on, in this thread and in all that it will start.
    """
    _LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    program = _program(list(NUMBERS.values()))
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    listener = _LIBC.syscall(_SECCOMP, _SET_FILTER, _NEW_LISTENER, ctypes.c_char_p(header))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    socket.send_fds(channel, [b"l"], [listener])


def _program(numbers: list[int]) -> bytes:
    """A filter that asks about these calls and allows all others."""
    steps = [(_LOAD, 0, 0, 0)]
    steps += [(_EQUALS, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _NOTIFY)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def watch(channel: socket.socket, on_call: Callable[[str], bool], *, timeout_s: float) -> None:
    """Ask ``on_call`` before every watched call; False ends the watch, and the call never happens.

    Before it returns False, ``on_call`` must have killed the process: one that lives on would see
    its call fail. Returns when the process has ended, too.

    Raises:
        TimeoutError: nothing was called for so long.
    """
    _, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
    if not descriptors:
        return
    with _closing(descriptors[0]) as listener:
        for notification, number in _notifications(listener, timeout_s):
            if not on_call(NAMES[number]):
                return
            answer = struct.pack("QqiI", notification, 0, 0, _CONTINUE)
            with contextlib.suppress(FileNotFoundError):  # ended meanwhile, by another's call
                fcntl.ioctl(listener, _SEND, answer)


@contextlib.contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _notifications(listener: int, timeout_s: float) -> Iterator[tuple[int, int]]:
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        events = poll.poll(timeout_s * 1000)
        if not events:
            raise TimeoutError("the process under test makes no call any more")
        if not events[0][1] & select.POLLIN:
            return
        buffer = bytearray(_NOTIFICATION_BYTES)
        try:
            fcntl.ioctl(listener, _RECEIVE, buffer)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            continue
        notification, _, _, number = struct.unpack_from("QIIi", buffer)
        yield notification, number
