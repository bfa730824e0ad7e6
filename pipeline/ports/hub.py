"""Hubs: where documents come from, behind one small interface with declared capabilities."""

import enum
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentRef


class Consumption(enum.StrEnum):
    """How a hub hands out documents."""

    QUEUE = "queue"
    FEED = "feed"
    WINDOW = "window"
    STORE = "store"
    PUSH = "push"


class Acknowledgement(enum.StrEnum):
    """How a hub is told that a document was taken."""

    PER_DOCUMENT = "per_document"
    OFFSET = "offset"
    DESTRUCTIVE = "destructive"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``requests`` in any ``period`` for one credential."""

    requests: int
    period: timedelta


class Relisting(enum.StrEnum):
    """How documents that a hub was told of come to be listed again."""

    ASKED = "asked"
    SWEPT = "swept"
    BY_PROVIDER = "by_provider"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Redelivery:
    """What a hub can do about documents since a date.

    ASKED: it lists them again when it is asked to. SWEPT: it lists all of them anyway. BY_PROVIDER:
    a person asks those who run it. ``keeps_documents`` says that a document can be fetched after
    its acknowledgement, ``hint`` tells a person what to do.
    """

    way: Relisting = Relisting.NEVER
    keeps_documents: bool = False
    hint: str = ""


NO_REDELIVERY = Redelivery()


@dataclass(frozen=True, slots=True)
class HubCapabilities:
    """What a hub can do, as data; the core has no special case for any hub.

    ``has_change_feed``: `Hub.changes` answers for all dossiers at once, so that idle dossiers
    are not polled one by one. ``reports_errors``: `Hub.report_error` reaches the hub.
    ``has_marks``: a listing ends with a `ListPage.mark`, which the next one begins with.
    """

    consumption: Consumption
    acknowledgement: Acknowledgement
    ack_batch: int = 1
    list_page: int = 100
    has_change_feed: bool = False
    reports_errors: bool = False
    has_events: bool = False
    redelivery: Redelivery = NO_REDELIVERY
    has_marks: bool = False
    minimum_poll: timedelta = timedelta(seconds=60)
    concurrency: int = 16
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a dossier's listing, oldest first where the hub has an order.

    ``cursor`` asks for the next page and is None on the last one. ``mark``, on the last page of a
    hub that is told nothing, says how far this listing came: it is stored, and is the cursor that
    the next listing begins with. It is opaque here; the hub reads back behind it, so that a
    document which was listed and not delivered is listed again.
    """

    refs: Sequence[DocumentRef]
    cursor: str | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Which dossiers have something to fetch since a cursor.

    ``dossiers_changed`` says that dossiers or their accounting packages changed: ask for
    `Hub.tenants` again. An unchanged feed gives an empty page with the same cursor. ``more``
    asks for the next page at once.
    """

    dossier_ids: Sequence[str]
    cursor: str
    more: bool = False
    dossiers_changed: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """The exact bytes of a document as the hub sent them, their hex SHA-256 and content type."""

    body: bytes = field(repr=False)
    sha256: str
    content_type: str | None = None


class AckOutcome(enum.StrEnum):
    """What a hub answered for one acknowledged document."""

    OK = "ok"
    ALREADY = "already"
    GONE = "gone"
    RETRY = "retry"
    FATAL = "fatal"

    @property
    def is_settled(self) -> bool:
        """Whether nothing remains to be told to the hub."""
        return self in (AckOutcome.OK, AckOutcome.ALREADY, AckOutcome.GONE)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A document that is durable in its folder, as told to the hub."""

    key: DocumentKey
    offset: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """A document that could not be delivered, with the text a person reads at the hub.

    ``is_kept`` says that its bytes are in quarantine, so that the hub need not list it any more.
    """

    key: DocumentKey
    rule: str
    text: str
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class Hint:
    """A dossier may have news; a hint only wakes it. ``dossier_id`` None wakes all of the hub."""

    dossier_id: str | None


@dataclass(frozen=True, slots=True)
class HubHealth:
    """Answer of `Hub.health`; ``clock_skew`` is hub minus here, None when unknown."""

    is_reachable: bool
    is_authenticated: bool
    text: str
    clock_skew: timedelta | None = None
    quota_left: int | None = None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What this installation tells the hub's monitor page."""

    installation_id: str
    version: str
    to_fetch: int
    errors: int
    forwarded: int


class Hub(Protocol):
    """A source of documents.

    Every method raises `TransientError` (or `HubUnavailable`) for what may pass by itself,
    `CredentialsRejected` when a person must sign in again, `TenantBlocked` when one dossier is
    refused, and obeys the limits of its credential by waiting. All methods may be called
    concurrently. The contract suite is ``pipeline.testing.contracts.hub``.
    """

    @property
    def name(self) -> str:
        """Name of the configured hub instance; part of every `DocumentKey`."""
        ...

    @property
    def capabilities(self) -> HubCapabilities:
        """What this hub can do; constant."""
        ...

    def tenants(self) -> AsyncIterator[Sequence[Dossier]]:
        """All dossiers of the credential, in pages, with their accounting packages."""
        ...

    async def changes(self, cursor: str | None) -> ChangePage:
        """Which dossiers have news since ``cursor`` (None: since ever).

        Only for hubs with a change feed. Costs one conditional request when nothing changed.
        An unknown or expired cursor answers as None does.
        """
        ...

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        """One page of the documents of a dossier that wait to be fetched.

        ``cursor`` is None or a mark on the first page. An unknown mark answers as None does.
        Acknowledging while paging neither skips nor repeats documents. A document that is listed
        again after it was acknowledged is a lost acknowledgement, not a new document.
        """
        ...

    async def fetch(self, ref: DocumentRef, *, max_bytes: int) -> Fetched:
        """The bytes of a document, whatever its status at the hub.

        Length and digest are checked against what the hub claims; a difference is a
        `TransientError`. More than ``max_bytes`` (decompressed) raises `DocumentRejected` with
        rule ``size`` before the rest is read; a document that is gone raises `DocumentRejected`
        with rule ``gone``.
        """
        ...

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        """Tell the hub that documents are durable in their folders; idempotent.

        At most ``capabilities.ack_batch`` at a time; one outcome each, in order.
        """
        ...

    async def report_error(self, reports: Sequence[ErrorReport]) -> Sequence[AckOutcome]:
        """Tell the hub that documents are Error, with the reason; idempotent.

        At hubs without an error status it does nothing and answers OK; where such a hub would
        list the document for ever, one that is kept is acknowledged instead. It can still be
        fetched.
        """
        ...

    async def redeliver(
        self, dossier: Dossier | None, since: datetime, *, is_trial: bool = False
    ) -> int:
        """Ask for documents received since a moment to be listed again; returns how many.

        With ``is_trial`` nothing is asked for: how many it would be.

        ``dossier`` None means all. Documents already delivered here stay known: they are
        acknowledged again, not delivered again.
        """
        ...

    def parse_event(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:
        """Hints in a pushed event; never raises.

        An event that is not understood gives none. Whoever receives it has checked where it came
        from, as the connector declares. Names of ``headers`` are in lower case.
        """
        ...

    def events(self) -> AsyncIterator[Hint]:
        """Hints as they come, reconnecting by itself; ends only when the hub is closed.

        Hubs without push end at once.
        """
        ...

    async def heartbeat(self, beat: Heartbeat) -> None:
        """Tell the hub's monitor page that this installation lives; does nothing elsewhere."""
        ...

    async def health(self) -> HubHealth:
        """Whether the hub answers and accepts the credentials; never raises."""
        ...

    async def close(self) -> None:
        """Release connections; idempotent."""
        ...
