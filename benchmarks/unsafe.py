"""The order of writing that most programs have: temporary name, rename, and a record afterwards.

A kill between rename and record delivers twice; without a flush, a power cut leaves an empty file
under its final name. It is here to say what the safe order costs.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, cast

import anyio.to_thread

from pipeline.connectors.disks.linux import LinuxDisk
from pipeline.connectors.state.sqlite import SqliteState, documents, intents
from pipeline.connectors.state.sqlite.session import Session
from pipeline.domain.delivery import Delivery, Evidence, PlannedDelivery
from pipeline.domain.documents import DocumentKey
from pipeline.stages.write import Write
from pipeline.stages.write.batch import Result
from pipeline.stages.write.plan import Plan


class UnsafeWrite(Write):
    """The write stage in the unsafe order, nothing flushed but the commit of the state."""

    flushes: ClassVar[bool] = False

    async def _deliver_to(self, lane: str, plans: Sequence[Plan]) -> dict[DocumentKey, Result]:
        deliveries = [plan.delivery for plan in plans]
        await anyio.to_thread.run_sync(_place, lane, deliveries, self.flushes)
        return await self._record(deliveries)

    async def _record(self, deliveries: Sequence[PlannedDelivery]) -> dict[DocumentKey, Result]:
        """One commit for the batch, where the safe order has two."""
        now = self.clock.now()
        done = [_delivered(each) for each in deliveries]

        def work(session: Session) -> None:
            intents.intend(session, deliveries, boot_id="", now=now)
            documents.delivered(session, done, now=now)

        await cast("SqliteState", self.state)._write(work)  # noqa: SLF001 - no port does this
        return {each.key: each for each in done}


class FlushedUnsafeWrite(UnsafeWrite):
    """The same with the contents flushed before the rename."""

    flushes: ClassVar[bool] = True


def _place(lane: str, deliveries: Sequence[PlannedDelivery], flushes: bool) -> None:  # noqa: FBT001
    files = [file for each in deliveries for file in each.files]
    for file in files:
        Path(file.folder).mkdir(parents=True, exist_ok=True)
        Path(file.folder, f"{file.name}.tmp").write_bytes(file.body or b"")
    if flushes:
        _flush_volume(lane)
    for file in files:
        Path(file.folder, f"{file.name}.tmp").rename(Path(file.folder, file.name))


def _flush_volume(folder: str) -> None:
    disk = LinuxDisk()
    opened = disk.open_folder(folder)
    disk.flush_volume(opened)
    opened.close()


def _delivered(delivery: PlannedDelivery) -> Delivery:
    file = delivery.files[-1]
    return Delivery(delivery.key, f"{file.folder}/{file.name}", Evidence.MOVED)
