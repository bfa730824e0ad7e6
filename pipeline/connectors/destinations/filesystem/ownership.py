"""Who may work on a destination: one process at a time, of one installation."""

import json

from pipeline.domain.errors import AnotherInstance
from pipeline.ports.disk import Disk, DiskLock, Folder, NewFile

OWNER_FILE = "owner.json"
LOCK_FILE = "lock"
_UNFINISHED_OWNER_FILE = "owner.json.new"
_LONGEST_OWNER_FILE = 4096


def take_lock(disk: Disk, staging: Folder) -> DiskLock:
    """Lock the destination, or say that somebody else works on it."""
    lock = disk.lock(staging, LOCK_FILE)
    if lock is None:
        raise AnotherInstance(
            f"Another instance works on {staging.path}: it holds the lock there. Stop it first; two"
            " instances would deliver documents twice."
        )
    return lock


def check_owner(disk: Disk, staging: Folder, installation_id: str, *, take_over: bool) -> None:
    """Make sure that the staging folder belongs to this installation."""
    owner = _owner(disk, staging)
    if owner == installation_id:
        return
    if owner is not None:
        if not take_over:
            raise AnotherInstance(
                f"{staging.path} belongs to another installation ({owner}). Stop that one for good,"
                " then start once with --take-over. While both run, documents arrive twice."
            )
        disk.remove(staging, OWNER_FILE)
    _write_owner(disk, staging, json.dumps({"installation": installation_id}).encode())


def _write_owner(disk: Disk, staging: Folder, body: bytes) -> None:
    """Whole or not at all: half an owner file would keep everybody out."""
    disk.remove(staging, _UNFINISHED_OWNER_FILE)
    failed = disk.create(staging, [NewFile(_UNFINISHED_OWNER_FILE, body, staging)], flush=True)
    for error in failed.values():
        raise error
    disk.move(staging, _UNFINISHED_OWNER_FILE, staging, OWNER_FILE)
    disk.flush_folder(staging)


def _owner(disk: Disk, staging: Folder) -> str | None:
    """The installation named in the owner file; None when there is none yet."""
    if disk.size(staging, OWNER_FILE) is None:
        return None
    text = disk.read(staging, OWNER_FILE, 0, _LONGEST_OWNER_FILE)
    try:
        return str(json.loads(text)["installation"])
    except (ValueError, KeyError, TypeError):
        return "an owner file that cannot be read"
