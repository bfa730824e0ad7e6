"""Disks: the few file operations that delivery rests on, and what each of them guarantees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class Folder(Protocol):
    """An open folder; operations on it never leave it, whatever is planted in it meanwhile."""

    @property
    def path(self) -> str:
        """Where it was when it was opened; for people."""
        ...

    def close(self) -> None:
        """Give the handle back; idempotent."""
        ...


class DiskLock(Protocol):
    """An exclusive lock held by this process; the system drops it when the process ends."""

    def release(self) -> None:
        """Let another process have it; idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be created; it gets the access rights that files in ``like`` need."""

    name: str
    body: bytes = field(repr=False)
    like: Folder


@dataclass(frozen=True, slots=True)
class Volume:
    """The file system a folder lies on.

    ``kind`` is the name the system gives the file system. ``makes_moves_durable`` says that a
    move is durable when it is visible (a folder or mount with synchronous entries).
    """

    kind: str
    is_network: bool = False
    makes_moves_durable: bool = False


class Disk(Protocol):
    """Blocking file operations; callers bring the thread.

    Every failure is an `OSError` with the ``errno`` of POSIX, also on Windows. Names are single
    components. Nothing is durable before a flush says so, a flush that fails is never repeated on
    the same file, and ``..``, links and mount tricks below a root are refused (ELOOP, EXDEV,
    ENOTDIR). The contract suite is ``pipeline.testing.contracts.disk``.
    """

    def open_folder(self, root: str | Folder, parts: Sequence[str] = ()) -> Folder:
        """Open ``root``, or a folder below it without following a link.

        ``root`` itself is named by the administrator and may be a link; whoever opens many folders
        below it gives it opened. Raises ENOENT when a component is missing.
        """
        ...

    def make_folder(self, parent: Folder, name: str) -> None:
        """Create a folder with the access rights of its parent, durable on return.

        A folder that exists already is good.
        """
        ...

    def is_writable(self, folder: Folder) -> bool:
        """Whether this process may create entries in ``folder``, as far as can be known."""
        ...

    def create(
        self, folder: Folder, files: Sequence[NewFile], *, flush: bool
    ) -> Mapping[str, OSError]:
        """Create files that did not exist, whole; with ``flush`` their content is durable.

        Their names are durable after `flush_folder`. Returns what failed, by name; of a failed
        file nothing is left, unless it existed before (EEXIST).
        """
        ...

    def append(self, folder: Folder, name: str, data: bytes) -> int:
        """Append to a file, created when missing, durable on return; returns its new size.

        A file that is created has a durable name too.
        """
        ...

    def move(self, source: Folder, name: str, target: Folder, new_name: str) -> None:
        """Move an entry in one step, and never onto another.

        Raises EEXIST when ``new_name`` exists, ENOENT when ``name`` does not (or ``target`` was
        removed), EXDEV between volumes; never copies.
        """
        ...

    def remove(self, folder: Folder, name: str) -> None:
        """Remove a file; one that is not there is good."""
        ...

    def names(self, folder: Folder) -> Sequence[str]:
        """Names of all entries, in no order."""
        ...

    def size(self, folder: Folder, name: str) -> int | None:
        """Size of a plain file in bytes; None when there is no plain file of that name."""
        ...

    def read(self, folder: Folder, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Bytes of a plain file from ``start`` on, at most ``length``.

        Raises ENOENT when it does not exist and ELOOP when it is a link.
        """
        ...

    def flush_folder(self, folder: Folder) -> None:
        """Make every creation, removal and move in ``folder`` durable."""
        ...

    def flush_volume(self, folder: Folder) -> None:
        """Make everything on the volume of ``folder`` durable, content and names.

        Raises ENOSYS where that is not offered.
        """
        ...

    def free_bytes(self, folder: Folder) -> int:
        """Bytes this process may still write on the volume."""
        ...

    def is_same_volume(self, one: Folder, other: Folder) -> bool:
        """Whether files can be moved between, as far as can be known without moving one."""
        ...

    def volume(self, folder: Folder) -> Volume:
        """The file system ``folder`` lies on."""
        ...

    def lock(self, folder: Folder, name: str) -> DiskLock | None:
        """Lock a file, created when missing; None when another process holds it."""
        ...

    def boot_id(self) -> str:
        """Changes when the machine starts again, and only then."""
        ...

    def account(self) -> str:
        """Name of the account this process writes as; for people."""
        ...
