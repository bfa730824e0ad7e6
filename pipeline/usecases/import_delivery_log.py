"""Import the delivery log: what the state forgot, because it was lost or restored, it learns again.

Without this, a document that was placed after the backup was made would be placed twice.
"""

from collections.abc import Collection
from dataclasses import dataclass

from pipeline.domain.delivery import DocumentRow, PlannedDelivery, RowStatus
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.destination import Destination, LoggedRows, delivery_stem
from pipeline.ports.state import LogMark, StateStore

_OPEN = frozenset({RowStatus.INTENT, RowStatus.ERROR, RowStatus.HELD})


@dataclass(frozen=True, slots=True)
class LogImport:
    """What came of comparing a log with the state.

    ``volume_was_restored`` says that the log lacks lines that the state has seen: the volume is
    older than the state, and files placed since then may be missing from it.
    """

    rows: int
    volume_was_restored: bool


@dataclass(frozen=True, slots=True)
class ImportDeliveryLog:
    """Brings the state up to the delivery log of a destination; repeatable at any point.

    A log that is missing altogether, though the state has seen it, most often means that the disk
    or share is not mounted and its mount point lies bare. ``allows_missing_log`` accepts it: the
    disk was replaced.
    """

    state: StateStore
    allows_missing_log: bool = False

    async def __call__(self, destination: Destination) -> LogImport:
        """Import what is missing, as INTENT: recovery then looks at the tokens.

        Raises `ConfigurationError` for a missing log.
        """
        mark = await self.state.load_mark(destination.name)
        comparison = await destination.compare_log(mark)
        if comparison.was_restored and comparison.start is None:
            await self._accept_missing_log(destination.name)
        imported = 0
        if comparison.start is not None:
            async for chunk in destination.read_log(comparison.start):
                imported += await self._import(chunk)
                await self.state.save_marks({destination.name: chunk.mark})
        return LogImport(imported, comparison.was_restored)

    async def _accept_missing_log(self, destination: str) -> None:
        if not self.allows_missing_log:
            raise ConfigurationError(
                f"Documents were delivered to {destination}, but their delivery log is not there."
                " Mount the disk or share that belongs in that folder. If it was replaced, start"
                " once with --take-over."
            )
        await self.state.save_marks({destination: LogMark(0, "")})

    async def _import(self, chunk: LoggedRows) -> int:
        known = await self.state.known([row.key for row in chunk.rows])
        by_key = {key: row for key, row in known.items() if row.key == key}
        replaced = [row for row in chunk.rows if _is_newer(row, by_key.get(row.key))]
        again = await self.state.import_intents(replaced, replaces=True) if replaced else 0
        await self._withdraw(chunk.withdrawn)
        new = [row for row in chunk.rows if row.key not in by_key]
        return again + (await self.state.import_intents(new) if new else 0)

    async def _withdraw(self, stems: Collection[str]) -> None:
        """Take back what was intended when the backup was made, and given up later."""
        if not stems:
            return
        digests = sorted({stem.partition(".")[0] for stem in stems})
        rows = await self.state.rows(
            statuses=[RowStatus.INTENT], digests=digests, limit=len(digests)
        )
        given_up = [row.key for row in rows if delivery_stem(row.files) in stems]
        if given_up:
            await self.state.withdraw(given_up)


def _is_newer(logged: DocumentRow, known: DocumentRow | None) -> bool:
    """Whether a later attempt than the one in the state was logged."""
    if known is None or known.status not in _OPEN:
        return False
    return not known.files or delivery_stem(known.files) != delivery_stem(logged.files)


def intent_of(row: DocumentRow) -> PlannedDelivery:
    """The delivery a row stands for, without its bytes; it was judged before."""
    return PlannedDelivery(
        key=row.key,
        kind=row.kind,
        received_at=row.received_at,
        sha256=row.sha256 or "",
        size_bytes=row.size_bytes or 0,
        destination=row.destination or "",
        files=row.files,
        key_data=row.key_data,
        verdict=row.verdict,
        findings_json=row.findings_json,
        is_released=True,
        file_name=row.file_name,
        content_type=row.content_type,
        offset=row.offset,
    )
