"""Calls of the Windows kernel that Python does not offer, each answering 0 or an error code."""

import sys
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class VolumeFacts:
    """Serial number and file system of a volume, and whether it is a share."""

    serial: int
    kind: str
    is_network: bool


class Kernel(Protocol):
    """What `WindowsDisk` asks of Windows; tests answer with recorded codes."""

    def move_file(self, source: str, target: str) -> int:
        """``MoveFileExW`` without flags: refuses an existing target and never copies."""
        ...

    def flush_file(self, path: str) -> int:
        """``FlushFileBuffers`` on a handle of the file: its content and its entry."""
        ...

    def is_link(self, path: str) -> bool:
        """Whether a path is a reparse point: a symbolic link, junction or mount point."""
        ...

    def volume(self, path: str) -> VolumeFacts:
        """``GetVolumeInformationW`` and ``GetDriveTypeW`` of the volume of a folder."""
        ...

    def boot_id(self) -> str:
        """A number that Windows raises at each start."""
        ...


if sys.platform == "win32":  # pragma: no cover - runs on Windows only
    import ctypes
    import os
    import stat
    import winreg
    from ctypes import wintypes

    _GENERIC_WRITE = 0x40000000
    _SHARE_ALL = 0x7
    _OPEN_EXISTING = 3
    _DRIVE_REMOTE = 4
    _PATH_CHARS = 32_768
    _BOOT_KEY = (
        r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"
    )

    class WindowsKernel:
        """The kernel of this machine."""

        def __init__(self) -> None:
            self._dll = ctypes.WinDLL("kernel32", use_last_error=True)
            self._dll.CreateFileW.restype = wintypes.HANDLE

        def move_file(self, source: str, target: str) -> int:
            """See `Kernel.move_file`."""
            return self._code(self._dll.MoveFileExW(source, target, wintypes.DWORD(0)))

        def flush_file(self, path: str) -> int:
            """See `Kernel.flush_file`."""
            handle = self._dll.CreateFileW(
                path, _GENERIC_WRITE, _SHARE_ALL, None, _OPEN_EXISTING, 0, None
            )
            if handle == wintypes.HANDLE(-1).value:
                return ctypes.get_last_error()
            try:
                return self._code(self._dll.FlushFileBuffers(wintypes.HANDLE(handle)))
            finally:
                self._dll.CloseHandle(wintypes.HANDLE(handle))

        def is_link(self, path: str) -> bool:
            """See `Kernel.is_link`."""
            attributes = os.lstat(path).st_file_attributes
            return bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)

        def volume(self, path: str) -> VolumeFacts:
            """See `Kernel.volume`."""
            root = ctypes.create_unicode_buffer(_PATH_CHARS)
            kind = ctypes.create_unicode_buffer(256)
            serial = wintypes.DWORD()
            self._check(self._dll.GetVolumePathNameW(path, root, _PATH_CHARS), path)
            asked = (root.value, None, 0, ctypes.byref(serial), None, None, kind, 256)
            self._check(self._dll.GetVolumeInformationW(*asked), path)
            is_network = self._dll.GetDriveTypeW(root.value) == _DRIVE_REMOTE
            return VolumeFacts(serial.value, kind.value, is_network)

        def boot_id(self) -> str:
            """See `Kernel.boot_id`."""
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _BOOT_KEY) as key:
                return str(winreg.QueryValueEx(key, "BootId")[0])

        def _code(self, answer: int) -> int:
            return 0 if answer else ctypes.get_last_error()

        def _check(self, answer: int, path: str) -> None:
            if code := self._code(answer):
                raise OSError(0, "volume", path, code)


def this_kernel() -> Kernel:
    """The kernel of this machine; raises `OSError` elsewhere than on Windows."""
    if sys.platform == "win32":  # pragma: no cover - runs on Windows only
        return WindowsKernel()
    raise OSError("this is not Windows")
