"""Self-test: what delivery rests on is tried out before any document depends on it."""

import contextlib
import enum
import errno
from collections.abc import Callable, Iterable, Iterator, Sequence

from pipeline.connectors.destinations.filesystem.folders import FolderTree
from pipeline.connectors.destinations.filesystem.places import STAGING
from pipeline.connectors.destinations.filesystem.problems import FolderUnusable
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.disk import Disk, Folder, NewFile, Volume

_TRIAL_FOLDER = "self-test"
_TRIAL_BODY = b"dossierpost"
_TRIAL_NAMES = ("self-test.1", "self-test.2")
_MOVED = "moved"
_TIMED_NAMES = tuple(f"self-test.timed.{n}" for n in range(16))
_TIMED_BODY = b"x" * 16_384
_NOT_OFFERED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_UNSUITABLE_KINDS = frozenset({"vfat", "msdos", "exfat", "fat", "fat32"})


class Flush(enum.StrEnum):
    """How a batch is made durable: each file and folder, or the whole volume at once."""

    FILES = "files"
    VOLUME = "volume"


def check_volume(disk: Disk, staging: Folder) -> Volume:
    """Refuse file systems that cannot keep the promise."""
    volume = disk.volume(staging)
    if volume.kind.lower() in _UNSUITABLE_KINDS:
        raise ConfigurationError(
            f"{staging.path} lies on {volume.kind}, which loses files when the power fails. Use a"
            " volume formatted with NTFS, ext4 or xfs."
        )
    return volume


def check_inboxes(tree: FolderTree, staging: Folder, inboxes: Iterable[str]) -> None:
    """Refuse inboxes that staging cannot serve; a missing one is the dossier's own problem."""
    for inbox in inboxes:
        if tree.overlaps_staging(inbox):
            raise ConfigurationError(
                f"Folder {inbox} and the staging folder {tree.root / STAGING} lie inside each"
                " other: the accounting package would import files that are not ready. Use a folder"
                f" of its own below {tree.root}."
            )
        with contextlib.suppress(FolderUnusable), contextlib.closing(tree.open(inbox)) as folder:
            if not tree.disk.is_same_volume(folder, staging):
                raise ConfigurationError(
                    f"Folder {inbox} lies on another volume than {tree.root}. Make it a destination"
                    " of its own, so that files can be moved into it in one step."
                )


def check_moves(tree: FolderTree, staging: Folder) -> None:
    """Create, flush, move, meet an existing name, remove: in staging, where nobody imports."""
    disk = tree.disk
    disk.make_folder(staging, _TRIAL_FOLDER)
    trial_folder = disk.open_folder(str(tree.root), [*tree.staging, _TRIAL_FOLDER])
    with (
        contextlib.closing(trial_folder) as trial,
        _removed(disk, trial, [_MOVED]),
        _created(disk, staging, _TRIAL_NAMES, _TRIAL_BODY, flush=True),
    ):
        disk.flush_folder(staging)
        try:
            _check_never_replaces(disk, staging, trial)
        except OSError as error:
            raise _refused(staging, error) from error


def faster_flush(disk: Disk, staging: Folder, volume: Volume, now: Callable[[], float]) -> Flush:
    """Time both ways on a small batch; a share gets no say over the server's whole volume."""
    if volume.is_network:
        return Flush.FILES
    seconds: dict[Flush, float] = {}
    for flush in Flush:
        started = now()
        try:
            _timed_batch(disk, staging, flush)
        except OSError as error:
            if flush is Flush.VOLUME and error.errno in _NOT_OFFERED | {errno.EPERM}:
                continue
            raise
        seconds[flush] = now() - started
    return min(seconds, key=seconds.__getitem__)


def _check_never_replaces(disk: Disk, staging: Folder, trial: Folder) -> None:
    first, second = _TRIAL_NAMES
    disk.move(staging, first, trial, _MOVED)
    disk.flush_folder(trial)
    try:
        disk.move(staging, second, trial, _MOVED)
    except FileExistsError:
        return
    raise OSError(errno.EINVAL, "a move replaced another file")


def _refused(staging: Folder, error: OSError) -> OSError | ConfigurationError:
    if error.errno not in _NOT_OFFERED | {errno.EXDEV}:
        return error
    return ConfigurationError(
        f"The file system of {staging.path} cannot move a file without the risk of replacing"
        f" another ({error.strerror}). Use a volume formatted with NTFS, ext4, xfs or btrfs."
    )


def _timed_batch(disk: Disk, staging: Folder, flush: Flush) -> None:
    is_by_file = flush is Flush.FILES
    with _created(disk, staging, _TIMED_NAMES, _TIMED_BODY, flush=is_by_file):
        if is_by_file:
            disk.flush_folder(staging)
        else:
            disk.flush_volume(staging)


@contextlib.contextmanager
def _created(
    disk: Disk, folder: Folder, names: Sequence[str], body: bytes, *, flush: bool
) -> Iterator[None]:
    with _removed(disk, folder, names):
        files = [NewFile(name, body, folder) for name in names]
        for error in disk.create(folder, files, flush=flush).values():
            raise error
        yield


@contextlib.contextmanager
def _removed(disk: Disk, folder: Folder, names: Sequence[str]) -> Iterator[None]:
    """Remove files before, since an earlier self-test may have been killed, and after."""
    for name in names:
        disk.remove(folder, name)
    yield
    for name in names:
        disk.remove(folder, name)
