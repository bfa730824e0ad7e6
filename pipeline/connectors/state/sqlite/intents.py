"""Statements for INTENT: one look-up for a whole batch, then one write of what was accepted."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pipeline.connectors.state.sqlite import statements
from pipeline.connectors.state.sqlite.documents import want_repeats
from pipeline.connectors.state.sqlite.intent_batch import IntentBatch
from pipeline.connectors.state.sqlite.intent_rows import (
    leave_out,
    propose,
    release,
    save_proposed,
)
from pipeline.connectors.state.sqlite.queries import exact_rows, name_owners, owners_of_names_in
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
    rows = [delivery.as_intent(boot_id, now) for delivery in deliveries]
    propose(session, rows)
    owners = owners_of_names_in(session, "intended_file")
    batch = IntentBatch(related(session, deliveries), owners)
    outcomes = [batch.decide(delivery, row) for delivery, row in zip(deliveries, rows, strict=True)]
    accepted = _last_of_each(rows, outcomes)
    leave_out(session, set(range(1, len(rows) + 1)).difference(accepted.values()))
    release(session, [accepted[key] for key in batch.released])
    save_proposed(session, again=batch.again)
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
    propose(session, new.values())
    save_proposed(session, again=new.keys() & known.keys())
    session.many(_MARK_LOGGED, [(Evidence.LOGGED, raw_digest(key)) for key in new])
    return len(new)


def _last_of_each(
    rows: Sequence[DocumentRow], outcomes: Sequence[IntentOutcome]
) -> dict[DocumentKey, int]:
    """The numbers of what was accepted; a document that is there twice has its last row."""
    numbered = enumerate(zip(rows, outcomes, strict=True), start=1)
    return {
        row.key: number
        for number, (row, outcome) in numbered
        if outcome.result is IntentResult.INTENDED
    }
