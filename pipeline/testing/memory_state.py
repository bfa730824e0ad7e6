"""The state in memory: the reference for `StateStore`, deterministic and without threads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, islice

from anyio.lowlevel import checkpoint

from pipeline.domain.delivery import (
    TRANSITIONS,
    Delivery,
    DocumentRow,
    PlannedDelivery,
    Rejection,
    RowStatus,
)
from pipeline.domain.documents import DocumentKey
from pipeline.domain.duplicates import PLACED, may_be_placed
from pipeline.ports.clock import Clock
from pipeline.ports.state import DossierCounts, IntentOutcome, IntentResult, LogMark, Survey
from pipeline.testing import memory_rows
from pipeline.testing.memory_dossiers import MemoryDossiers
from pipeline.testing.memory_repeats import MemoryRepeats
from pipeline.testing.memory_statements import MemoryStatements


class MemoryState(MemoryDossiers):
    """A `StateStore` that lasts as long as the object; everything committed survives a "kill".

    Each call yields once before it takes effect, as a caller of a real store must expect, and
    then does everything at once.
    """

    def __init__(self, clock: Clock, *, installation_id: str = "memory") -> None:
        super().__init__(installation_id)
        self._clock = clock
        self._rows: dict[tuple[str, str], dict[DocumentKey, DocumentRow]] = {}
        self._names: dict[str, DocumentKey] = {}
        self._statements = MemoryStatements(self._placed)
        self._repeats = MemoryRepeats(self._all, self._client, self._statements.of)

    # -- writing rows -------------------------------------------------------------------------
    async def intend(
        self,
        deliveries: Sequence[PlannedDelivery],
        *,
        boot_id: str,
        marks: Mapping[str, LogMark] | None = None,
    ) -> Sequence[IntentOutcome]:
        """Commit INTENT, one after the other, and the marks with it."""
        await checkpoint()
        self._marks.update(marks or {})
        replaced: set[DocumentKey] = set()
        outcomes = [self._intend(delivery, boot_id, replaced) for delivery in deliveries]
        for key in replaced:
            self._want_repeats(self._repeats.held_for(key))
        return outcomes

    def _intend(
        self, delivery: PlannedDelivery, boot_id: str, replaced: set[DocumentKey]
    ) -> IntentOutcome:
        known = self._row(delivery.key)
        is_released = delivery.is_released or (known is not None and known.is_released)
        refusal = self._conflict(delivery, known, is_released=is_released)
        if refusal is None:
            self._save(memory_rows.intended(delivery, known, boot_id, is_released=is_released))
            self._statements.remember(delivery.key, delivery.statements)
            if known is not None and known.sha256 != delivery.sha256:
                replaced.add(delivery.key)
        return refusal or IntentOutcome(IntentResult.INTENDED)

    def _conflict(
        self, delivery: PlannedDelivery, known: DocumentRow | None, *, is_released: bool
    ) -> IntentOutcome | None:
        past_intent = known is not None and known.status in PLACED - {RowStatus.INTENT}
        if known and past_intent and (is_released or known.sha256 == delivery.sha256):
            return IntentOutcome(IntentResult.KNOWN, other=known)
        if known and past_intent:
            return IntentOutcome(IntentResult.CHANGED, other=known)
        if not is_released and (
            outcome := self._changed(delivery) or self._repeats.outcome(delivery)
        ):
            return outcome
        taken = self._taken_name(delivery)
        return None if taken is None else IntentOutcome(IntentResult.NAME_TAKEN, name_key=taken)

    def _changed(self, delivery: PlannedDelivery) -> IntentOutcome | None:
        key = delivery.key
        placed = [row for row in self._placed(key) if row.key != key]
        versions = [row for row in placed if row.key.document_id == key.document_id]
        if not versions:
            return None
        return IntentOutcome(IntentResult.CHANGED, other=max(versions, key=_age))

    def _taken_name(self, delivery: PlannedDelivery) -> str | None:
        own: set[str] = set()
        for file in delivery.files:
            owner = self._names.get(file.name_key, delivery.key)
            if owner != delivery.key or file.name_key in own:
                return file.name_key
            own.add(file.name_key)
        return None

    async def delivered(self, deliveries: Sequence[Delivery]) -> None:
        """Commit DELIVERED with its evidence."""
        await checkpoint()
        for done in deliveries:
            row = self._row(done.key)
            if row is not None and row.status is RowStatus.INTENT:
                offset = row.offset if done.offset is None else done.offset
                self._save(
                    replace(row, status=RowStatus.DELIVERED, evidence=done.evidence, offset=offset)
                )

    async def acked(self, keys: Sequence[DocumentKey]) -> None:
        """Commit ACKED."""
        await checkpoint()
        for row in self._existing(keys):
            if row.status is RowStatus.DELIVERED:
                self._save(replace(row, status=RowStatus.ACKED))

    async def reopen(self, keys: Sequence[DocumentKey], *, boot_id: str) -> None:
        """Back to INTENT, when the row names a token."""
        await checkpoint()
        for row in self._existing(keys):
            if row.files and RowStatus.INTENT in TRANSITIONS[row.status]:
                self._save(replace(memory_rows.as_intent(row), boot_id=boot_id))

    async def withdraw(self, keys: Sequence[DocumentKey]) -> None:
        """Remove rows in INTENT and free their names."""
        await checkpoint()
        for row in self._existing(keys):
            if row.status is RowStatus.INTENT:
                self._remove(row)
                self._statements.forget(row.key)
                self._want_repeats(self._repeats.held_for(row.key))

    async def rejected(self, rejections: Sequence[Rejection]) -> None:
        """Commit ERROR or HELD."""
        await checkpoint()
        for rejection in rejections:
            row = self._row(rejection.key)
            status = RowStatus.HELD if rejection.is_held else RowStatus.ERROR
            if status in TRANSITIONS[row.status if row else None]:
                self._save(memory_rows.refused(rejection, status, row))
        for rejection in rejections:
            self._after_rejection(rejection)

    def _after_rejection(self, rejection: Rejection) -> None:
        row = self._row(rejection.key)
        if rejection.is_lost and row and row.status in (RowStatus.ERROR, RowStatus.HELD):
            self._save(replace(row, files=()))
            self._want_repeats(self._repeats.held_for(row.key))
        other = self._row(rejection.repeats) if rejection.repeats else None
        if rejection.repeats and not (other and may_be_placed(other)):
            held = self._repeats.held_for(rejection.repeats)
            self._want_repeats([each for each in held if each.key == rejection.key])

    def _want_repeats(self, rows: Iterable[DocumentRow]) -> None:
        for row in rows:
            self._save(replace(row, is_wanted=True))
            self._make_due(row.key.hub, [row.key.dossier])

    async def reported(self, keys: Sequence[DocumentKey]) -> None:
        """The hub was told about these errors."""
        await checkpoint()
        for row in self._existing(keys):
            if row.status in (RowStatus.ERROR, RowStatus.HELD):
                self._save(replace(row, is_reported=True))

    async def want(
        self, keys: Sequence[DocumentKey], *, release: bool = False
    ) -> Sequence[DocumentKey]:
        """Ask for documents again; their dossiers become due."""
        await checkpoint()
        allowed = {RowStatus.ERROR, RowStatus.HELD} if release else {RowStatus.ERROR}
        accepted = [row for row in self._existing(keys) if row.status in allowed]
        for row in accepted:
            self._save(replace(row, is_wanted=True, is_released=release or row.is_released))
            self._make_due(row.key.hub, [row.key.dossier])
        return [row.key for row in accepted]

    async def import_intents(self, rows: Sequence[DocumentRow], *, replaces: bool = False) -> int:
        """Insert rows of a delivery log as INTENT unless they, or their names, are known."""
        await checkpoint()
        imported: set[DocumentKey] = set()
        for row in rows:
            known = self._row(row.key)
            is_known = row.key in imported or (known is not None and not replaces)
            if not is_known and self._has_free_names(row):
                self._save(memory_rows.read_back(row, known))
                imported.add(row.key)
        return len(imported)

    def _has_free_names(self, row: DocumentRow) -> bool:
        names = [file.name_key for file in row.files]
        owners = {self._names.get(name, row.key) for name in names}
        return owners <= {row.key} and len(set(names)) == len(names)

    async def close(self) -> None:
        """Nothing to close."""

    # -- reading rows -------------------------------------------------------------------------
    async def known(self, keys: Sequence[DocumentKey]) -> Mapping[DocumentKey, DocumentRow]:
        """Rows of these documents, or of another version of them."""
        await checkpoint()
        return self._known(keys)

    def _known(self, keys: Sequence[DocumentKey]) -> Mapping[DocumentKey, DocumentRow]:
        found = {key: self._row(key) or self._other_version(key) for key in keys}
        return {key: self._seen(row) for key, row in found.items() if row is not None}

    async def taken_names(self, name_keys: Sequence[str]) -> Mapping[str, DocumentKey]:
        """Which names belong to a row, and whose they are."""
        await checkpoint()
        return {name: self._names[name] for name in name_keys if name in self._names}

    async def survey(self, hub: str, dossier: str, keys: Sequence[DocumentKey]) -> Survey:
        """What a listing of a dossier needs to know."""
        await checkpoint()
        rows = [row for row in self._rows.get((hub, dossier), {}).values() if row.is_wanted]
        rows.sort(key=lambda row: (row.received_at, row.key))
        return Survey(self._known(keys), [memory_rows.reference(row) for row in rows])

    async def row(self, key: DocumentKey) -> DocumentRow | None:
        """The row of this very key."""
        await checkpoint()
        row = self._row(key)
        return None if row is None else self._seen(row)

    async def rows(
        self,
        *,
        statuses: Sequence[RowStatus] = (),
        hub: str | None = None,
        dossier: str | None = None,
        destination: str | None = None,
        is_reported: bool | None = None,
        document_id: str | None = None,
        digests: Sequence[str] | None = None,
        after: DocumentKey | None = None,
        limit: int = 1000,
    ) -> Sequence[DocumentRow]:
        """Rows that match every condition, by key."""
        await checkpoint()
        tests: list[Callable[[DocumentRow], bool]] = [
            lambda row: not statuses or row.status in statuses,
            lambda row: hub is None or row.key.hub == hub,
            lambda row: dossier is None or row.key.dossier == dossier,
            lambda row: destination is None or row.destination == destination,
            lambda row: is_reported is None or row.is_reported == is_reported,
            lambda row: document_id is None or row.key.document_id == document_id,
            lambda row: digests is None or row.key.digest in digests,
            lambda row: after is None or row.key > after,
        ]
        matching = (row for row in self._all() if all(test(row) for test in tests))
        return [self._seen(row) for row in islice(sorted(matching, key=_key), limit)]

    async def counts(self) -> Mapping[RowStatus, int]:
        """Rows by status."""
        await checkpoint()
        statuses = [row.status for row in self._all()]
        return {status: statuses.count(status) for status in RowStatus}

    async def dossier_counts(self, hub: str) -> Mapping[str, DossierCounts]:
        """Rows by dossier id."""
        await checkpoint()
        return {
            dossier_id: memory_rows.counted([*rows.values()])
            for (row_hub, dossier_id), rows in self._rows.items()
            if row_hub == hub and rows
        }

    # -- the dictionaries ---------------------------------------------------------------------
    def _all(self) -> Iterable[DocumentRow]:
        return chain.from_iterable(rows.values() for rows in self._rows.values())

    def _of_dossier(self, key: DocumentKey) -> Iterable[DocumentRow]:
        return self._rows.get((key.hub, key.dossier), {}).values()

    def _placed(self, key: DocumentKey) -> Iterable[DocumentRow]:
        return (row for row in self._of_dossier(key) if row.status in PLACED)

    def _seen(self, row: DocumentRow) -> DocumentRow:
        return self._statements.seen(row)

    def _row(self, key: DocumentKey) -> DocumentRow | None:
        return self._rows.get((key.hub, key.dossier), {}).get(key)

    def _existing(self, keys: Sequence[DocumentKey]) -> list[DocumentRow]:
        rows = (self._row(key) for key in dict.fromkeys(keys))
        return [row for row in rows if row is not None]

    def _other_version(self, key: DocumentKey) -> DocumentRow | None:
        rows = [row for row in self._of_dossier(key) if row.key.document_id == key.document_id]
        return max(rows, key=_age, default=None)

    def _save(self, row: DocumentRow) -> None:
        before = self._row(row.key)
        if before is not None:
            self._remove(before)
        files = tuple(replace(file, body=None) for file in row.files)
        stored = replace(row, files=files, updated_at=self._clock.now())
        self._rows.setdefault((row.key.hub, row.key.dossier), {})[row.key] = stored
        self._names.update((file.name_key, row.key) for file in files)

    def _remove(self, row: DocumentRow) -> None:
        del self._rows[row.key.hub, row.key.dossier][row.key]
        for file in row.files:
            del self._names[file.name_key]


def _key(row: DocumentRow) -> DocumentKey:
    return row.key


def _age(row: DocumentRow) -> tuple[datetime, str]:
    return row.received_at, row.key.version
