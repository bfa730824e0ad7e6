"""How the rows of the in-memory state come about from what they record."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from pipeline.domain.delivery import DocumentRow, Evidence, PlannedDelivery, Rejection, RowStatus
from pipeline.domain.documents import DocumentRef
from pipeline.ports.state import DossierCounts

_T = TypeVar("_T")
_FORWARDED = frozenset({RowStatus.DELIVERED, RowStatus.ACKED})


def intended(
    delivery: PlannedDelivery, known: DocumentRow | None, boot_id: str, *, is_released: bool
) -> DocumentRow:
    """The row of a delivery in INTENT."""
    return replace(
        delivery.as_intent(boot_id, delivery.received_at),
        quarantine=known.quarantine if known else None,
        is_released=is_released,
    )


def as_intent(row: DocumentRow) -> DocumentRow:
    """The row moved to INTENT, with nothing left of a refusal."""
    return replace(
        row,
        status=RowStatus.INTENT,
        evidence=None,
        rule=None,
        reason=None,
        repeats=None,
        is_reported=False,
        is_wanted=False,
    )


def read_back(row: DocumentRow, known: DocumentRow | None) -> DocumentRow:
    """The row of a delivery log in INTENT; what only the state knows stays as it was."""
    return replace(
        as_intent(row),
        evidence=Evidence.LOGGED,
        is_released=known is not None and known.is_released,
        quarantine=known.quarantine if known else row.quarantine,
    )


def refused(rejection: Rejection, status: RowStatus, known: DocumentRow | None) -> DocumentRow:
    """The row of a rejection; what the rejection does not know stays as it was."""
    base = known or DocumentRow(
        key=rejection.key,
        kind=rejection.kind,
        status=status,
        received_at=rejection.received_at,
        updated_at=rejection.received_at,
    )
    return replace(
        base,
        kind=rejection.kind,
        status=status,
        received_at=rejection.received_at,
        sha256=_either(rejection.sha256, base.sha256),
        size_bytes=_either(rejection.size_bytes, base.size_bytes),
        quarantine=_either(rejection.quarantine, base.quarantine),
        file_name=_either(rejection.file_name, base.file_name),
        content_type=_either(rejection.content_type, base.content_type),
        offset=_either(rejection.offset, base.offset),
        rule=rejection.rule,
        reason=rejection.reason,
        repeats=rejection.repeats.digest if rejection.repeats else None,
        key_data=rejection.key_data,
        verdict=rejection.verdict,
        findings_json=rejection.findings_json,
        is_reported=False,
        is_wanted=False,
    )


def _either(new: _T | None, old: _T | None) -> _T | None:
    return old if new is None else new


def reference(row: DocumentRow) -> DocumentRef:
    """What a hub needs to be asked for the document again; nothing it would be held to."""
    return DocumentRef(
        key=row.key,
        kind=row.kind,
        received_at=row.received_at,
        file_name=row.file_name,
        content_type=row.content_type,
        offset=row.offset,
        is_released=row.is_released,
    )


def counted(rows: Sequence[DocumentRow]) -> DossierCounts:
    """Numbers of one dossier."""
    statuses = [row.status for row in rows]
    return DossierCounts(
        forwarded=statuses.count(RowStatus.DELIVERED) + statuses.count(RowStatus.ACKED),
        errors=statuses.count(RowStatus.ERROR) + statuses.count(RowStatus.HELD),
        in_flight=statuses.count(RowStatus.INTENT),
        verdicts=Counter(row.verdict for row in rows if row.status in _FORWARDED),
    )
