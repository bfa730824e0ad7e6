"""The office of a crash run: clients, documents, and the files that are owed for them."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pipeline.app.names import NATIVE
from pipeline.domain.documents import DocumentKey, DocumentKind, Location
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.wire import Dossier, Package
from pipeline.testing.auditor import Owed
from pipeline.testing.documents.broken import Defect, break_document
from pipeline.testing.documents.office import GeneratedDocument, Office, generate_office

PACKAGE = Package(
    id="books",
    name="Books",
    locations={
        Location.PURCHASE_INVOICES: "books/[accounting_file_id]/purchase",
        Location.SALES_INVOICES: "books/[accounting_file_id]/sales",
        Location.BANK_STATEMENTS: "books/[accounting_file_id]/coda",
        Location.OTHER_DOCUMENTS: "books/[accounting_file_id]/other",
    },
    extracts_embedded_pdf=True,
)
_FOLDERS = {location: text.rpartition("/")[2] for location, text in PACKAGE.locations.items()}
_EMBEDDED = re.compile(rb"<cbc:EmbeddedDocumentBinaryObject[^>]*>([^<]+)<")
_NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the hub has; ``broken`` must end as Error, all others in their folders."""

    dossiers: tuple[Dossier, ...]
    documents: tuple[NewDocument, ...]
    broken: frozenset[DocumentKey]

    def owed(self, root: Path) -> list[Owed]:
        """Every file that must be placed below ``root``, once."""
        return [
            Owed(key, hashlib.sha256(content).hexdigest(), str(self._folder(root, document)))
            for document in self.documents
            if (key := key_of(document)) not in self.broken
            for content in _contents(document)
        ]

    def inboxes(self, root: Path) -> list[Path]:
        """The folders that an importing program watches."""
        return [
            root / "books" / dossier.accounting_file_id / name
            for dossier in self.dossiers
            for name in sorted(_FOLDERS.values())
        ]

    def _folder(self, root: Path, document: NewDocument) -> Path:
        owner = next(each for each in self.dossiers if each.id == document.dossier_id)
        return root / "books" / owner.accounting_file_id / _FOLDERS[document.kind.location]


def key_of(document: NewDocument) -> DocumentKey:
    """The key the pipeline gives to a document of the hub."""
    return DocumentKey(NATIVE, document.dossier_id, document.id)


@cache
def six_documents() -> Listed:
    """A purchase invoice with a PDF in it, a credit note, a sales invoice, a statement, a letter.

    The sixth is an invoice that was cut off; it is of the second client, like half of the others.
    """
    office = generate_office(7, dossiers=2, documents=400, before=_NOW)
    wanted = (
        _first(office, 0, DocumentKind.PURCHASE_INVOICE, has_pdf=True),
        _first(office, 1, DocumentKind.PURCHASE_CREDIT_NOTE, has_pdf=False),
        _first(office, 0, DocumentKind.SALES_INVOICE, has_pdf=False),
        _first(office, 1, DocumentKind.BANK_STATEMENT),
        _first(office, 0, DocumentKind.OTHER),
        _first(office, 1, DocumentKind.PURCHASE_INVOICE, has_pdf=False),
    )
    documents = [_arriving(office, each) for each in wanted]
    body, _ = break_document(documents[-1].body, Defect.TRUNCATED)
    documents[-1] = _arriving(office, wanted[-1], body=body)
    broken = frozenset({key_of(documents[-1])})
    return Listed(tuple(_dossiers(office)), tuple(documents), broken)


def many_documents(count: int) -> Listed:
    """Up to so many, of twenty clients; one in 167 is broken.

    Letters are left out: those of one client are the same, and held as duplicates.
    """
    office = generate_office(7, dossiers=20, documents=count, before=_NOW)
    documents = [
        (each, _arriving(office, each))
        for each in office.documents()
        if each.kind is not DocumentKind.OTHER
    ]
    broken = frozenset(key_of(new) for each, new in documents if each.expected_rule is not None)
    return Listed(tuple(_dossiers(office)), tuple(new for _, new in documents), broken)


def _first(
    office: Office, dossier: int, kind: DocumentKind, *, has_pdf: bool | None = None
) -> GeneratedDocument:
    return next(
        document
        for document in office.documents()
        if document.kind is kind
        and document.dossier_index == dossier
        and document.expected_rule is None
        and has_pdf in (None, bool(_EMBEDDED.search(document.body)))
    )


def _dossiers(office: Office) -> Iterator[Dossier]:
    for each in office.dossiers:
        yield Dossier(
            id=each.id,
            enterprise_name=each.name,
            enterprise_identifier=each.vat,
            accounting_file_id=each.dossier_number,
            accounting_package_id=PACKAGE.id,
        )


def _arriving(
    office: Office, document: GeneratedDocument, body: bytes | None = None
) -> NewDocument:
    return NewDocument(
        dossier_id=office.dossiers[document.dossier_index].id,
        id=document.id,
        kind=document.kind,
        body=document.body if body is None else body,
        received_at=document.received_at,
        content_type=document.content_type,
        file_name=document.file_name,
    )


def _contents(document: NewDocument) -> Iterator[bytes]:
    """The document as it was sent, and the PDFs that travel in it."""
    yield document.body
    if document.kind.is_ubl:
        for match in _EMBEDDED.finditer(document.body):
            yield base64.b64decode(match[1])
