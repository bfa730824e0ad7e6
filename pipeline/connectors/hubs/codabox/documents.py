"""Feed entries as documents: one for each format that is taken."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from pipeline.connectors.hubs.codabox.formats import CONTENT_TYPES, kind_of
from pipeline.connectors.hubs.codabox.order import WaitingEntry
from pipeline.domain.documents import DocumentKey, DocumentRef


def ref_of(hub: str, client_id: str, waiting: WaitingEntry, format_: str) -> DocumentRef:
    """The reference of an entry in one format."""
    index = waiting.entry.index
    return DocumentRef(
        key=DocumentKey(hub, client_id, f"{index}.{format_}"),
        kind=kind_of(waiting.entry.model, format_),
        received_at=_day_of(waiting.entry.metadata or {}) or waiting.seen_at,
        content_type=CONTENT_TYPES.get(format_),
        offset=index,
    )


def index_and_format(document_id: str) -> tuple[str, str]:
    """What a document id is made of."""
    index, _, format_ = document_id.rpartition(".")
    return index, format_


def _day_of(metadata: Mapping[str, object]) -> datetime | None:
    """The day of a statement's new balance: CodaBox says no other time of it."""
    try:
        day = date.fromisoformat(str(metadata.get("new_balance_date")))
    except ValueError:
        return None
    return datetime.combine(day, time(), UTC)
