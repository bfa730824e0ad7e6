"""The database of what happened: dossiers, cursors, rows of documents, folders, log marks."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import (
    Delivery,
    DocumentRow,
    PlannedDelivery,
    Rejection,
    RowStatus,
)
from pipeline.domain.documents import DocumentKey, DocumentRef, Location, Verdict
from pipeline.domain.duplicates import Sameness


class IntentResult(enum.StrEnum):
    """What became of one intent."""

    INTENDED = "intended"
    NAME_TAKEN = "name_taken"
    DUPLICATE = "duplicate"
    CHANGED = "changed"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class IntentOutcome:
    """Answer to one `PlannedDelivery`; anything but INTENDED changed nothing.

    NAME_TAKEN names the ``name_key`` that belongs to another row; DUPLICATE the row of another
    document of the client that may be placed (`domain.duplicates`) and what the two have in common;
    CHANGED the row of the same document id with another version or other content, in INTENT or past
    it; KNOWN the row that is already past INTENT for this very key. The first that holds is given,
    in the order KNOWN, CHANGED, DUPLICATE, NAME_TAKEN.
    """

    result: IntentResult
    name_key: str | None = None
    other: DocumentRow | None = None
    sameness: Sameness | None = None


@dataclass(frozen=True, slots=True)
class LogMark:
    """How far a delivery log is reflected in the state: bytes, and the digest of the last line."""

    position: int
    digest: str


@dataclass(frozen=True, slots=True)
class PinnedFolder:
    """The folder of a dossier's location, fixed when the dossier was first linked.

    ``folder`` is the template with the dossier's variables filled in; document variables such as
    ``[year]`` are still in it. A renamed enterprise changes nothing until a person confirms.
    """

    hub: str
    dossier: str
    location: Location
    template: str
    folder: str


@dataclass(frozen=True, slots=True)
class FolderClaim:
    """A concrete folder that documents of a dossier are placed in.

    ``is_shared`` says that its accounting package allows dossiers to share a folder.
    """

    folder_key: str
    folder: str
    tenant: str
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class PassRecord:
    """Outcome of the last pass over a dossier that had something to do."""

    tenant: str
    finished_at: datetime
    seconds: float
    listed: int
    forwarded: int
    errors: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class DossierCounts:
    """Numbers of one dossier as shown to a person.

    ``verdicts`` are of the forwarded documents, as they were checked; what is missing is 0.
    """

    forwarded: int = 0
    errors: int = 0
    in_flight: int = 0
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of listed documents, see `StateStore.known`, and what else is to be fetched.

    ``wanted`` are references of the dossier's documents that were asked for again, first received
    first. A document stops being wanted when it is intended or rejected again.
    """

    known: Mapping[DocumentKey, DocumentRow]
    wanted: Sequence[DocumentRef]


class StateStore(Protocol):
    """Durable memory of one installation.

    Every writing method is one transaction, durable when it returns (several calls may share a
    commit), and all or nothing. Calls may be concurrent; they take effect one after the other.
    The status of a row only moves along `delivery.TRANSITIONS`; a call that would break that
    leaves the row alone. Raises `TransientError` when the store cannot write now (disk full), and
    `ConfigurationError` when its schema is newer than the program. The contract suite is
    ``pipeline.testing.contracts.state``.

    A row of a bank statement that `row`, `rows` or `known` gives has among its findings what does
    not continue, as `domain.statements` tells it from the statements that are placed by then. So a
    warning of a missing statement is never out of date.
    """

    # -- installation -------------------------------------------------------------------------
    async def installation_id(self) -> str:
        """A random id, made once, that owns staging folders."""
        ...

    # -- dossiers -----------------------------------------------------------------------------
    async def save_dossiers(self, dossiers: Sequence[Dossier]) -> None:
        """Insert or replace dossiers and their packages; the others stay.

        A package belongs to its hub: dossiers that share its id share what was saved last.
        """
        ...

    async def retain_dossiers(self, hub: str, ids: Sequence[str]) -> None:
        """Mark every other dossier of ``hub`` as not shared any more; history is kept."""
        ...

    async def load_dossiers(self, hub: str) -> Sequence[Dossier]:
        """All dossiers of a hub, by id."""
        ...

    async def save_cursor(
        self, hub: str, scope: str, cursor: str, due_dossiers: Sequence[str] = ()
    ) -> None:
        """Store a listing cursor and, in the same transaction, mark dossiers as due.

        So a kill after the feed was read forgets no dossier.
        """
        ...

    async def load_cursor(self, hub: str, scope: str) -> str | None:
        """The cursor last saved, None at first."""
        ...

    async def mark_due(self, hub: str, dossier_ids: Sequence[str]) -> None:
        """Remember that dossiers must be listed, across restarts."""
        ...

    async def load_due(self, hub: str) -> Mapping[str, int]:
        """The dossiers marked as due, each with a number that grows with every marking."""
        ...

    async def end_passes(
        self, records: Sequence[PassRecord], settled: Mapping[str, Mapping[str, int]]
    ) -> None:
        """Replace what is known of dossiers' last passes, and forget that dossiers are due.

        ``settled`` are markings of `load_due`, by hub, that passes have dealt with. A dossier that
        was marked again since then stays due: its news may not be in the pass.
        """
        ...

    async def last_passes(self) -> Mapping[str, PassRecord]:
        """The last pass of every dossier that had one, by tenant."""
        ...

    # -- folders ------------------------------------------------------------------------------
    async def pin_folders(self, pins: Sequence[PinnedFolder]) -> Sequence[PinnedFolder]:
        """Store pins unless dossier, location and template have one; return those in force.

        One transaction; answers in order. A pin whose ``template`` differs is replaced: the office
        changed the location itself.
        """
        ...

    async def claim_folders(self, claims: Sequence[FolderClaim]) -> Sequence[str]:
        """Give each folder to its first tenant; return, in order, the tenants that own them.

        One transaction, in which claims are heard one after the other. A shared claim on a folder
        whose every claim is shared answers the asking tenant.
        """
        ...

    # -- documents ----------------------------------------------------------------------------
    async def known(self, keys: Sequence[DocumentKey]) -> Mapping[DocumentKey, DocumentRow]:
        """Rows of these documents, by the key asked for.

        Where the exact version has no row, the row of another version of the same document is
        given, the one received last; its ``key.version`` tells.
        """
        ...

    async def taken_names(self, name_keys: Sequence[str]) -> Mapping[str, DocumentKey]:
        """Which of these name keys belong to a row already, and whose they are."""
        ...

    async def intend(
        self,
        deliveries: Sequence[PlannedDelivery],
        *,
        boot_id: str,
        marks: Mapping[str, LogMark] | None = None,
    ) -> Sequence[IntentOutcome]:
        """Commit INTENT for a batch, and the delivery-log marks by destination with it.

        One transaction; outcomes in order. A later entry sees the earlier ones of its batch, so
        two documents of a client with the same content give INTENDED and DUPLICATE. Dossiers are of
        one client when `duplicates.client_of` says so of what was saved of them last; of several
        documents that are the same, the one with the lowest key is given. A delivery that
        ``is_released`` is never DUPLICATE or CHANGED, one that ``may_repeat`` never DUPLICATE. An
        INTENT that exists for the same key is replaced and answers INTENDED. The bank statements of
        what is INTENDED are remembered with it; a delivery that knows none leaves those of its key
        as they are. What is held for a document that gets other content is wanted again.
        """
        ...

    async def delivered(self, deliveries: Sequence[Delivery]) -> None:
        """Commit DELIVERED with its evidence; only rows in INTENT move."""
        ...

    async def acked(self, keys: Sequence[DocumentKey]) -> None:
        """Commit ACKED; only rows in DELIVERED move."""
        ...

    async def reopen(self, keys: Sequence[DocumentKey], *, boot_id: str) -> None:
        """Back to INTENT: their tokens are in staging again after a power cut.

        Rows that were never intended, and so name no token, are left alone.
        """
        ...

    async def withdraw(self, keys: Sequence[DocumentKey]) -> None:
        """Remove rows in INTENT whose token was lost before it was ever moved.

        What is held because it repeats one of them is wanted again.
        """
        ...

    async def rejected(self, rejections: Sequence[Rejection]) -> None:
        """Commit ERROR or HELD with rule, reason and the place of the kept bytes.

        Delivered and acknowledged rows are left alone. The rows are not yet reported to the hub.
        A row that was in INTENT keeps its files, since their tokens may still be in staging, unless
        the rejection ``is_lost``: then what is held because it repeats it is wanted again. So is,
        at once, what ``repeats`` a document that may not be placed any more. What a rejection does
        not know (content, kept bytes, reference) stays as it was.
        """
        ...

    async def reported(self, keys: Sequence[DocumentKey]) -> None:
        """The hub was told about these errors."""
        ...

    async def want(
        self, keys: Sequence[DocumentKey], *, release: bool = False
    ) -> Sequence[DocumentKey]:
        """Ask for documents that are ERROR (``release``: or HELD) again; returns those accepted.

        Their dossiers become due. With ``release`` they are delivered whatever they were held for:
        the duplicate and change checks are waived, for this version of the document and for good.
        """
        ...

    async def survey(self, hub: str, dossier: str, keys: Sequence[DocumentKey]) -> Survey:
        """What a listing of a dossier needs to know, in one question."""
        ...

    async def row(self, key: DocumentKey) -> DocumentRow | None:
        """The row of this very key."""
        ...

    async def rows(
        self,
        *,
        statuses: Sequence[RowStatus] = (),
        hub: str | None = None,
        dossier: str | None = None,
        destination: str | None = None,
        is_reported: bool | None = None,
        document_id: str | None = None,
        digests: Sequence[str] | None = None,
        after: DocumentKey | None = None,
        limit: int = 1000,
    ) -> Sequence[DocumentRow]:
        """Rows that match every condition given, ordered by key, from after ``after`` on.

        ``digests`` are values of `DocumentKey.digest`, as they name tokens in staging.
        """
        ...

    async def counts(self) -> Mapping[RowStatus, int]:
        """Rows by status, each status named; cheap enough for a page that is looked at often."""
        ...

    async def dossier_counts(self, hub: str) -> Mapping[str, DossierCounts]:
        """Rows by dossier id; a dossier without rows is left out."""
        ...

    # -- delivery log -------------------------------------------------------------------------
    async def load_mark(self, destination: str) -> LogMark | None:
        """The mark last committed for a destination's delivery log."""
        ...

    async def marked_destinations(self) -> Sequence[str]:
        """Every destination that has a mark, by name."""
        ...

    async def save_marks(self, marks: Mapping[str, LogMark]) -> None:
        """Store marks after a rebuild from the delivery log."""
        ...

    async def import_intents(self, rows: Sequence[DocumentRow], *, replaces: bool = False) -> int:
        """Insert rows read back from a delivery log as INTENT, with evidence LOGGED.

        They were not judged: a line is written before `intend` is asked. Rows that exist are left
        alone; with ``replaces`` they are replaced, but stay released.

        So is a row with a name that belongs to another row: only one of the two was placed, and
        a document that is fetched again is better than one that is lost. Returns how many were
        new. Used when the state was lost or restored from a backup.
        """
        ...

    async def close(self) -> None:
        """Finish what is queued and close; idempotent."""
        ...
