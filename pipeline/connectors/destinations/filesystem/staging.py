"""Staging: tokens are written, made durable, counted, compared and removed."""

import contextlib
import errno
import hashlib
from collections.abc import Iterable, Mapping, Sequence

from pipeline.connectors.destinations.filesystem.folders import FolderTree
from pipeline.connectors.destinations.filesystem.problems import FolderUnusable
from pipeline.domain.delivery import PlannedDelivery, PlannedFile
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import TransientError
from pipeline.ports.destination import (
    PART_SUFFIX,
    FolderFault,
    FolderProblem,
    TokenState,
    token_stem,
)
from pipeline.ports.disk import Disk, Folder, NewFile

_BLOCK = 1024 * 1024
_ONE_FILE_ERRORS = frozenset({errno.EIO, errno.EEXIST, errno.ENAMETOOLONG, errno.EFBIG})

Failures = dict[DocumentKey, FolderProblem | TransientError]


class Staging:
    """The tokens of one destination."""

    def __init__(self, disk: Disk, tree: FolderTree, folder: Folder) -> None:
        self._disk = disk
        self._tree = tree
        self.folder = folder

    def write(
        self, deliveries: Sequence[PlannedDelivery], existing: Mapping[str, str], *, flush: bool
    ) -> Failures:
        """Write the tokens of a batch; returns the deliveries of which nothing was kept.

        Raises `OSError` when it is the volume that fails.
        """
        with contextlib.ExitStack() as opened:
            inboxes = self._inboxes(deliveries, existing, opened)
            failures = _folder_failures(deliveries, inboxes)
            files = [
                (delivery.key, NewFile(file.token, file.body, inbox))
                for delivery in deliveries
                if delivery.key not in failures
                for file in delivery.files
                if file.body is not None
                and not isinstance(inbox := inboxes[file.folder], FolderProblem)
            ]
            failed = self._disk.create(self.folder, [file for _, file in files], flush=flush)
        owners = {file.name: key for key, file in files}
        if failed:
            self._undo(owners, failed)
        return failures | {owners[name]: _fetch_again(error) for name, error in failed.items()}

    def _undo(self, owners: Mapping[str, DocumentKey], failed: Mapping[str, OSError]) -> None:
        volume_error = next((e for e in failed.values() if e.errno not in _ONE_FILE_ERRORS), None)
        lost = set(owners.values()) if volume_error else {owners[name] for name in failed}
        for name, key in owners.items():
            if key in lost and name not in failed:
                self._disk.remove(self.folder, name)
        if volume_error:
            raise volume_error

    def _inboxes(
        self,
        deliveries: Sequence[PlannedDelivery],
        existing: Mapping[str, str],
        opened: contextlib.ExitStack,
    ) -> dict[str, Folder | FolderProblem]:
        inboxes: dict[str, Folder | FolderProblem] = {}
        tree = opened.enter_context(self._tree.at_once())
        for path in dict.fromkeys(file.folder for each in deliveries for file in each.files):
            try:
                folder = tree.open_or_make(path, existing.get(path, path))
            except FolderUnusable as unusable:
                inboxes[path] = unusable.problem
            else:
                opened.callback(folder.close)
                inboxes[path] = self._on_this_volume(folder, path)
        return inboxes

    def _on_this_volume(self, folder: Folder, path: str) -> Folder | FolderProblem:
        if self._disk.is_same_volume(folder, self.folder):
            return folder
        return FolderProblem(path, FolderFault.OTHER_VOLUME, self._disk.account())

    def tokens(self) -> list[str]:
        """Names of all tokens."""
        return [name for name in self._disk.names(self.folder) if name.endswith(PART_SUFFIX)]

    def remove(self, stems: Iterable[str]) -> None:
        """Remove what is left of the tokens of given-up deliveries, durably."""
        wanted = frozenset(stems)
        for name in self.tokens():
            if token_stem(name) in wanted:
                self._disk.remove(self.folder, name)
        self._disk.flush_folder(self.folder)

    def inspect(self, file: PlannedFile) -> TokenState:
        """See `Destination.inspect`."""
        if self._disk.size(self.folder, file.token) is not None:
            is_whole = holds(self._disk, self.folder, file.token, file)
            return TokenState.STAGED if is_whole else TokenState.DAMAGED
        try:
            with contextlib.closing(self._tree.open(file.folder)) as inbox:
                is_there = holds(self._disk, inbox, file.name, file)
        except (FolderUnusable, FileNotFoundError):
            return TokenState.GONE
        return TokenState.FOUND_IN_PLACE if is_there else TokenState.GONE


def holds(disk: Disk, folder: Folder, name: str, planned: PlannedFile) -> bool:
    """Whether the file of that name has the planned content."""
    if disk.size(folder, name) != planned.size_bytes:
        return False
    digest = hashlib.sha256()
    for start in range(0, planned.size_bytes, _BLOCK):
        digest.update(disk.read(folder, name, start, _BLOCK))
    return digest.hexdigest() == planned.sha256


def _folder_failures(
    deliveries: Sequence[PlannedDelivery], inboxes: Mapping[str, Folder | FolderProblem]
) -> Failures:
    return {
        delivery.key: inbox
        for delivery in deliveries
        for file in delivery.files
        if isinstance(inbox := inboxes[file.folder], FolderProblem)
    }


def _fetch_again(error: OSError) -> TransientError:
    return TransientError(
        f"A document could not be written to staging ({error.strerror or error}); it is fetched"
        " again."
    )
