"""Reject: keep the bytes, record the reason, tell the hub; the rest goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.domain.delivery import DocumentRow, Rejection
from pipeline.domain.documents import (
    CheckedDocument,
    Document,
    DocumentRef,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import DocumentHeld, DocumentRejected, TransientError
from pipeline.ports.hub import AckOutcome, ErrorReport, Hub
from pipeline.ports.quarantine import Quarantine
from pipeline.ports.state import StateStore

NOT_LOOKED_AT = ValidationReport(Verdict.UNCHECKED)


class RejectedItem(Protocol):
    """A document at whatever stage it was when it was rejected, and why."""

    @property
    def item(self) -> object:
        """The document as far as it came."""
        ...

    @property
    def error(self) -> DocumentRejected:
        """Why it goes no further."""
        ...


@dataclass(frozen=True, slots=True)
class Reject:
    """Where the line sends what it cannot deliver."""

    hubs: Mapping[str, Hub]
    state: StateStore
    quarantine: Quarantine

    async def __call__(self, rejected: Sequence[RejectedItem]) -> None:
        """Make a batch of rejections durable, then report it; raises `TransientError`.

        Only recording is retried: a report that does not reach its hub now is made again when
        the hub lists the document again.
        """
        rejections = [await self._rejection(each) for each in rejected]
        await self.state.rejected(rejections)
        await self._report(
            [
                ErrorReport(each.key, each.rule, each.reason, is_kept=each.quarantine is not None)
                for each in rejections
            ]
        )

    async def report_again(self, rows: Sequence[DocumentRow]) -> None:
        """Tell hubs about errors that did not reach them."""
        await self._report(
            [
                ErrorReport(
                    row.key,
                    row.rule or "",
                    row.reason or "",
                    is_kept=row.quarantine is not None,
                )
                for row in rows
            ]
        )

    async def _rejection(self, rejected: RejectedItem) -> Rejection:
        ref, document, report = _parts(rejected.item)
        report = rejected.error.report or report
        kept = None
        if document is not None and document.body:
            kept = await self.quarantine.keep(ref.key, document.body)
        return Rejection(
            key=ref.key,
            kind=ref.kind,
            received_at=ref.received_at,
            rule=rejected.error.rule,
            reason=str(rejected.error),
            is_held=isinstance(rejected.error, DocumentHeld),
            sha256=document.sha256 if document else None,
            size_bytes=len(document.body) if document else ref.size_bytes,
            quarantine=kept,
            key_data=report.key_data,
            verdict=report.verdict,
            findings_json=report.findings_json,
            file_name=ref.file_name,
            content_type=ref.content_type,
            offset=ref.offset,
            repeats=rejected.error.repeats if isinstance(rejected.error, DocumentHeld) else None,
        )

    async def _report(self, reports: Sequence[ErrorReport]) -> None:
        for hub_name in dict.fromkeys(report.key.hub for report in reports):
            hub = self.hubs[hub_name]
            mine = [report for report in reports if report.key.hub == hub_name]
            try:
                outcomes = await hub.report_error(mine)
            except TransientError:
                continue
            await self.state.reported(
                [
                    report.key
                    for report, outcome in zip(mine, outcomes, strict=True)
                    if outcome.is_settled or outcome is AckOutcome.FATAL
                ]
            )


def _parts(item: object) -> tuple[DocumentRef, Document | None, ValidationReport]:
    match item:
        case CheckedDocument(document=document, report=report):
            return document.ref, document, report
        case Document() as document:
            return document.ref, document, NOT_LOOKED_AT
        case DocumentRef() as ref:
            return ref, None, NOT_LOOKED_AT
        case _:
            raise TypeError(f"{type(item).__name__} carries no document")
