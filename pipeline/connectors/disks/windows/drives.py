"""Which drive letters this account sees, so that a location can be diagnosed for people."""

import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from pipeline.domain.paths import Drive, DriveKind

_KINDS: Mapping[int, DriveKind] = {3: DriveKind.LOCAL, 4: DriveKind.NETWORK}
"""DRIVE_FIXED and DRIVE_REMOTE; anything else may be missing tomorrow."""


class DriveTable(Protocol):
    """What is asked of Windows; tests answer with recorded values."""

    def mask(self) -> int:
        """``GetLogicalDrives``: a bit for each letter, A first."""
        ...

    def kind(self, letter: str) -> int:
        """``GetDriveTypeW`` of a letter."""
        ...

    def share(self, letter: str) -> str | None:
        """``WNetGetConnectionW``: the share a letter is mapped to, None when it is not."""
        ...


def find_drives(table: DriveTable) -> Sequence[Drive]:
    """The drives of this machine, by letter."""
    letters = [chr(ord("A") + bit) for bit in range(26) if table.mask() >> bit & 1]
    return [
        Drive(letter, _KINDS.get(table.kind(letter), DriveKind.UNKNOWN), table.share(letter))
        for letter in letters
    ]


if sys.platform == "win32":  # pragma: no cover - runs on Windows only
    import ctypes
    from ctypes import wintypes

    _SHARE_CHARS = 1024

    class WindowsDriveTable:
        """The drive table of this machine."""

        def mask(self) -> int:
            """See `DriveTable.mask`."""
            return int(ctypes.windll.kernel32.GetLogicalDrives())

        def kind(self, letter: str) -> int:
            """See `DriveTable.kind`."""
            return int(ctypes.windll.kernel32.GetDriveTypeW(f"{letter}:\\"))

        def share(self, letter: str) -> str | None:
            """See `DriveTable.share`."""
            text = ctypes.create_unicode_buffer(_SHARE_CHARS)
            size = wintypes.DWORD(_SHARE_CHARS)
            code = ctypes.windll.mpr.WNetGetConnectionW(f"{letter}:", text, ctypes.byref(size))
            return text.value if code == 0 else None

    def drives_here() -> Sequence[Drive]:
        """The drive letters this account sees."""
        return find_drives(WindowsDriveTable())

else:

    def drives_here() -> Sequence[Drive]:
        """None: there are no drive letters on this machine."""
        return ()
