"""Documents, deliveries and rejections for the contract of the state."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.domain.delivery import (
    Delivery,
    DocumentRow,
    Evidence,
    PlannedDelivery,
    PlannedFile,
    Rejection,
    RowStatus,
)
from pipeline.domain.documents import DocumentKey, DocumentKind, KeyData, Verdict
from pipeline.ports.state import IntentResult, StateStore

HUB = "billing"
DOSSIER = "4f0c"
BOOT = "boot-1"
RECEIVED = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)

HOSTILE_TEXTS = {
    "lone surrogate": "a\ud800b",
    "all around the surrogates": "\ud7fe\ud7ff\ud800\udfff\ue000",
    "NUL": "a\x00b",
    "emoji": "🧾 facture",
    "not normalised": "e\u0301é",
    "quotes": "'; DROP TABLE document; --\"",
    "path": "../../etc/passwd",
    "long": "x" * 5000,
    "right to left": "\u202etxt.exe",
    "empty": "",
}


def key(document_id: str, *, version: str = "1", dossier: str = DOSSIER) -> DocumentKey:
    """A key at the hub of these tests."""
    return DocumentKey(HUB, dossier, document_id, version)


def digest_of(content: str) -> str:
    """The SHA-256 of a content."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def planned(
    document: DocumentKey, *, content: str | None = None, names: Sequence[str] = ()
) -> PlannedDelivery:
    """A delivery; its content and its one name follow from its key unless given."""
    sha256 = digest_of(content or f"{document.document_id}@{document.version}")
    names = names or [f"{document.document_id}-{document.version}.xml"]
    files = [_file(document, number, name, sha256) for number, name in enumerate(names)]
    return PlannedDelivery(
        key=document,
        kind=DocumentKind.PURCHASE_INVOICE,
        received_at=RECEIVED,
        sha256=sha256,
        size_bytes=18_000,
        destination="books",
        files=tuple(files),
        key_data=KeyData(supplier_name="Bakkerij Peeters", number="2026/17"),
        verdict=Verdict.WARNINGS,
        findings_json='[{"rule": "BR-01"}]',
        file_name="invoice.xml",
        content_type="application/xml",
        offset="42",
    )


def _file(document: DocumentKey, number: int, name: str, sha256: str) -> PlannedFile:
    folder = f"/books/{document.dossier}/In"
    return PlannedFile(
        token=f"{document.digest}.{number}.part",
        folder=folder,
        name=name,
        name_key=f"{folder.casefold()}/{name.casefold()}",
        sha256=sha256,
        size_bytes=18_000,
        body=b"<Invoice/>",
    )


def rejection(document: DocumentKey, *, is_held: bool = False) -> Rejection:
    """A rejection whose bytes were kept."""
    return Rejection(
        key=document,
        kind=DocumentKind.PURCHASE_INVOICE,
        received_at=RECEIVED,
        rule="xsd",
        reason="The file is no invoice.",
        is_held=is_held,
        sha256=digest_of(document.document_id),
        size_bytes=17,
        quarantine=f"/quarantine/{document.digest}",
        key_data=KeyData(number="2026/18"),
        verdict=Verdict.INVALID,
        findings_json='[{"rule": "xsd"}]',
        file_name="listed.xml",
        content_type="text/xml",
        offset="7",
    )


def seen(document: DocumentKey, *, path: str = "/books/in") -> Delivery:
    """The document is durable in its folder."""
    return Delivery(document, path, Evidence.MOVED)


def logged(document: DocumentKey, *, names: Sequence[str] = ()) -> DocumentRow:
    """A row as it is read back from a delivery log."""
    delivery = planned(document, names=names)
    return DocumentRow(
        key=document,
        kind=delivery.kind,
        status=RowStatus.INTENT,
        received_at=delivery.received_at,
        updated_at=delivery.received_at,
        sha256=delivery.sha256,
        size_bytes=delivery.size_bytes,
        destination=delivery.destination,
        files=delivery.files,
        boot_id=BOOT,
    )


def stored(delivery: PlannedDelivery) -> tuple[PlannedFile, ...]:
    """Files of a delivery as a store gives them back."""
    return tuple(replace(file, body=None) for file in delivery.files)


def later(seconds: int) -> datetime:
    """A time of receipt after the usual one."""
    return RECEIVED + timedelta(seconds=seconds)


async def intend(state: StateStore, *deliveries: PlannedDelivery) -> list[IntentResult]:
    """Intend a batch; return the results."""
    return [each.result for each in await state.intend(deliveries, boot_id=BOOT)]


async def bring_to(state: StateStore, document: DocumentKey, status: RowStatus) -> None:
    """Take a document, without a row so far, to a status."""
    if status in (RowStatus.ERROR, RowStatus.HELD):
        await state.rejected([rejection(document, is_held=status is RowStatus.HELD)])
        return
    await state.intend([planned(document)], boot_id=BOOT)
    if status is not RowStatus.INTENT:
        await state.delivered([seen(document)])
    if status is RowStatus.ACKED:
        await state.acked([document])


async def status_of(state: StateStore, document: DocumentKey) -> RowStatus | None:
    """The status of a row, None when there is none."""
    row = await state.row(document)
    return None if row is None else row.status
