"""Error codes of Windows, in the terms of POSIX that `Disk` speaks."""

import contextlib
import errno
import os
from collections.abc import Iterator

_FILE_NOT_FOUND, _PATH_NOT_FOUND, _ACCESS_DENIED = 2, 3, 5
_NOT_SAME_DEVICE, _WRITE_PROTECT, _NOT_READY = 17, 19, 21
_SHARING_VIOLATION, _LOCK_VIOLATION, _HANDLE_DISK_FULL = 32, 33, 39
_BAD_NETPATH, _UNEXP_NET_ERR, _NETNAME_DELETED, _BAD_NET_NAME = 53, 59, 64, 67
_FILE_EXISTS, _DISK_FULL, _SEM_TIMEOUT, _ALREADY_EXISTS = 80, 112, 121, 183
_USER_MAPPED_FILE, _NETWORK_UNREACHABLE, _HOST_UNREACHABLE = 1224, 1231, 1232

_ERRNO = {
    _FILE_NOT_FOUND: errno.ENOENT,
    _PATH_NOT_FOUND: errno.ENOENT,
    _ACCESS_DENIED: errno.EACCES,
    _NOT_SAME_DEVICE: errno.EXDEV,
    _WRITE_PROTECT: errno.EROFS,
    _NOT_READY: errno.EHOSTDOWN,
    # A scanner or the importing program has the file open: it passes.
    _SHARING_VIOLATION: errno.EBUSY,
    _LOCK_VIOLATION: errno.EBUSY,
    _USER_MAPPED_FILE: errno.EBUSY,
    _HANDLE_DISK_FULL: errno.ENOSPC,
    _DISK_FULL: errno.ENOSPC,
    _FILE_EXISTS: errno.EEXIST,
    _ALREADY_EXISTS: errno.EEXIST,
    _BAD_NETPATH: errno.EHOSTDOWN,
    _UNEXP_NET_ERR: errno.EHOSTDOWN,
    _NETNAME_DELETED: errno.EHOSTDOWN,
    _BAD_NET_NAME: errno.EHOSTDOWN,
    _SEM_TIMEOUT: errno.ETIMEDOUT,
    _NETWORK_UNREACHABLE: errno.EHOSTDOWN,
    _HOST_UNREACHABLE: errno.EHOSTDOWN,
}


def os_error(code: int, path: str) -> OSError:
    """The `OSError` of a code; a code that is not known counts as a fault of the device."""
    number = _ERRNO.get(code, errno.EIO)
    return OSError(number, f"{os.strerror(number)} (Windows error {code})", path)


@contextlib.contextmanager
def posix_errors() -> Iterator[None]:
    """Give the errors of Python's own calls the ``errno`` that `Disk` promises."""
    try:
        yield
    except OSError as error:
        code = getattr(error, "winerror", None)
        if code is None:
            raise
        raise os_error(code, str(error.filename)) from error
