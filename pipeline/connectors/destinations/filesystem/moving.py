"""Moving: a token becomes the visible file, in one step that never replaces another."""

import contextlib
import errno
from collections.abc import Iterator, Sequence

from pipeline.connectors.destinations.filesystem.folders import FolderTree
from pipeline.connectors.destinations.filesystem.problems import BUSY_ERRORS, FolderUnusable
from pipeline.connectors.destinations.filesystem.staging import holds
from pipeline.domain.delivery import Evidence, PlannedFile
from pipeline.ports.destination import FolderFault, FolderProblem, MoveOutcome, MoveResult
from pipeline.ports.disk import Disk, Folder
from pipeline.ports.faults import FaultPoint

_FAULTS = {
    MoveResult.BUSY: FolderFault.REFUSES_WRITING,
    MoveResult.FOLDER_UNUSABLE: FolderFault.MISSING,
}
_COMPARISONS = 5
"""How often a name that exists, and is gone when it is looked at, is tried again."""


class Mover:
    """Moves the tokens of one batch and remembers the folders that must be flushed."""

    def __init__(self, disk: Disk, tree: FolderTree, staging: Folder) -> None:
        self._disk = disk
        self._tree = tree
        self._staging = staging
        self._inboxes: dict[str, Folder | FolderProblem] = {}

    @property
    def touched(self) -> Sequence[Folder]:
        """Folders that were opened to move something into them."""
        return [each for each in self._inboxes.values() if not isinstance(each, FolderProblem)]

    def close(self) -> None:
        """Close the folders."""
        for folder in self.touched:
            folder.close()
        self._inboxes.clear()

    def move_all(
        self, deliveries: Sequence[Sequence[PlannedFile]], faultpoint: FaultPoint
    ) -> Iterator[MoveOutcome]:
        """Move deliveries in order; raises `OSError` when it is the volume that fails."""
        for files in deliveries:
            yield self._move(files)
            faultpoint("renamed")

    def _move(self, files: Sequence[PlannedFile]) -> MoveOutcome:
        if self._would_split_names(files):
            return MoveOutcome(MoveResult.NAME_EXISTS, 0)
        evidence = Evidence.MOVED
        for done, file in enumerate(files):
            inbox = self._inbox(file.folder)
            if isinstance(inbox, FolderProblem):
                return MoveOutcome(MoveResult.FOLDER_UNUSABLE, done, problem=inbox)
            answer = self._move_file(file, inbox)
            if not isinstance(answer, Evidence):
                return self._stopped(answer, file, done)
            evidence = answer
        return MoveOutcome(MoveResult.MOVED, len(files), evidence)

    def _would_split_names(self, files: Sequence[PlannedFile]) -> bool:
        """Whether a document and its attachments would get different base names.

        Looking first costs nothing for the usual delivery of one file. Somebody may still take a
        name afterwards; then the names differ, and nothing is lost.
        """
        return len(files) > 1 and any(
            not isinstance(inbox := self._inbox(file.folder), FolderProblem)
            and self._disk.size(inbox, file.name) is not None
            and not holds(self._disk, inbox, file.name, file)
            for file in files
        )

    def _inbox(self, path: str) -> Folder | FolderProblem:
        if path not in self._inboxes:
            try:
                self._inboxes[path] = self._tree.open(path)
            except FolderUnusable as unusable:
                self._inboxes[path] = unusable.problem
        return self._inboxes[path]

    def _move_file(self, file: PlannedFile, inbox: Folder) -> Evidence | MoveResult:
        for _ in range(_COMPARISONS):
            try:
                self._disk.move(self._staging, file.token, inbox, file.name)
            except FileExistsError:
                if self._is_delivered_already(file, inbox):
                    return Evidence.SAME_CONTENT
            except OSError as error:
                return self._explained(error, file)
            else:
                return Evidence.MOVED
        return MoveResult.NAME_EXISTS

    def _is_delivered_already(self, file: PlannedFile, inbox: Folder) -> bool:
        with contextlib.suppress(FileNotFoundError):
            if holds(self._disk, inbox, file.name, file):
                self._disk.remove(self._staging, file.token)
                return True
        return False

    def _explained(self, error: OSError, file: PlannedFile) -> MoveResult:
        if error.errno in BUSY_ERRORS:
            return MoveResult.BUSY
        if error.errno != errno.ENOENT:
            raise error
        is_staged = self._disk.size(self._staging, file.token) is not None
        return MoveResult.FOLDER_UNUSABLE if is_staged else MoveResult.VANISHED

    def _stopped(self, result: MoveResult, file: PlannedFile, done: int) -> MoveOutcome:
        fault = _FAULTS.get(result)
        if fault is None:
            return MoveOutcome(result, done)
        problem = FolderProblem(file.folder, fault, self._disk.account())
        return MoveOutcome(result, done, problem=problem)
