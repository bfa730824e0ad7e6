"""A file that is given up when the disk is full, so that rows in flight can be finished."""

import os
from contextlib import suppress
from pathlib import Path

from pipeline.ports.clock import Clock

BALLAST_BYTES = 16 * 1024 * 1024
RENEW_EVERY_SECONDS = 30.0
_CHUNK = bytes(1024 * 1024)


class Ballast:
    """The file beside the database; in a process, used by the writer thread alone.

    Every process that writes to the state has one, of the same file: any of them may spend it, and
    all see at their next turn that it is gone.
    While it is spent, only what finishes deliveries may be written: new intents would eat up the
    room that was made for the old ones.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._next_attempt = clock.monotonic()
        self._is_whole = False

    @property
    def is_spent(self) -> bool:
        """Whether the disk was full and has not been seen with room since."""
        return not self._is_whole

    def spend(self) -> bool:
        """Give the room back to the disk; return whether there was any to give."""
        was_whole, self._is_whole = self._is_whole, False
        self._next_attempt = self._clock.monotonic() + RENEW_EVERY_SECONDS
        self._path.unlink(missing_ok=True)
        return was_whole

    def renew(self) -> None:
        """Take the room again if there is some; tries seldom, and costs nothing when whole."""
        if self._is_whole and not self._path.exists():  # another process had to spend it
            self._is_whole = False
            self._next_attempt = self._clock.monotonic() + RENEW_EVERY_SECONDS
        if self._is_whole or self._clock.monotonic() < self._next_attempt:
            return
        self._next_attempt = self._clock.monotonic() + RENEW_EVERY_SECONDS
        try:
            _fill(self._path)
        except OSError:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
        else:
            self._is_whole = True


def _fill(path: Path) -> None:
    """Allocate the blocks for real, where the file system can without writing them."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, BALLAST_BYTES)
        else:
            for _ in range(BALLAST_BYTES // len(_CHUNK)):
                os.write(descriptor, _CHUNK)
    finally:
        os.close(descriptor)
