"""Folders of one destination: opened beneath its root, and made where that is ours to do."""

import contextlib
import copy
import errno
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Self

from pipeline.connectors.destinations.filesystem.places import STAGING, StagingPlace
from pipeline.connectors.destinations.filesystem.problems import FolderUnusable, folder_fault
from pipeline.ports.destination import FolderFault, FolderProblem
from pipeline.ports.disk import Disk, Folder

_REMEMBERED = 10_000


class FolderTree:
    """Opens folders beneath a root, which must exist; ``top`` is its name, or the root itself."""

    def __init__(self, disk: Disk, place: StagingPlace) -> None:
        self.disk = disk
        self.root = PurePath(place.root)
        self.staging = place.parts
        self._parts_of: dict[str, tuple[str, ...]] = {}
        self.top: str | Folder = str(self.root)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[Self]:
        """The same tree with its root opened, for whoever opens many folders."""
        with contextlib.closing(self.disk.open_folder(str(self.root))) as root:
            tree = copy.copy(self)
            tree.top = root
            yield tree

    def open(self, folder: str) -> Folder:
        """Open a folder that exists.

        Raises `FolderUnusable` when a person must change something about it.
        """
        return self._open(folder, self._parts(folder))

    def open_or_make(self, folder: str, existing: str) -> Folder:
        """Open a folder for writing; make what is missing of it below ``existing``."""
        parts = self._parts(folder)
        try:
            opened = self._open(folder, parts)
        except FolderUnusable as unusable:
            if unusable.problem.fault is not FolderFault.MISSING:
                raise
            self._make(folder, parts, len(self._parts(existing)))
            opened = self._open(folder, parts)
        if not self.disk.is_writable(opened):
            opened.close()
            raise self._unusable(folder, FolderFault.REFUSES_WRITING)
        return opened

    def open_staging(self) -> Folder:
        """Open the staging folder, made when missing."""
        for depth, name in enumerate(self.staging):
            above = self.disk.open_folder(str(self.root), self.staging[:depth])
            with contextlib.closing(above) as parent:
                self.disk.make_folder(parent, name)
        return self.disk.open_folder(str(self.root), self.staging)

    def overlaps_staging(self, folder: str) -> bool:
        """Whether staging would lie in ``folder`` or the other way round."""
        parts = self._parts(folder)
        return not parts or parts[0].casefold() == STAGING

    def _parts(self, folder: str) -> tuple[str, ...]:
        """The names from the root to a folder; every folder is asked for again and again."""
        parts = self._parts_of.get(folder)
        if parts is None:
            try:
                parts = PurePath(folder).relative_to(self.root).parts
            except ValueError:
                raise self._unusable(folder, FolderFault.OUTSIDE) from None
            if len(self._parts_of) >= _REMEMBERED:
                self._parts_of.clear()
            self._parts_of[folder] = parts
        return parts

    def _open(self, folder: str, parts: Sequence[str]) -> Folder:
        try:
            return self.disk.open_folder(self.top, parts)
        except OSError as error:
            fault = folder_fault(error)
            if fault is None or (error.errno == errno.ENOENT and not self._is_there()):
                raise
            raise self._unusable(folder, fault) from error

    def _is_there(self) -> bool:
        """Whether the root is there: without it, the whole destination is gone."""
        try:
            self.disk.open_folder(str(self.root)).close()
        except OSError:
            return False
        return True

    def _make(self, folder: str, parts: Sequence[str], depth: int) -> None:
        for end in range(depth + 1, len(parts) + 1):
            try:
                with contextlib.closing(self._open(folder, parts[: end - 1])) as parent:
                    self.disk.make_folder(parent, parts[end - 1])
            except OSError as error:
                fault = folder_fault(error)
                if fault is None:
                    raise
                raise self._unusable(folder, fault) from error

    def _unusable(self, folder: str, fault: FolderFault) -> FolderUnusable:
        return FolderUnusable(FolderProblem(folder, fault, self.disk.account()))
