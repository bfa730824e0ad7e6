"""Opening a destination: lock, owner, self-test, log; everything that refuses at start."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.connectors.destinations.filesystem.delivery_log import DeliveryLog
from pipeline.connectors.destinations.filesystem.folders import FolderTree
from pipeline.connectors.destinations.filesystem.opened import OpenDestination
from pipeline.connectors.destinations.filesystem.ownership import check_owner, take_lock
from pipeline.connectors.destinations.filesystem.places import STAGING, StagingPlace
from pipeline.connectors.destinations.filesystem.problems import check_free, folder_fault
from pipeline.connectors.destinations.filesystem.self_test import (
    Flush,
    check_inboxes,
    check_moves,
    check_volume,
    faster_flush,
)
from pipeline.connectors.destinations.filesystem.staging import Staging
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.clock import Clock
from pipeline.ports.destination import FolderFault
from pipeline.ports.disk import Disk, Folder
from pipeline.ports.faults import FaultPoint


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens one destination, as often as needed."""

    place: StagingPlace
    disk: Disk
    clock: Clock
    min_free_bytes: int
    faultpoint: FaultPoint

    def open(
        self,
        installation_id: str,
        inboxes: Sequence[str],
        *,
        take_over: bool,
        flush: Flush | None,
    ) -> OpenDestination:
        """Blocking part of `Destination.open`; ``flush`` None times both ways."""
        disk, tree = self.disk, FolderTree(self.disk, self.place)
        staging = self._staging(tree)
        with contextlib.ExitStack() as undo:
            undo.callback(staging.close)
            lock = take_lock(disk, staging)
            undo.callback(lock.release)
            check_owner(disk, staging, installation_id, take_over=take_over)
            volume = check_volume(disk, staging)
            check_inboxes(tree, staging, inboxes)
            check_free(disk, staging, self.min_free_bytes)
            check_moves(tree, staging)
            log = DeliveryLog(disk, staging, instance=installation_id[:8])
            log.settle()
            opened = OpenDestination(
                disk=disk,
                tree=tree,
                staging=Staging(disk, tree, staging),
                delivery_log=log,
                lock=lock,
                boot_id=disk.boot_id(),
                is_network=volume.is_network,
                flush=flush or faster_flush(disk, staging, volume, self.clock.monotonic),
                min_free_bytes=self.min_free_bytes,
                now=self.clock.now,
                faultpoint=self.faultpoint,
            )
            undo.pop_all()
        return opened

    @property
    def root(self) -> str:
        """The root of the folder tree."""
        return self.place.root

    def _staging(self, tree: FolderTree) -> Folder:
        try:
            return tree.open_staging()
        except OSError as error:
            refusal = self._refusal(folder_fault(error))
            if refusal is None:
                raise
            raise ConfigurationError(refusal) from error

    def _refusal(self, fault: FolderFault | None) -> str | None:
        """What an administrator must change before this can be a destination."""
        match fault:
            case FolderFault.MISSING:
                return (
                    f"Folder {self.root} does not exist. Create it, or change the locations that"
                    " lie below it."
                )
            case FolderFault.REFUSES_WRITING:
                return (
                    f"Account {self.disk.account()} may not work in folder {self.root}. Give it"
                    " the right to list, create and rename there."
                )
            case FolderFault.IS_LINK:
                return (
                    f"{self.root} is not a folder, or {STAGING} in it is a link or a file. Remove"
                    " that, and never put links there."
                )
            case _:
                return None
