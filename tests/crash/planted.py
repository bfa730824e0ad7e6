"""Planted bugs: single steps of the protocol done wrong, to show that the lanes would notice.

Each is a replacement in the process under test, made before it opens anything.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.connectors.destinations.filesystem import FilesystemDestination, opening
from pipeline.connectors.destinations.filesystem.delivery_log import DeliveryLog
from pipeline.connectors.destinations.filesystem.opened import OpenDestination
from pipeline.connectors.disks.linux import LinuxDisk
from pipeline.connectors.state.sqlite import SqliteState, connection
from pipeline.domain.delivery import Delivery, PlannedDelivery
from pipeline.domain.documents import DocumentKey
from pipeline.ports.disk import Folder, NewFile
from pipeline.ports.state import IntentOutcome, IntentResult

Plant = Callable[[], None]


def replace(owner: object, name: str, value: object) -> None:
    """Put ``value`` in the place of a method or of a value of a module."""
    setattr(owner, name, value)


def record_only_after_the_move() -> None:
    """The usual practice: a temporary name, a rename, and then a record of it."""
    planned: dict[DocumentKey, tuple[PlannedDelivery, str]] = {}
    really_intend, really_delivered = SqliteState.intend, SqliteState.delivered

    async def intend(
        _: SqliteState, deliveries: Sequence[PlannedDelivery], *, boot_id: str, **__: Any
    ) -> Sequence[IntentOutcome]:
        planned.update({each.key: (each, boot_id) for each in deliveries})
        return [IntentOutcome(IntentResult.INTENDED)] * len(deliveries)

    async def delivered(state: SqliteState, deliveries: Sequence[Delivery]) -> None:
        for each in deliveries:
            delivery, boot_id = planned[each.key]
            await really_intend(state, [delivery], boot_id=boot_id)
        await really_delivered(state, deliveries)

    replace(OpenDestination, "log", lambda _, __: None)
    replace(SqliteState, "intend", intend)
    replace(SqliteState, "delivered", delivered)


def link_then_unlink() -> None:
    """A move in two steps: for a moment the file has both names."""

    def move(_: LinuxDisk, source: Any, name: str, target: Any, new_name: str) -> None:
        os.link(name, new_name, src_dir_fd=source.fd, dst_dir_fd=target.fd, follow_symlinks=False)
        os.unlink(name, dir_fd=source.fd)

    replace(LinuxDisk, "move", move)


def tell_the_hub_before_delivered() -> None:
    """The hub hears Forwarded, and only then the state does."""
    waiting: dict[DocumentKey, Delivery] = {}
    really_delivered, really_acked = SqliteState.delivered, SqliteState.acked

    async def delivered(_: SqliteState, deliveries: Sequence[Delivery]) -> None:
        waiting.update({each.key: each for each in deliveries})

    async def acked(state: SqliteState, keys: Sequence[DocumentKey]) -> None:
        await really_delivered(state, [waiting[key] for key in keys if key in waiting])
        await really_acked(state, keys)

    replace(SqliteState, "delivered", delivered)
    replace(SqliteState, "acked", acked)


def no_flush_of_contents() -> None:
    """The bytes of a staged file are left to the cache."""
    really_create = LinuxDisk.create

    def create(
        disk: LinuxDisk, folder: Folder, files: Sequence[NewFile], *, flush: bool
    ) -> Mapping[str, OSError]:
        del flush
        return really_create(disk, folder, files, flush=False)

    replace(LinuxDisk, "create", create)


def no_flush_after_the_move() -> None:
    """DELIVERED is committed, and the hub told, while the move is in the cache only."""
    replace(OpenDestination, "_flush", lambda _, __: None)


def state_not_flushed() -> None:
    """SQLite commits without waiting for the disk."""
    replace(connection, "SYNCHRONOUS", "NORMAL")
    replace(connection, "refuse_volatile", lambda _: None)


def no_flush_in_recovery() -> None:
    """Recovery believes the cache: "token gone" may not be true on the disk.

    On ext4 and xfs, whose log keeps its order, the files that are tried out at every start flush
    the moves of the last life too; so those go as well, or this bug would be hidden.
    """

    async def flush(_: FilesystemDestination, __: Sequence[str]) -> None:
        return

    replace(FilesystemDestination, "flush", flush)
    replace(opening, "check_moves", lambda _, __: None)
    replace(DeliveryLog, "settle", lambda _: None)


PLANTS: Mapping[str, Plant] = {
    plant.__name__: plant
    for plant in (
        record_only_after_the_move,
        link_then_unlink,
        tell_the_hub_before_delivered,
        no_flush_of_contents,
        no_flush_after_the_move,
        state_not_flushed,
        no_flush_in_recovery,
    )
}
