"""A tree of files in a local or network folder."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from pipeline.connectors.stores.dossiers import FILE_NAME, LARGEST_FILE
from pipeline.connectors.stores.files import (
    PROCESSED,
    FoundFile,
    Place,
    is_passed_over,
    tag_of,
)
from pipeline.connectors.stores.profiles import TreeProfile
from pipeline.domain.errors import HubUnavailable, TransientError
from pipeline.ports.hub import AckOutcome

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_PATIENCE_S = 60.0
T = TypeVar("T")


class FolderTree:
    """See `pipeline.connectors.stores.tree.Tree`; file work is done in ``threads`` threads."""

    def __init__(self, root: Path, *, profile: TreeProfile, deletes: bool, threads: int) -> None:
        self._root = root
        self._profile = profile
        self._take = _delete if deletes else _set_aside
        self._threads = anyio.CapacityLimiter(threads)

    @property
    def where(self) -> str:
        """See `Tree.where`."""
        return str(self._root)

    async def dossier_file(self) -> bytes | None:
        """See `Tree.dossier_file`."""
        return await self._in_thread(lambda: _read_list(self._root / FILE_NAME))

    async def folders(self) -> Sequence[str]:
        """See `Tree.folders`."""
        return await self._in_thread(
            lambda: [entry.name for entry in self._root.iterdir() if entry.is_dir()]
        )

    async def scan(self, folder: str) -> Sequence[FoundFile]:
        """See `Tree.scan`; what vanishes meanwhile is left out."""
        return await self._in_thread(lambda: sorted(_walk(self._root / folder, b"")))

    async def heads(
        self, folder: str, files: Sequence[FoundFile], size: int
    ) -> Sequence[bytes | None]:
        """See `Tree.heads`."""
        return await self._in_thread(
            lambda: [self._head(Place(folder, file.path, file.tag), size) for file in files]
        )

    async def read(self, place: Place, *, expected: int | None, max_bytes: int) -> bytes | None:  # noqa: ARG002
        """See `Tree.read`."""
        return await self._in_thread(lambda: self._read(place, max_bytes))

    async def take_away(self, places: Sequence[Place]) -> Sequence[AckOutcome]:
        """See `Tree.take_away`."""
        return await self._in_thread(lambda: [self._take_one(place) for place in places])

    async def check(self) -> str:
        """See `Tree.check`."""
        await self._in_thread(lambda: next(self._root.iterdir(), None))
        return f"Reads {self._root}."

    async def close(self) -> None:
        """See `Tree.close`."""

    # -- in a thread --------------------------------------------------------------------------
    def _path(self, place: Place) -> Path:
        return self._root / place.folder / os.fsdecode(place.path)

    def _head(self, place: Place, size: int) -> bytes | None:
        try:
            return self._read(place, size)
        except (OSError, TransientError):
            return None

    def _read(self, place: Place, max_bytes: int) -> bytes | None:
        path = self._path(place)
        try:
            descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError as error:  # of this file alone, the others go on
            msg = f"File {path} may not be read. Give the account of the service the right to."
            raise TransientError(msg) from error
        with os.fdopen(descriptor, "rb") as file:
            body = file.read(max_bytes + 1)
            status = os.fstat(file.fileno())
        return body if tag_of(status.st_mtime_ns, status.st_size) == place.tag else None

    def _take_one(self, place: Place) -> AckOutcome:
        path = self._path(place)
        try:
            status = path.lstat()
            if tag_of(status.st_mtime_ns, status.st_size) != place.tag:
                return AckOutcome.GONE
            self._take(path, os.fsdecode(place.kept_name))
        except (FileNotFoundError, NotADirectoryError):
            return AckOutcome.GONE
        except OSError:
            return AckOutcome.RETRY
        self._take_companion(place)
        return AckOutcome.OK

    def _take_companion(self, place: Place) -> None:
        """A file that belongs to the document; left behind it does no harm."""
        path = self._profile.companion_of(place.path)
        if path is None:
            return
        companion = Place(place.folder, path, place.tag)
        try:
            self._take(self._path(companion), os.fsdecode(companion.kept_name))
        except OSError:
            return

    async def _in_thread(self, work: Callable[[], T]) -> T:
        """Do file work in a thread; a share that hangs is given up."""
        try:
            with anyio.fail_after(_PATIENCE_S):
                return await anyio.to_thread.run_sync(
                    work, abandon_on_cancel=True, limiter=self._threads
                )
        except TimeoutError as error:
            raise HubUnavailable(f"Folder {self._root} does not answer in time.") from error
        except OSError as error:
            msg = f"Folder {self._root} cannot be used: {error.strerror}. Check its rights."
            raise HubUnavailable(msg) from error


def _read_list(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE)
    except FileNotFoundError:
        return None


def _walk(folder: Path, prefix: bytes) -> Iterator[FoundFile]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        name = os.fsencode(entry.name)
        if entry.is_dir(follow_symlinks=False):
            if not is_passed_over(name, is_folder=True):
                yield from _walk(Path(entry.path), prefix + name + b"/")
        elif entry.is_file(follow_symlinks=False) and not is_passed_over(name, is_folder=False):
            yield from _found(entry, prefix + name)


def _found(entry: os.DirEntry[str], path: bytes) -> Iterator[FoundFile]:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    yield FoundFile(status.st_mtime_ns, path, status.st_size)


def _delete(path: Path, _kept_name: str) -> None:
    path.unlink()


def _set_aside(path: Path, kept_name: str) -> None:
    """Move a file to the folder `PROCESSED` beside it; what is there already stays."""
    target = path.parent / os.fsdecode(PROCESSED) / path.name
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        target = target.with_name(kept_name)
    path.rename(target)  # that name has the tag of this very file, so nothing else is overwritten
