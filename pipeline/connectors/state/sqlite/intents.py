"""Statements for INTENT: one look-up for a whole batch, then one write of what was accepted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.connectors.state.sqlite import statements
from pipeline.connectors.state.sqlite.documents import want_repeats
from pipeline.connectors.state.sqlite.intent_batch import IntentBatch
from pipeline.connectors.state.sqlite.intent_rows import save_intents
from pipeline.connectors.state.sqlite.queries import exact_rows, name_owners
from pipeline.connectors.state.sqlite.related import related
from pipeline.connectors.state.sqlite.rows import raw_digest
from pipeline.connectors.state.sqlite.session import Session
from pipeline.domain.delivery import DocumentRow, Evidence, PlannedDelivery
from pipeline.domain.documents import DocumentKey
from pipeline.ports.state import IntentOutcome, IntentResult

_MARK_LOGGED = "UPDATE document SET evidence = ? WHERE digest = ?"


def intend(
    session: Session, deliveries: Sequence[PlannedDelivery], *, boot_id: str, now: datetime
) -> list[IntentOutcome]:
    """Decide over a batch and store what was accepted."""
    names = [file.name_key for delivery in deliveries for file in delivery.files]
    batch = IntentBatch(related(session, deliveries), name_owners(session, names))
    outcomes = [batch.decide(delivery, boot_id=boot_id, now=now) for delivery in deliveries]
    save_intents(session, batch.accepted.values(), again=batch.again)
    want_repeats(session, batch.replaced, now=now)
    statements.save(
        session,
        [
            delivery
            for delivery, outcome in zip(deliveries, outcomes, strict=True)
            if outcome.result is IntentResult.INTENDED
        ],
    )
    return outcomes


def import_intents(
    session: Session, rows: Sequence[DocumentRow], *, replaces: bool, now: datetime
) -> int:
    """Store rows of a delivery log that are not known, or replace those, unless in others' way."""
    known = exact_rows(session, [row.key for row in rows])
    owners = name_owners(session, [file.name_key for row in rows for file in row.files])
    new: dict[DocumentKey, DocumentRow] = {}
    for row in rows:
        names = {file.name_key for file in row.files}
        is_in_the_way = any(owners.get(name, row.key) != row.key for name in names)
        is_known = row.key in new or (row.key in known and not replaces)
        if is_known or is_in_the_way or len(names) < len(row.files):
            continue
        owners.update(dict.fromkeys(names, row.key))
        is_released = row.key in known and known[row.key].is_released
        new[row.key] = replace(row, updated_at=now, is_released=is_released)
    save_intents(session, new.values(), again=new.keys() & known.keys())
    session.many(_MARK_LOGGED, [(Evidence.LOGGED, raw_digest(key)) for key in new])
    return len(new)
