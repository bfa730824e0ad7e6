"""Statements that look rows up: by key, by name, by any condition, and in numbers."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.connectors.state.sqlite.moments import moment
from pipeline.connectors.state.sqlite.rows import (
    SELECT_ROWS,
    WALK_ROWS,
    judged_rows,
    raw_digest,
    split_name_key,
)
from pipeline.connectors.state.sqlite.session import Record, Session
from pipeline.connectors.state.sqlite.text import packed
from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef, Verdict
from pipeline.ports.state import DossierCounts

FEW_ROWS = 20_000
"""Up to this many rows of some statuses are sorted; more are filtered in the order of the key."""

_BY_DIGEST = f"{SELECT_ROWS} d.digest IN (SELECT digest FROM asked)"  # noqa: S608 - constants
_VERSIONS = " ".join(
    (
        *(SELECT_ROWS, "d.id IN ("),
        "SELECT e.id FROM asked a CROSS JOIN tenant s ON s.hub = a.hub AND s.dossier = a.dossier",
        "CROSS JOIN document e ON e.tenant = s.id AND e.document_id = a.document_id)",
        "ORDER BY d.received_at, d.version",
    )
)
_STATUS = "d.status IN (SELECT value FROM json_each(?))"

Condition = tuple[str, tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Conditions of `StateStore.rows`; those left at their default match everything."""

    statuses: Sequence[RowStatus] = ()
    hub: str | None = None
    dossier: str | None = None
    destination: str | None = None
    is_reported: bool | None = None
    document_id: str | None = None
    digests: Sequence[str] | None = None


def exact_rows(session: Session, keys: Sequence[DocumentKey]) -> dict[DocumentKey, DocumentRow]:
    """Rows of these very keys."""
    ask_digests(session, [raw_digest(key) for key in keys])
    records = session.ask(_BY_DIGEST)
    return {row.key: row for row in judged_rows(session, records)}


def known_rows(session: Session, keys: Sequence[DocumentKey]) -> dict[DocumentKey, DocumentRow]:
    """Rows of these keys, or else of the version received last."""
    session.run("DELETE FROM asked")
    session.many(
        "INSERT INTO asked (hub, dossier, document_id) VALUES (?, ?, ?)",
        {_document(key) for key in keys},
    )
    rows = judged_rows(session, session.ask(_VERSIONS))
    exact = {row.key: row for row in rows}
    newest = {_document(row.key): row for row in rows}
    found = ((key, exact.get(key) or newest.get(_document(key))) for key in keys)
    return {key: row for key, row in found if row is not None}


def name_owners(session: Session, name_keys: Sequence[str]) -> dict[str, DocumentKey]:
    """Whose these names are, as far as they are anybody's."""
    session.run("DELETE FROM asked_name")
    session.many(
        "INSERT INTO asked_name VALUES (?, ?)", [split_name_key(each) for each in name_keys]
    )
    return owners_of_names_in(session, "asked_name")


def owners_of_names_in(session: Session, table: str) -> dict[str, DocumentKey]:
    """Whose the names in a temporary table are, as far as they are anybody's."""
    records = session.ask(
        "SELECT a.key_folder, a.key_name, t.hub, t.dossier, d.document_id, d.version"  # noqa: S608
        f" FROM {table} a CROSS JOIN folder head ON head.path = a.key_folder"
        " CROSS JOIN file f ON f.key_folder = head.id AND f.key_name = a.key_name"
        " CROSS JOIN document d ON d.id = f.document CROSS JOIN tenant t ON t.id = d.tenant"
    )
    return {folder + name: DocumentKey(*key) for folder, name, *key in records}


def wanted(session: Session, hub: str, dossier: str) -> list[DocumentRef]:
    """References of a dossier's documents that were asked for again; nothing a hub claimed."""
    records = session.ask(
        "SELECT d.document_id, d.version, d.kind, d.received_at, d.file_name, d.content_type,"
        ' d."offset", d.is_released FROM tenant t JOIN document d ON d.tenant = t.id'
        " WHERE t.hub = ? AND t.dossier = ? AND d.is_wanted"
        " ORDER BY d.received_at, d.document_id, d.version",
        [hub, dossier],
    )
    return [_reference(hub, dossier, record) for record in records]


def _reference(hub: str, dossier: str, record: Record) -> DocumentRef:
    document_id, version, kind, received_at, file_name, content_type, offset, is_released = record
    return DocumentRef(
        key=DocumentKey(hub, dossier, document_id, version),
        kind=DocumentKind(kind),
        received_at=moment(received_at),
        file_name=file_name,
        content_type=content_type,
        offset=offset,
        is_released=bool(is_released),
    )


def rows(
    session: Session, conditions: RowFilter, after: DocumentKey | None, limit: int
) -> list[DocumentRow]:
    """Rows that match, by key."""
    is_few = _are_few(session, conditions)
    chosen = list(_conditions(session, conditions, is_few=is_few))
    found: list[Record] = []
    for start in _starts(after):
        if len(found) < limit:
            found += _page(session, [*chosen, *start], is_few=is_few, limit=limit - len(found))
    return judged_rows(session, found)


def counts(session: Session) -> dict[RowStatus, int]:
    """Rows by status."""
    records = session.ask("SELECT status, SUM(amount) FROM tally GROUP BY status")
    sums: dict[str, int] = dict(records)
    return {status: sums.get(status.value, 0) for status in RowStatus}


def dossier_counts(session: Session, hub: str) -> dict[str, DossierCounts]:
    """Rows by dossier id."""
    records = session.ask(
        "SELECT t.dossier, SUM(amount * (status IN ('delivered', 'acked'))),"
        " SUM(amount * (status IN ('error', 'held'))), SUM(amount * (status = 'intent'))"
        " FROM tenant t JOIN tally ON tally.tenant = t.id WHERE t.hub = ?"
        " GROUP BY t.id HAVING SUM(amount) > 0",
        [hub],
    )
    verdicts = _verdict_counts(session, hub)
    return {
        dossier: DossierCounts(forwarded, errors, in_flight, verdicts.get(dossier, {}))
        for dossier, forwarded, errors, in_flight in records
    }


def _verdict_counts(session: Session, hub: str) -> dict[str, dict[Verdict, int]]:
    records = session.ask(
        "SELECT t.dossier, verdict, SUM(amount) FROM tenant t JOIN tally ON tally.tenant = t.id"
        " WHERE t.hub = ? AND status IN ('delivered', 'acked')"
        " GROUP BY t.id, verdict HAVING SUM(amount) > 0",
        [hub],
    )
    counts: dict[str, dict[Verdict, int]] = {}
    for dossier, verdict, amount in records:
        counts.setdefault(dossier, {})[Verdict(verdict)] = amount
    return counts


def _document(key: DocumentKey) -> tuple[str, str, str]:
    return key[:3]


def ask_digests(session: Session, digests: Sequence[bytes]) -> None:
    """Fill the table ``asked`` with digests."""
    session.run("DELETE FROM asked")
    session.many("INSERT INTO asked (digest) VALUES (?)", [(digest,) for digest in digests])


def _are_few(session: Session, conditions: RowFilter) -> bool:
    """Whether it is better to collect and sort the rows than to walk through all in order."""
    if conditions.digests is not None:
        return True
    if conditions.dossier is not None or not conditions.statuses:
        return False
    one_too_many = session.one(
        f"SELECT 1 FROM document d WHERE {_STATUS} LIMIT 1 OFFSET ?",  # noqa: S608 - a constant
        [_json(conditions.statuses), FEW_ROWS],
    )
    return one_too_many is None


def _conditions(session: Session, chosen: RowFilter, *, is_few: bool) -> Iterator[Condition]:
    """SQL for each condition; a unary plus keeps SQLite from using an index for it."""
    if chosen.digests is not None:
        raw = [packed(digest) for digest in chosen.digests]
        ask_digests(session, [digest for digest in raw if isinstance(digest, bytes)])
        yield "d.digest IN (SELECT digest FROM asked)", ()
    if chosen.statuses:
        uses_index = is_few and chosen.digests is None
        yield _STATUS if uses_index else f"+{_STATUS}", (_json(chosen.statuses),)
    for condition, value in (
        ("t.hub = ?", chosen.hub),
        ("t.dossier = ?", chosen.dossier),
        ("d.destination = ?", chosen.destination),
        ("d.is_reported = ?", chosen.is_reported),
        ("d.document_id = ?", chosen.document_id),
    ):
        if value is not None:
            yield condition, (value,)


def _starts(after: DocumentKey | None) -> Iterator[list[Condition]]:
    """First what is left of the dossier of ``after``, then the dossiers behind: two ranges."""
    if after is None:
        yield []
        return
    dossier = (after.hub, after.dossier)
    yield [
        ("t.hub = ? AND t.dossier = ?", dossier),
        ("(d.document_id, d.version) > (?, ?)", (after.document_id, after.version)),
    ]
    yield [("(t.hub, t.dossier) > (?, ?)", dossier)]


def _page(
    session: Session, conditions: Sequence[Condition], *, is_few: bool, limit: int
) -> list[Record]:
    sql = " ".join(
        (
            SELECT_ROWS if is_few else WALK_ROWS,
            " AND ".join(["TRUE", *(condition for condition, _ in conditions)]),
            "ORDER BY t.hub, t.dossier, d.document_id, d.version LIMIT ?",
        )
    )
    return session.ask(sql, [*(value for _, values in conditions for value in values), limit])


def _json(statuses: Sequence[RowStatus]) -> str:
    return json.dumps([status.value for status in statuses])
