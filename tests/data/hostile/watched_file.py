"""A file that tells whether anybody opened it, libraries in C included."""

import ctypes
import os
from pathlib import Path

IN_OPEN = 0x20


class WatchedFile:
    """A local file under the eyes of inotify, which only Linux has."""

    def __init__(self, path: Path) -> None:
        path.write_text("<!ENTITY secret 'secret'>")
        self.url = path.as_uri()
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._queue: int = self._libc.inotify_init1(os.O_NONBLOCK)
        assert self._libc.inotify_add_watch(self._queue, os.fsencode(path), IN_OPEN) >= 0

    def was_opened(self) -> bool:
        try:
            return bool(os.read(self._queue, 4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        os.close(self._queue)
