"""``dossierpost documents``."""

import enum
import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.output import print_json
from pipeline.cli.session import load_settings, run_async

if TYPE_CHECKING:
    from pipeline.domain.delivery import DocumentRow, RowStatus
    from pipeline.domain.documents import DocumentKey


class StatusFilter(enum.StrEnum):
    """Statuses a person asks for; ``error`` includes ``held``."""

    TO_FETCH = "to-fetch"
    ERROR = "error"
    HELD = "held"
    FORWARDED = "forwarded"


def command(
    status: Annotated[
        list[StatusFilter] | None, typer.Option(help="Only these; may be repeated.")
    ] = None,
    dossier: Annotated[str | None, typer.Option(help="Only this dossier (the hub's id).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1000,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """List documents: their status, and where they are or why not."""
    from pipeline.app.report import open_report

    settings = load_settings()

    async def main() -> int:
        async with open_report(settings) as report:
            rows = await report.documents(
                statuses=_row_statuses(status or ()), dossier=dossier, limit=limit
            )
            repeated = await report.repeated(rows)
        if as_json:
            print_json([as_object(row, repeated.get(row.repeats or "")) for row in rows])
        else:
            show(rows)
        return 0

    run_async(main, event_loop="asyncio")


def show(rows: "Sequence[DocumentRow]") -> None:
    """A row for each document; below it, where it is, or why it is not there."""
    from pipeline.cli.tables import Column, print_table

    print_table(
        "Documents",
        (
            "dossier",
            "document",
            "status",
            Column("kind", may_shrink=True),
            Column("number", may_shrink=True),
            Column("checked", may_shrink=True),
            Column("where, or why not", is_detail=True),
            Column("what was found", is_detail=True),
        ),
        (
            (
                row.key.dossier,
                row.key.document_id,
                row.visible_status,
                row.kind,
                row.key_data.number,
                row.verdict,
                row.reason or row.path,
                None if row.reason else _found(row),
            )
            for row in rows
        ),
    )


def _found(row: "DocumentRow") -> str | None:
    """The first thing that was found in a document that is delivered, and how many more there are.

    Fatal ones come first.
    """
    found = json.loads(row.findings_json)
    if not found:
        return None
    first = min(found, key=lambda one: one["severity"] != "fatal")
    place = f" (line {first['line']})" if first["line"] else ""
    return f"{first['rule']}{place}: {first['message']}{_more(found)}"


def _more(found: Sequence[dict[str, Any]]) -> str:
    """How many of each severity there are in all, when there is more than one."""
    if len(found) == 1:
        return ""
    counts = Counter(one["severity"] for one in found)
    listed = ", ".join(f"{count} {severity}" for severity, count in sorted(counts.items()))
    return f" In all {listed}: see --json."


def as_object(row: "DocumentRow", repeats: "DocumentKey | None") -> dict[str, Any]:
    """The documented JSON form of a row, and of the document that it is held for."""
    return {
        "hub": row.key.hub,
        "dossier": row.key.dossier,
        "document_id": row.key.document_id,
        "version": row.key.hub_version,
        "kind": row.kind,
        "status": row.visible_status,
        "detail": row.status,
        "received_at": row.received_at,
        "updated_at": row.updated_at,
        "path": row.path,
        "files": [f"{each.folder}/{each.name}" for each in row.files],
        "evidence": row.evidence,
        "rule": row.rule,
        "reason": row.reason,
        "repeats": _named(repeats) if repeats else None,
        "kept_bytes": row.quarantine,
        "sha256": row.sha256,
        "size_bytes": row.size_bytes,
        "verdict": row.verdict,
        "findings": json.loads(row.findings_json),
        "supplier": row.key_data.supplier_name,
        "number": row.key_data.number,
        "issue_date": row.key_data.issue_date,
    }


def _named(key: "DocumentKey") -> dict[str, str]:
    return {"hub": key.hub, "dossier": key.dossier, "document_id": key.document_id}


def _row_statuses(wanted: Sequence[StatusFilter]) -> "list[RowStatus]":
    from pipeline.domain.delivery import RowStatus

    rows = {
        StatusFilter.TO_FETCH: [RowStatus.INTENT],
        StatusFilter.ERROR: [RowStatus.ERROR, RowStatus.HELD],
        StatusFilter.HELD: [RowStatus.HELD],
        StatusFilter.FORWARDED: [RowStatus.DELIVERED, RowStatus.ACKED],
    }
    return [row for each in wanted for row in rows[each]]
