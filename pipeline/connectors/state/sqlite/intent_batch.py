"""Decides what becomes of a batch of intents, each seeing the ones before it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pipeline.domain.delivery import DocumentRow, PlannedDelivery, RowStatus
from pipeline.domain.documents import DocumentKey
from pipeline.ports.state import IntentOutcome, IntentResult

PAST_INTENT = frozenset({RowStatus.DELIVERED, RowStatus.ACKED})
PLACED = PAST_INTENT | {RowStatus.INTENT}
"""Statuses of documents that are in their folder, or about to be."""

_INTENDED = IntentOutcome(IntentResult.INTENDED)


class IntentBatch:
    """Rules of `StateStore.intend` over the rows and names that the batch may run into."""

    def __init__(self, rows: Iterable[DocumentRow], owners: dict[str, DocumentKey]) -> None:
        self._rows: dict[DocumentKey, DocumentRow] = {}
        self._owners = owners
        self._versions: defaultdict[tuple[str, ...], set[DocumentKey]] = defaultdict(set)
        self._contents: defaultdict[tuple[str, ...], set[DocumentKey]] = defaultdict(set)
        self.accepted: dict[DocumentKey, DocumentRow] = {}
        for row in rows:
            self._add(row)

    def decide(self, delivery: PlannedDelivery, *, boot_id: str, now: datetime) -> IntentOutcome:
        """The outcome for the next delivery; when it is INTENDED its row is in ``accepted``."""
        known = self._rows.get(delivery.key)
        is_released = delivery.is_released or (known is not None and known.is_released)
        outcome = self._settled(delivery, known, is_released=is_released)
        if outcome is None and not is_released:
            outcome = self._booked_twice(delivery)
        outcome = outcome or self._name_taken(delivery)
        if outcome is None:
            row = _intent_row(delivery, boot_id=boot_id, now=now, is_released=is_released)
            self._accept(replace(row, quarantine=known.quarantine) if known else row)
        return outcome or _INTENDED

    def _settled(
        self, delivery: PlannedDelivery, known: DocumentRow | None, *, is_released: bool
    ) -> IntentOutcome | None:
        if known is None or known.status not in PAST_INTENT:
            return None
        is_same = is_released or known.sha256 == delivery.sha256
        return IntentOutcome(IntentResult.KNOWN if is_same else IntentResult.CHANGED, other=known)

    def _booked_twice(self, delivery: PlannedDelivery) -> IntentOutcome | None:
        versions = self._others(self._versions[_document(delivery.key)], delivery.key)
        if versions:
            newest = max(versions, key=lambda row: (row.received_at, row.key.version))
            return IntentOutcome(IntentResult.CHANGED, other=newest)
        same = self._others(self._contents[_content(delivery.key, delivery.sha256)], delivery.key)
        if same:
            first = min(same, key=lambda row: row.key)
            return IntentOutcome(IntentResult.DUPLICATE, other=first)
        return None

    def _others(self, keys: set[DocumentKey], own: DocumentKey) -> list[DocumentRow]:
        return [self._rows[key] for key in keys if key != own]

    def _name_taken(self, delivery: PlannedDelivery) -> IntentOutcome | None:
        own: set[str] = set()
        for file in delivery.files:
            owner = self._owners.get(file.name_key, delivery.key)
            if owner != delivery.key or file.name_key in own:
                return IntentOutcome(IntentResult.NAME_TAKEN, name_key=file.name_key)
            own.add(file.name_key)
        return None

    def _accept(self, row: DocumentRow) -> None:
        before = self._rows.get(row.key)
        if before is not None:
            self._contents[_content(before.key, before.sha256)].discard(before.key)
            for file in before.files:
                self._owners.pop(file.name_key, None)
        self._owners.update((file.name_key, row.key) for file in row.files)
        self._add(row)
        self.accepted[row.key] = row

    def _add(self, row: DocumentRow) -> None:
        self._rows[row.key] = row
        if row.status in PLACED:
            self._versions[_document(row.key)].add(row.key)
            self._contents[_content(row.key, row.sha256)].add(row.key)


def _intent_row(
    delivery: PlannedDelivery, *, boot_id: str, now: datetime, is_released: bool
) -> DocumentRow:
    """The row of a delivery in INTENT; its bodies are not for the state."""
    return DocumentRow(
        key=delivery.key,
        kind=delivery.kind,
        status=RowStatus.INTENT,
        received_at=delivery.received_at,
        updated_at=now,
        sha256=delivery.sha256,
        size_bytes=delivery.size_bytes,
        destination=delivery.destination,
        files=tuple(replace(file, body=None) for file in delivery.files),
        boot_id=boot_id,
        is_released=is_released,
        key_data=delivery.key_data,
        verdict=delivery.verdict,
        findings_json=delivery.findings_json,
        file_name=delivery.file_name,
        content_type=delivery.content_type,
        offset=delivery.offset,
    )


def _document(key: DocumentKey) -> tuple[str, ...]:
    return key.hub, key.dossier, key.document_id


def _content(key: DocumentKey, sha256: str | None) -> tuple[str, ...]:
    return key.hub, key.dossier, sha256 or ""
