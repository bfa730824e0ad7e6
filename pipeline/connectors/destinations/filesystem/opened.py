"""What exists while a destination is open, and the blocking steps of the protocol on it."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.connectors.destinations.filesystem.delivery_log import DeliveryLog
from pipeline.connectors.destinations.filesystem.folders import FolderTree
from pipeline.connectors.destinations.filesystem.log_lines import intent_line, withdrawn_line
from pipeline.connectors.destinations.filesystem.moving import Mover
from pipeline.connectors.destinations.filesystem.problems import FolderUnusable, check_free
from pipeline.connectors.destinations.filesystem.self_test import Flush
from pipeline.connectors.destinations.filesystem.staging import Staging
from pipeline.domain.delivery import PlannedDelivery, PlannedFile
from pipeline.ports.destination import MoveOutcome, Staged, TokenState
from pipeline.ports.disk import Disk, DiskLock, Folder
from pipeline.ports.faults import FaultPoint
from pipeline.ports.state import LogMark


@dataclass(frozen=True, slots=True)
class OpenDestination:
    """Blocking steps on one destination; every method runs in a thread of its own limiter."""

    disk: Disk
    tree: FolderTree
    staging: Staging
    delivery_log: DeliveryLog
    lock: DiskLock
    boot_id: str
    is_network: bool
    flush: Flush
    min_free_bytes: int
    now: Callable[[], datetime]
    faultpoint: FaultPoint

    def stage(self, deliveries: Sequence[PlannedDelivery], existing: Mapping[str, str]) -> Staged:
        """Steps 2 to 4: tokens, their flush, their lines."""
        check_free(self.disk, self.staging.folder, self.min_free_bytes)
        by_file = self.flush is Flush.FILES
        failures = self.staging.write(deliveries, existing, flush=by_file)
        staged = [each for each in deliveries if each.key not in failures]
        if not staged:
            return Staged(None, failures)
        self.faultpoint("staged")
        self._flush([self.staging.folder])
        self.faultpoint("staging_flushed")
        return Staged(self.log(staged), failures)

    def log(self, deliveries: Sequence[PlannedDelivery]) -> LogMark:
        """Step 4 alone."""
        at = self.now()
        lines = [intent_line(each, boot_id=self.boot_id, at=at) for each in deliveries]
        mark = self.delivery_log.append(lines)
        self.faultpoint("logged")
        return mark

    def move(self, deliveries: Sequence[Sequence[PlannedFile]]) -> Sequence[MoveOutcome]:
        """Steps 6 and 7; the moves are in order, so that an attachment is there first."""
        with (
            self.tree.at_once() as tree,
            contextlib.closing(Mover(self.disk, tree, self.staging.folder)) as mover,
        ):
            outcomes = list(mover.move_all(deliveries, self.faultpoint))
            self._flush([*mover.touched, self.staging.folder])
        self.faultpoint("flushed")
        return outcomes

    def withdraw(self, stems: Sequence[str]) -> None:
        """Log first: a token that is gone without a line would count as delivered."""
        self.delivery_log.append([withdrawn_line(list(stems), at=self.now())])
        self.staging.remove(stems)

    def flush_folders(self, paths: Sequence[str]) -> None:
        """See `Destination.flush`."""
        with contextlib.ExitStack() as opened:
            folders = []
            for path in paths:
                with contextlib.suppress(FolderUnusable):
                    folders.append(self.tree.open(path))
                    opened.callback(folders[-1].close)
            self._flush([*folders, self.staging.folder])

    def tokens(self) -> Sequence[str]:
        """See `Destination.tokens`."""
        return self.staging.tokens()

    def inspect(self, files: Sequence[PlannedFile]) -> Sequence[TokenState]:
        """See `Destination.inspect`."""
        return [self.staging.inspect(file) for file in files]

    def close(self) -> None:
        """Let another process have the destination."""
        self.lock.release()
        self.staging.folder.close()

    def _flush(self, folders: Sequence[Folder]) -> None:
        if self.flush is Flush.VOLUME:
            self.disk.flush_volume(folders[-1])
            return
        for folder in folders:
            self.disk.flush_folder(folder)
