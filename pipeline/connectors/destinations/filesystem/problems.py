"""What an error of the disk means: the folder, or the whole volume."""

import errno
from pathlib import PurePath

from pipeline.domain.errors import DestinationUnavailable
from pipeline.ports.destination import FolderFault, FolderProblem
from pipeline.ports.disk import Disk, Folder

LINK_ERRORS = frozenset({errno.ELOOP, errno.ENOTDIR})
REFUSALS = frozenset({errno.EACCES, errno.EPERM})
BUSY_ERRORS = REFUSALS | {errno.EBUSY, errno.ETXTBSY}
"""Errors that pass by themselves when somebody else lets go of a file, or never."""

_FAULTS = {
    errno.ENOENT: FolderFault.MISSING,
    errno.EXDEV: FolderFault.OUTSIDE,
    **dict.fromkeys(LINK_ERRORS, FolderFault.IS_LINK),
    **dict.fromkeys(REFUSALS, FolderFault.REFUSES_WRITING),
}

_STATES = {
    errno.ENOSPC: "is full. Free some space on it",
    errno.EDQUOT: "has no quota left for this service. Free some space or raise the quota",
    errno.EROFS: "is read-only. Check the disk and mount it for writing",
    errno.EXDEV: "is made of more than one volume. Give each volume a destination of its own",
    errno.EIO: "reports a fault of the device. Check the disk",
}
_GONE = "does not answer. Check that the disk or the share is there"


class FolderUnusable(Exception):
    """One folder cannot be used; the others can."""

    def __init__(self, problem: FolderProblem) -> None:
        super().__init__(f"{problem.folder}: {problem.fault}")
        self.problem = problem


def folder_fault(error: OSError) -> FolderFault | None:
    """What is wrong with a folder that could not be opened; None when it is the volume."""
    return _FAULTS.get(error.errno or 0)


def unavailable(root: str | PurePath, error: OSError) -> DestinationUnavailable:
    """Say what happened to a volume and what to do."""
    state = _STATES.get(error.errno or 0, _GONE)
    return DestinationUnavailable(
        f"Destination {root} {state}; documents wait until then ({error.strerror or error})."
    )


def check_free(disk: Disk, folder: Folder, min_free_bytes: int) -> None:
    """Stop before the volume is full, so that what is under way can be finished."""
    if disk.free_bytes(folder) < min_free_bytes:
        raise OSError(errno.ENOSPC, f"less than {min_free_bytes:,} bytes free")
