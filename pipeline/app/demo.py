"""The demo: an embedded hub full of generated documents, and an installation that empties it."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from pipeline.app.service import SyncResult
from pipeline.connectors.clock import SystemClock
from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import Location
from pipeline.domain.errors import ConfigurationError
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Dossier as HubDossier
from pipeline.hub.wire import Package
from pipeline.ports.state import StateStore
from pipeline.settings import Settings
from pipeline.testing.documents.office import GeneratedDocument, Office, generate_office

MARKER = ".dossierpost-demo"
FOLDERS = "folders"

PACKAGES = (
    Package(
        id="winbooks",
        name="Winbooks",
        locations={
            Location.PURCHASE_INVOICES: "winbooks/[accounting_file_id]/purchase",
            Location.SALES_INVOICES: "winbooks/[accounting_file_id]/sales",
            Location.BANK_STATEMENTS: "winbooks/[accounting_file_id]/coda/[iban]",
            Location.OTHER_DOCUMENTS: "winbooks/[accounting_file_id]/other",
        },
    ),
    Package(
        id="adsolut",
        name="Adsolut",
        locations={
            Location.PURCHASE_INVOICES: "adsolut/[enterprise_name]_[enterprise_identifier]/in",
            Location.SALES_INVOICES: "adsolut/[enterprise_name]_[enterprise_identifier]/out",
            Location.BANK_STATEMENTS: "adsolut/[enterprise_name]_[enterprise_identifier]/coda",
            Location.OTHER_DOCUMENTS: "adsolut/[enterprise_name]_[enterprise_identifier]/other",
        },
        extracts_embedded_pdf=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What to generate and where to put it."""

    into: Path
    dossiers: int = 200
    documents: int = 1000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Planted:
    """A document that was broken on purpose: the rule it must fail by."""

    document_id: str
    rule: str


@dataclass(frozen=True, slots=True)
class DemoError:
    """One Error of the demo, as a person reads it."""

    dossier: str
    document_id: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """How the demo ended.

    ``as_planted`` says that exactly the broken documents are Error and all others Forwarded.
    """

    listed: int
    forwarded: int
    forwarded_pdf: int
    errors: int
    held: int
    seconds: float
    documents_per_second: float
    as_planted: bool
    folder: str
    state: str
    reasons: tuple[DemoError, ...]
    by_kind: dict[str, int]
    problems: dict[str, str]


@dataclass(frozen=True, slots=True)
class Demo:
    """A seeded hub, and the settings of an installation that is signed in at it."""

    options: DemoOptions
    hub: EmbeddedHub
    settings: Settings
    planted: tuple[Planted, ...]

    async def summary(self, state: StateStore, result: SyncResult) -> DemoSummary:
        """Read back from the state what became of every document."""
        rows = await _all_rows(state)
        failed = [row for row in rows if row.status in (RowStatus.ERROR, RowStatus.HELD)]
        forwarded = [row for row in rows if row.status in (RowStatus.DELIVERED, RowStatus.ACKED)]
        wanted = {(each.document_id, each.rule) for each in self.planted}
        return DemoSummary(
            listed=result.listed,
            forwarded=len(forwarded),
            forwarded_pdf=sum(str(row.path).endswith(".pdf") for row in forwarded),
            errors=sum(row.status is RowStatus.ERROR for row in failed),
            held=sum(row.status is RowStatus.HELD for row in failed),
            seconds=round(result.seconds, 2),
            documents_per_second=round(len(forwarded) / result.seconds, 1),
            as_planted=len(rows) == self.options.documents
            and len(forwarded) + len(failed) == len(rows)
            and {(row.key.document_id, row.rule) for row in failed} == wanted,
            folder=str(self.options.into / FOLDERS),
            state=str(self.options.into / "state"),
            reasons=tuple(
                DemoError(row.key.dossier, row.key.document_id, row.rule or "", row.reason or "")
                for row in failed
            ),
            by_kind=dict(Counter(row.kind.value for row in forwarded)),
            problems=result.problems,
        )


@asynccontextmanager
async def open_demo(options: DemoOptions) -> AsyncIterator[Demo]:
    """Seed a hub in ``options.into`` and sign in; what an earlier demo left there is removed.

    Raises:
        ConfigurationError: the folder holds something that is not a demo.
    """
    await to_thread.run_sync(_clear, options.into)
    clock = SystemClock()
    office = generate_office(options.seed, options.dossiers, options.documents, before=clock.now())
    async with EmbeddedHub(options.into / "hub", clock=clock, office="The demo office") as hub:
        planted: list[Planted] = []
        await hub.seed(
            packages=PACKAGES,
            dossiers=hub_dossiers(office),
            documents=_noting(planted, office),
        )
        yield Demo(options, hub, _settings(options, hub), tuple(planted))


async def _all_rows(state: StateStore) -> Sequence[DocumentRow]:
    rows: list[DocumentRow] = []
    while page := await state.rows(after=rows[-1].key if rows else None, limit=1000):
        rows += page
    return rows


def hub_dossiers(office: Office) -> Iterator[HubDossier]:
    """The clients of a generated office, in turn linked to one of the packages."""
    for place, each in enumerate(office.dossiers):
        yield HubDossier(
            id=each.id,
            enterprise_name=each.name,
            enterprise_identifier=each.vat,
            accounting_file_id=each.dossier_number,
            accounting_package_id=PACKAGES[place % len(PACKAGES)].id,
        )


def hub_document(office: Office, document: GeneratedDocument) -> NewDocument:
    """A generated document as it arrives at the hub."""
    return NewDocument(
        dossier_id=office.dossiers[document.dossier_index].id,
        id=document.id,
        kind=document.kind,
        body=document.body,
        received_at=document.received_at,
        content_type=document.content_type,
        file_name=document.file_name,
    )


def _noting(planted: list[Planted], office: Office) -> Iterator[NewDocument]:
    for document in office.documents():
        if document.expected_rule is not None:
            planted.append(Planted(document.id, document.expected_rule))
        yield hub_document(office, document)


def _settings(options: DemoOptions, hub: EmbeddedHub) -> Settings:
    folders = options.into / FOLDERS
    for package in PACKAGES:
        (folders / package.id).mkdir(parents=True, exist_ok=True)
    return Settings.load(
        {
            "DOSSIERPOST_HUB_URL": hub.url,
            "DOSSIERPOST_HUB_CLIENT_ID": hub.client_id,
            "DOSSIERPOST_HUB_CLIENT_SECRET": hub.client_secret,
            "DOSSIERPOST_ALLOW_PRIVATE_HUB": "yes",
            "DOSSIERPOST_STATE_DIR": str(options.into / "state"),
            "DOSSIERPOST_ROOT": str(folders),
            "DOSSIERPOST_LOG_LEVEL": "warning",
        }
    )


def _clear(into: Path) -> None:
    if into.is_dir() and any(into.iterdir()):
        if not (into / MARKER).exists():
            raise ConfigurationError(
                f"Folder {into} is not empty and is not a demo's. Name another with --into."
            )
        shutil.rmtree(into)
    into.mkdir(parents=True, exist_ok=True)
    (into / MARKER).write_text("Made by dossierpost demo; removed by the next one.\n")
