"""Recover deliveries: before any new work, finish or undo what a crash left on a destination.

The token decides. A token in staging was not delivered, whatever any record says; a token that is
gone was. Section "Recovery" of docs/delivery.md gives the reasons for the order of the steps.
"""

import enum
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.domain.delivery import Delivery, DocumentRow, Evidence, Rejection, RowStatus
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import PipelineError
from pipeline.domain.paths import Platform, name_room
from pipeline.ports.clock import Clock
from pipeline.ports.destination import Destination, TokenState, delivery_stem, token_stem
from pipeline.ports.faults import FaultPoint, no_faults
from pipeline.ports.state import IntentResult, StateStore
from pipeline.stages.write import reasons
from pipeline.stages.write.batch import Batch
from pipeline.stages.write.job import Job
from pipeline.stages.write.plan import Plan
from pipeline.usecases.import_delivery_log import ImportDeliveryLog, intent_of

_PAGE = 256
_DELIVERED = frozenset({RowStatus.DELIVERED, RowStatus.ACKED})


class OnUncertain(enum.StrEnum):
    """What to do with a document that a power cut may have taken back from its folder.

    The accounting package may or may not have imported it before.
    """

    REDELIVER = "redeliver"
    HOLD = "hold"


@dataclass(slots=True)
class RecoveryReport:
    """What recovery found and did on one destination, in documents."""

    destination: str
    imported: int = 0
    volume_was_restored: bool = False
    delivered: dict[Evidence, int] = field(default_factory=dict)
    held: int = 0
    unusable: int = 0
    fetched_again: int = 0
    lost_by_volume: int = 0
    tokens_removed: int = 0

    def add(self, evidence: Evidence, count: int) -> None:
        """Count deliveries."""
        if count:
            self.delivered[evidence] = self.delivered.get(evidence, 0) + count


@dataclass(frozen=True, slots=True)
class RecoverDeliveries:
    """Opens destinations and settles what is unfinished on them; repeatable at any time.

    Needed at start, when a destination answers again, and now and then on a network share, whose
    server may lose a move that it had confirmed: then the token is back.
    """

    state: StateStore
    clock: Clock
    platform: Platform = Platform.POSIX
    on_uncertain: OnUncertain = OnUncertain.REDELIVER
    take_over: bool = False
    faultpoint: FaultPoint = no_faults

    async def __call__(
        self, destination: Destination, *, inboxes: Sequence[str] = ()
    ) -> RecoveryReport:
        """Recover one destination; new work on it may start when this returns.

        Raises what `Destination.open` raises, `DestinationUnavailable` and `TransientError`; then
        nothing new may start on it.
        """
        async with destination.alone():
            installation = await self.state.installation_id()
            await destination.open(installation, inboxes=inboxes, take_over=self.take_over)
            return await _Recovery(self, destination).run()

    async def unacknowledged(self) -> AsyncIterator[Sequence[DocumentRow]]:
        """Rows that are delivered and of which the hub may not know."""
        after: DocumentKey | None = None
        while page := await self.state.rows(
            statuses=[RowStatus.DELIVERED], after=after, limit=_PAGE
        ):
            yield page
            after = page[-1].key


class _Recovery:
    """One run over one destination."""

    def __init__(self, settings: RecoverDeliveries, destination: Destination) -> None:
        self._settings = settings
        self._state = settings.state
        self._destination = destination
        self._report = RecoveryReport(destination.name)
        self._refused: set[DocumentKey] = set()

    async def run(self) -> RecoveryReport:
        import_log = ImportDeliveryLog(self._state, allows_missing_log=self._settings.take_over)
        found = await import_log(self._destination)
        self._report.imported = found.rows
        self._report.volume_was_restored = found.volume_was_restored
        await self._settle_intents()
        await self._settle_tokens()
        return self._report

    # -- rows in INTENT -----------------------------------------------------------------------
    async def _settle_intents(self) -> None:
        after: DocumentKey | None = None
        while rows := await self._state.rows(
            statuses=[RowStatus.INTENT],
            destination=self._destination.name,
            after=after,
            limit=_PAGE,
        ):
            after = rows[-1].key
            # After a kill the cache may say "token gone" while the disk still has it: believed,
            # acknowledged, and then the power fails, the document would be lost.
            await self._destination.flush(sorted({f.folder for row in rows for f in row.files}))
            found = await self._inspect(rows)
            await self._record_moved([row for row in rows if _is_moved(found[row.key])], found)
            await self._finish([row for row in rows if not _is_moved(found[row.key])], found)

    async def _record_moved(
        self, rows: Sequence[DocumentRow], found: Mapping[DocumentKey, Sequence[TokenState]]
    ) -> None:
        deliveries = [_delivery(row, found[row.key]) for row in rows]
        if deliveries:
            await self._state.delivered(deliveries)
            self._count(deliveries)

    # -- tokens that no row in INTENT names ---------------------------------------------------
    async def _settle_tokens(self) -> None:
        by_digest: dict[str, list[str]] = {}
        for token in await self._destination.tokens():
            by_digest.setdefault(token.partition(".")[0], []).append(token)
        digests = sorted(by_digest)
        for start in range(0, len(digests), _PAGE):
            page = digests[start : start + _PAGE]
            await self._settle_page({digest: by_digest[digest] for digest in page})

    async def _settle_page(self, by_digest: Mapping[str, Sequence[str]]) -> None:
        rows = await self._state.rows(digests=[*by_digest], limit=len(by_digest))
        tokens = {token for staged in by_digest.values() for token in staged}
        named = tokens & {file.token for row in rows for file in row.files}
        strays = {token_stem(token) for token in tokens - named} - {*map(token_stem, named)}
        if strays:
            await self._destination.withdraw(sorted(strays))
            self._report.tokens_removed += len(strays)
        back = [row for row in rows if _came_back(row, named) and row.key not in self._refused]
        await self._finish(back, await self._inspect(back))

    # -- rows with a token --------------------------------------------------------------------
    async def _finish(
        self, rows: Sequence[DocumentRow], found: Mapping[DocumentKey, Sequence[TokenState]]
    ) -> None:
        """Deliver, hold or drop; the way of a row depends on what it was before."""
        damaged = [row for row in rows if TokenState.DAMAGED in found[row.key]]
        await self._drop(damaged)
        sound = [row for row in rows if TokenState.DAMAGED not in found[row.key]]
        await self._reopen(sound)
        holds = self._settings.on_uncertain is OnUncertain.HOLD
        held = [row for row in sound if holds and self._is_uncertain(row)]
        await self._hold(held)
        judged = [row for row in sound if row not in held and await self._is_to_place(row)]
        await self._deliver(judged, found)

    async def _inspect(
        self, rows: Sequence[DocumentRow]
    ) -> Mapping[DocumentKey, Sequence[TokenState]]:
        files = [file for row in rows for file in row.files]
        states = iter(await self._destination.inspect(files) if files else ())
        return {row.key: [next(states) for _ in row.files] for row in rows}

    async def _is_to_place(self, row: DocumentRow) -> bool:
        """Judge what only a line of the log speaks of: it was written before `intend` was asked.

        One after the other: of two that are the same, the first is held and the second placed.
        """
        if row.evidence is not Evidence.LOGGED:
            return True
        delivery = replace(intent_of(row), is_released=row.is_released)
        [outcome] = await self._state.intend([delivery], boot_id=row.boot_id or "")
        if outcome.result is IntentResult.INTENDED:
            return True
        reason = reasons.changed if outcome.result is IntentResult.CHANGED else reasons.duplicate
        refused = reason(delivery, outcome)
        rejection = _rejection(row, refused.rule, str(refused), is_held=True)
        await self._reject([replace(rejection, repeats=refused.repeats, is_lost=True)])
        await self._destination.withdraw([delivery_stem(row.files)])
        self._report.held += 1
        return False

    def _is_uncertain(self, row: DocumentRow) -> bool:
        """Whether the accounting package may have seen the file before it came back."""
        return row.status in _DELIVERED or row.boot_id != self._destination.boot_id

    async def _reopen(self, rows: Sequence[DocumentRow]) -> None:
        """Back to INTENT with the boot id they had, so that a second crash tells the same."""
        by_boot: dict[str, list[DocumentKey]] = {}
        for row in rows:
            if row.status is not RowStatus.INTENT:
                by_boot.setdefault(row.boot_id or "", []).append(row.key)
        for boot_id, keys in by_boot.items():
            await self._state.reopen(keys, boot_id=boot_id)

    async def _deliver(
        self, rows: Sequence[DocumentRow], found: Mapping[DocumentKey, Sequence[TokenState]]
    ) -> None:
        settings = self._settings
        batch = Batch(self._destination, self._state, settings.clock, settings.faultpoint)
        await batch.resume([self._job(row, found[row.key]) for row in rows])
        done = [result for result in batch.results.values() if isinstance(result, Delivery)]
        self._count(done)
        refused = [row for row in rows if isinstance(batch.results.get(row.key), PipelineError)]
        self._refused |= {row.key for row in refused}
        self._report.unusable += len(refused)
        await self._reject(
            [_rejection(row, "location", str(batch.results[row.key])) for row in refused]
        )

    def _job(self, row: DocumentRow, states: Sequence[TokenState]) -> Job:
        folder = row.files[-1].folder
        plan = Plan(
            delivery=intent_of(row),
            setting="the location in its accounting package",
            existing=folder,
            name_bytes=name_room(folder, self._settings.platform),
        )
        job = Job(plan, is_intended=True)
        job.waiting = tuple(n for n, state in enumerate(states) if state is TokenState.STAGED)
        job.evidence = Evidence.REDELIVERED if self._is_uncertain(row) else None
        return job

    async def _hold(self, rows: Sequence[DocumentRow]) -> None:
        self._report.held += len(rows)
        await self._reject([_uncertain(row) for row in rows])

    async def _drop(self, rows: Sequence[DocumentRow]) -> None:
        """Damaged tokens are given up; the hub is asked for the documents again."""
        if not rows:
            return
        await self._reopen([row for row in rows if row.status in _DELIVERED])
        acked = [row for row in rows if row.status is RowStatus.ACKED]
        await self._reject([_lost(row) for row in acked])
        again = [row.key for row in rows if row.status is not RowStatus.ACKED]
        await self._state.withdraw(again)
        await self._destination.withdraw([delivery_stem(row.files) for row in rows])
        self._report.lost_by_volume += len(acked)
        self._report.fetched_again += len(again)

    async def _reject(self, rejections: Sequence[Rejection]) -> None:
        if rejections:
            await self._state.rejected(rejections)

    def _count(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._report.add(delivery.evidence, 1)


def _is_moved(states: Sequence[TokenState]) -> bool:
    return not {TokenState.STAGED, TokenState.DAMAGED} & set(states)


def _came_back(row: DocumentRow, tokens: Collection[str]) -> bool:
    """Whether a token says that a row is not delivered; a held one waits for a person."""
    is_settled = row.status in {RowStatus.INTENT, RowStatus.HELD}
    return not is_settled and any(file.token in tokens for file in row.files)


def _delivery(row: DocumentRow, states: Sequence[TokenState]) -> Delivery:
    is_seen = states[-1] is TokenState.FOUND_IN_PLACE
    evidence = Evidence.SEEN if is_seen else Evidence.PRESUMED
    return Delivery(row.key, row.path or "", evidence, row.offset)


def _uncertain(row: DocumentRow) -> Rejection:
    reason = (
        f"The power failed while document {row.key.document_id} was placed as {row.path}. It may"
        " have been imported before. Look for it in the accounting package, and release it here"
        " only if it is not there."
    )
    return _rejection(row, "uncertain", reason, is_held=True)


def _lost(row: DocumentRow) -> Rejection:
    reason = (
        f"The disk lost document {row.key.document_id} ({row.path}) after the hub was told that it"
        " was delivered. Check the disk, then retry: it is fetched from the hub again."
    )
    return replace(_rejection(row, "lost", reason), is_lost=True)


def _rejection(row: DocumentRow, rule: str, reason: str, *, is_held: bool = False) -> Rejection:
    return Rejection(
        key=row.key,
        kind=row.kind,
        received_at=row.received_at,
        rule=rule,
        reason=reason,
        is_held=is_held,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        quarantine=row.quarantine,
        key_data=row.key_data,
        verdict=row.verdict,
        findings_json=row.findings_json,
        file_name=row.file_name,
        content_type=row.content_type,
        offset=row.offset,
    )
