"""An office for acceptance tests: a real hub, a real installation, folders on a real disk."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.app.installation import Installation, open_installation
from pipeline.app.service import SyncResult, sync_once
from pipeline.connectors.clock import SystemClock
from pipeline.domain.customers import Dossier as KnownDossier
from pipeline.domain.delivery import DocumentRow
from pipeline.domain.documents import DocumentKind, Location
from pipeline.hub.accounts import HubCredentials
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Dossier, Package
from pipeline.ports.faults import FaultPoint, no_faults
from pipeline.settings import Settings
from pipeline.testing.documents.office import GeneratedDocument, Office, generate_office

ACCOUNT = HubCredentials("manager", "a password", "office", "a secret")
BEFORE = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass(slots=True)
class AccountantsOffice:
    """What an accountant has: a hub account, a server with folders, and Dossierpost on it."""

    folder: Path
    hub: EmbeddedHub
    settings_of_this_test: dict[str, str] = field(default_factory=dict)

    @property
    def books(self) -> Path:
        """The folder on the server that relative locations lie under."""
        return self.folder / "books"

    @property
    def settings(self) -> Settings:
        """The settings of the installation."""
        return Settings.load(self.variables)

    @property
    def variables(self) -> dict[str, str]:
        """The same, as the environment of a process."""
        return {
            "DOSSIERPOST_HUB_URL": self.hub.url,
            "DOSSIERPOST_HUB_CLIENT_ID": ACCOUNT.client_id,
            "DOSSIERPOST_HUB_CLIENT_SECRET": ACCOUNT.client_secret,
            "DOSSIERPOST_STATE_DIR": str(self.folder / "state"),
            "DOSSIERPOST_ROOT": str(self.books),
            "DOSSIERPOST_RETRY_ATTEMPTS": "2",
            "DOSSIERPOST_VALIDATE_WORKERS": "0",  # a process takes a second to start
            **self.settings_of_this_test,
        }

    async def link(self, package: Package, *dossiers: Dossier) -> None:
        """Configure an accounting package at the hub and link customers to it."""
        await self.hub.seed(packages=[package], dossiers=dossiers)

    async def receive(self, *documents: NewDocument) -> None:
        """Let documents arrive at the hub."""
        await self.hub.seed(documents=documents)

    async def sync(self, *, faultpoint: FaultPoint = no_faults) -> SyncResult:
        """One run of ``dossierpost sync --once``."""
        async with open_installation(self.settings, faultpoint=faultpoint) as installation:
            return await sync_once(installation)

    @asynccontextmanager
    async def installed(self) -> AsyncIterator[Installation]:
        """The installation, opened."""
        async with open_installation(self.settings) as installation:
            yield installation

    async def rows(self) -> Sequence[DocumentRow]:
        """What the installation says of every document."""
        async with open_installation(self.settings) as installation:
            return await installation.state.rows()

    async def dossiers(self) -> Sequence[KnownDossier]:
        """The dossiers that the installation knows."""
        async with open_installation(self.settings) as installation:
            return await installation.state.load_dossiers("native")

    def placed(self) -> dict[str, bytes]:
        """Every file that accounting software can see, by its path below the books."""
        return {
            path.relative_to(self.books).as_posix(): path.read_bytes()
            for path in sorted(self.books.rglob("*"))
            if path.is_file() and ".dossierpost" not in path.parts
        }

    def folders(self) -> set[str]:
        """The folders that have files, below the books."""
        return {str(Path(path).parent) for path in self.placed()}


@asynccontextmanager
async def opened_office(folder: Path) -> AsyncIterator[AccountantsOffice]:
    """An office without customers."""
    (folder / "books").mkdir()
    async with EmbeddedHub(
        folder / "hub",
        clock=SystemClock(),
        office="Office of the test",
        credentials=ACCOUNT,
        allow_failures=True,
    ) as hub:
        yield AccountantsOffice(folder, hub)


BY_DOSSIER_NUMBER = {
    Location.PURCHASE_INVOICES: "winbooks/[accounting_file_id]/purchase",
    Location.SALES_INVOICES: "winbooks/[accounting_file_id]/sales",
    Location.BANK_STATEMENTS: "winbooks/[accounting_file_id]/coda",
    Location.OTHER_DOCUMENTS: "winbooks/[accounting_file_id]/other",
}


def winbooks(
    locations: Mapping[Location, str] = BY_DOSSIER_NUMBER,
    *,
    same_location_for_invoices: bool = False,
    extracts_embedded_pdf: bool = False,
    shares_folders: bool = False,
    blocks_on_fatal: bool = False,
    delivers_duplicates: bool = False,
) -> Package:
    """An accounting package; by default with one location for each kind, by dossier number."""
    return Package(
        id="winbooks",
        name="Winbooks",
        locations=dict(locations),
        same_location_for_invoices=same_location_for_invoices,
        extracts_embedded_pdf=extracts_embedded_pdf,
        shares_folders=shares_folders,
        blocks_on_fatal=blocks_on_fatal,
        delivers_duplicates=delivers_duplicates,
    )


def customer(number: int, *, package: str | None = "winbooks", shares: bool = True) -> Dossier:
    """A customer of the office, linked to an accounting package."""
    return Dossier(
        id=f"customer-{number}",
        enterprise_name=f"Bakery {number} BV",
        enterprise_identifier=f"BE012345678{number}",
        accounting_file_id=f"D{number:03d}",
        shares_documents=shares,
        accounting_package_id=package,
    )


def papers(count: int = 60, seed: int = 7) -> Office:
    """A source of realistic documents of every kind."""
    return generate_office(seed, 4, count, before=BEFORE)


def documents_for(dossier: Dossier, count: int = 1, seed: int = 7) -> Iterator[NewDocument]:
    """Good documents of mixed kinds for one customer."""
    for document in papers(count, seed).documents():
        if document.expected_rule is None:
            yield arriving(dossier, document)


def document_of(dossier: Dossier, kind: DocumentKind, *, seed: int = 7) -> NewDocument:
    """One good document of a kind."""
    office = papers(200, seed)
    index = next(
        each
        for each in range(office.count)
        if office.kind(each) is kind and office.document(each).expected_rule is None
    )
    return arriving(dossier, office.document(index))


def arriving(dossier: Dossier, document: GeneratedDocument) -> NewDocument:
    """A generated document as it arrives for a customer."""
    return NewDocument(
        dossier_id=dossier.id,
        id=f"{dossier.id}-{document.id}",
        kind=document.kind,
        body=document.body,
        received_at=document.received_at,
        content_type=document.content_type,
        file_name=document.file_name,
    )
