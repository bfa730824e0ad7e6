"""Messages of the native hub protocol, as described in ``openapi.yaml`` beside this module."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from pipeline.domain.documents import DocumentKind, Location

Id = Annotated[str, Meta(min_length=1, max_length=300)]
Text = Annotated[str, Meta(max_length=300)]
Name = Annotated[str, Meta(min_length=1, max_length=300)]
Template = Annotated[str, Meta(min_length=1, max_length=1000)]
Moment = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=0)]

Status = Literal["to_fetch", "error", "forwarded"]
Outcome = Literal["ok", "already", "gone", "conflict"]


class Office(Struct, frozen=True):
    """The office a credential belongs to, and the hub's clock."""

    id: str
    name: str
    now: datetime


class PackageFields(Struct, frozen=True, kw_only=True):
    """An accounting-package configuration without its id."""

    name: Name
    locations: dict[Location, Template]
    same_location_for_invoices: bool = False
    extracts_embedded_pdf: bool = False
    shares_folders: bool = False
    blocks_on_fatal: bool = False
    delivers_duplicates: bool = False
    file_name: Text | None = None


class Package(PackageFields, frozen=True, kw_only=True):
    """An accounting-package configuration."""

    id: Id


class Packages(Struct, frozen=True):
    """All accounting-package configurations."""

    packages: list[Package]


class DossierFields(Struct, frozen=True, kw_only=True):
    """A dossier without its id."""

    enterprise_name: Name
    enterprise_identifier: Text = ""
    accounting_file_id: Text = ""
    shares_documents: bool = True
    accounting_package_id: Text | None = None


class Dossier(DossierFields, frozen=True, kw_only=True):
    """A client of the office."""

    id: Id


class DossierPage(Struct, frozen=True):
    """Dossiers in the order in which they were added."""

    dossiers: list[Dossier]
    next: str | None


class ChangePage(Struct, frozen=True):
    """Dossiers that have something to fetch since a cursor."""

    dossier_ids: list[str]
    cursor: str
    more: bool
    dossiers_changed: bool


class Document(Struct, frozen=True, kw_only=True):
    """A document without its content."""

    id: str
    dossier_id: str
    version: str
    kind: DocumentKind
    received_at: datetime
    size: int
    sha256: str
    file_name: str | None
    content_type: str
    status: Status


class HistoryEntry(Struct, frozen=True):
    """A status a document had from ``at`` on."""

    at: datetime
    version: str
    status: Status
    rule: str | None = None
    text: str | None = None


class DocumentDetail(Document, frozen=True, kw_only=True):
    """A document with the history of its statuses, oldest first."""

    is_listed: bool
    history: list[HistoryEntry]


class DocumentPage(Struct, frozen=True):
    """Documents that wait to be fetched, in the order of arrival."""

    documents: list[Document]
    next: str | None


class StatusReport(Struct, frozen=True):
    """What became of one document at an installation."""

    id: Id
    version: Annotated[str, Meta(max_length=50)]
    status: Literal["forwarded", "error"]
    rule: Text | None = None
    text: Annotated[str, Meta(max_length=4000)] | None = None


class StatusReports(Struct, frozen=True):
    """A batch of reports."""

    documents: Annotated[list[StatusReport], Meta(min_length=1, max_length=100)]


class StatusOutcome(Struct, frozen=True):
    """Answer to one report."""

    id: str
    outcome: Outcome


class StatusOutcomes(Struct, frozen=True):
    """Answers to a batch, in its order."""

    outcomes: list[StatusOutcome]


class Redelivery(Struct, frozen=True):
    """Ask for documents received since a moment; ``dossier_id`` None means all dossiers.

    With ``is_trial`` they are only counted.
    """

    since: Moment
    dossier_id: Text | None = None
    is_trial: bool = False


class Redelivered(Struct, frozen=True):
    """How many documents are listed again."""

    documents: int


class Heartbeat(Struct, frozen=True, kw_only=True):
    """An installation lives, and these are its counts."""

    installation_id: Id
    version: Annotated[str, Meta(max_length=100)]
    to_fetch: Count
    errors: Count
    forwarded: Count


class Installation(Heartbeat, frozen=True, kw_only=True):
    """An installation as last heard of."""

    last_seen: datetime


class StatusCounts(Struct, frozen=True):
    """Documents of the office by status."""

    to_fetch: int
    error: int
    forwarded: int


class Monitor(Struct, frozen=True):
    """What a monitor page shows."""

    now: datetime
    dossiers: int
    documents: StatusCounts
    installations: list[Installation]


FailureMode = Literal[
    "too_many_requests",
    "server_error",
    "unauthorized",
    "slow",
    "html",
    "lost_reply",
    "reset",
    "truncated",
    "wrong_length",
    "duplicates",
    "stuck_cursor",
    "changed_version",
    "changed_content",
]


class Failure(Struct, frozen=True):
    """One way in which a test hub misbehaves; ``operations`` empty means everywhere."""

    mode: FailureMode
    operations: list[str] = field(default_factory=list)
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    count: Annotated[int, Meta(ge=1)] | None = None
    seconds: Annotated[float, Meta(ge=0)] = 1.0


class Failures(Struct, frozen=True):
    """All failures in force; the seed makes their chances repeatable."""

    failures: Annotated[list[Failure], Meta(max_length=50)]
    seed: int = 0
