"""Destinations: folder trees on one volume, and the steps of the delivery protocol on them.

A **token** is the staged file of a document: it exists once and can be moved once, so its presence,
not any record, says "not delivered". docs/delivery.md tells the whole protocol.
"""

import enum
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import DocumentRow, Evidence, PlannedDelivery, PlannedFile
from pipeline.domain.documents import DocumentKey, Location
from pipeline.domain.errors import TransientError
from pipeline.ports.state import LogMark


class FolderFault(enum.StrEnum):
    """Why a folder cannot be used; only a person can change it."""

    MISSING = "missing"
    REFUSES_WRITING = "refuses_writing"
    IS_LINK = "is_link"
    OTHER_VOLUME = "other_volume"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class FolderProblem:
    """A folder that cannot be used; ``account`` is the account that tried."""

    folder: str
    fault: FolderFault
    account: str


@dataclass(frozen=True, slots=True)
class Staged:
    """Outcome of `Destination.stage`; what is not in ``failures`` is durable and logged.

    ``mark`` is where the delivery log stands; None when nothing was staged.
    """

    mark: LogMark | None
    failures: Mapping[DocumentKey, FolderProblem | TransientError] = field(default_factory=dict)


class MoveResult(enum.StrEnum):
    """What became of the moves of one delivery."""

    MOVED = "moved"
    NAME_EXISTS = "name_exists"
    VANISHED = "vanished"
    BUSY = "busy"
    FOLDER_UNUSABLE = "folder_unusable"


@dataclass(frozen=True, slots=True)
class MoveOutcome:
    """Answer to one delivery: the first ``moved`` of the files are durable in their folders.

    ``evidence`` belongs to MOVED, ``problem`` to FOLDER_UNUSABLE and BUSY. BUSY means that
    somebody holds the file or the folder right now, VANISHED that the token is gone though this
    is the first attempt to move it.
    """

    result: MoveResult
    moved: int
    evidence: Evidence = Evidence.MOVED
    problem: FolderProblem | None = None


class TokenState(enum.StrEnum):
    """What is found of one planned file after a crash."""

    STAGED = "staged"
    DAMAGED = "damaged"
    FOUND_IN_PLACE = "found_in_place"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class LoggedRows:
    """Consecutive lines of a delivery log, later lines of a document replacing earlier ones.

    ``withdrawn`` names deliveries given up, by `delivery_stem`; their rows are not in ``rows``.
    """

    rows: Sequence[DocumentRow]
    withdrawn: frozenset[str]
    mark: LogMark


@dataclass(frozen=True, slots=True)
class LogComparison:
    """The delivery log against the mark that the state has.

    ``start`` is where reading must begin, None when log and state agree. ``was_restored`` says
    that the volume is older than the state: files it once had may be missing.
    """

    start: int | None
    was_restored: bool = False


PART_SUFFIX = ".part"


def token_name(key: DocumentKey, fence: str, ordinal: int) -> str:
    """Name of a token: digest of the key, fence, and its place among the files of a delivery."""
    return f"{key.digest}.{fence}.{ordinal}{PART_SUFFIX}"


def token_stem(token: str) -> str:
    """The part of a token's name that all files staged together share: key digest and fence."""
    return ".".join(token.split(".", 2)[:2])


def delivery_stem(files: Sequence[PlannedFile]) -> str:
    """The stem that identifies an attempt at a delivery: that of the document, its last file."""
    return token_stem(files[-1].token)


class Destination(Protocol):
    """One folder tree on one volume, with its staging folder and delivery log.

    Every method costs one hop off the event loop however many documents it is given, and nothing
    it does can be seen half. Raises `DestinationUnavailable` when the volume is full, read-only,
    gone or not answering; after that the outcome of the call is unknown, and recovery must run
    before new work. A call is not given up when its task is cancelled: it ends when the system
    answers. The contract suite is ``pipeline.testing.contracts.destination``.
    """

    @property
    def name(self) -> str:
        """Name of the lane: documents of one destination are delivered in batches together."""
        ...

    @property
    def is_network(self) -> bool:
        """Whether it lies on a share, whose server may lose a move that it had confirmed.

        Then recovery must look again now and then: the token of such a move is back in staging.
        """
        ...

    @property
    def boot_id(self) -> str:
        """Identity of this start of the machine; known after `open`."""
        ...

    async def open(
        self, installation_id: str, *, inboxes: Sequence[str] = (), take_over: bool = False
    ) -> None:
        """Take the lock, check the owner, and try out what delivery rests on.

        Called again, while no batch is under way, it opens everything anew and so tells whether
        the volume takes files again. ``inboxes`` are folders known to be delivered to.
        ``take_over`` makes an installation the owner of a staging folder that belonged to another.
        Raises `ConfigurationError` with the reason when this destination must not be used.
        """
        ...

    def in_use(self) -> AbstractAsyncContextManager[None]:
        """Inside it, one batch is under way; waits while somebody is `alone`."""
        ...

    def alone(self) -> AbstractAsyncContextManager[None]:
        """Inside it, no batch is under way and none begins; for recovery."""
        ...

    def new_fence(self) -> str:
        """A text that no token of this destination ever had; ends the stem of new tokens."""
        ...

    async def stage(
        self, deliveries: Sequence[PlannedDelivery], *, existing: Mapping[str, str]
    ) -> Staged:
        """Make the tokens of a batch durable, then its lines in the delivery log.

        ``existing`` gives, by folder, the part of it that a person must have made; folders below
        that part are made here. Planned files without a body were moved before: they are logged,
        not staged. A delivery that failed has left nothing behind.
        """
        ...

    async def log(self, deliveries: Sequence[PlannedDelivery]) -> LogMark:
        """Write durable lines for deliveries that were staged before and have new names."""
        ...

    async def move(self, deliveries: Sequence[Sequence[PlannedFile]]) -> Sequence[MoveOutcome]:
        """Move tokens to their final names, never replacing, then flush every touched folder.

        A delivery is the files of it that were not moved before, in order; it stops at the first
        that cannot be moved. Outcomes in order.
        """
        ...

    async def withdraw(self, stems: Sequence[str]) -> None:
        """Log durably that deliveries were given up, then remove what is left of their tokens.

        The caller has made sure that no row names them any more.
        """
        ...

    # -- recovery -----------------------------------------------------------------------------
    async def compare_log(self, mark: LogMark | None) -> LogComparison:
        """Whether the delivery log is ahead of the state, or behind it."""
        ...

    def read_log(self, start: int) -> AsyncIterator[LoggedRows]:
        """Lines from ``start`` on, in chunks that end in the current mark."""
        ...

    async def flush(self, folders: Sequence[str]) -> None:
        """Make what the cache says about ``folders`` and staging true on disk.

        Folders that do not exist are left out.
        """
        ...

    async def tokens(self) -> Sequence[str]:
        """Names of all tokens in staging."""
        ...

    async def inspect(self, files: Sequence[PlannedFile]) -> Sequence[TokenState]:
        """What is found of each file, in order; contents are compared by digest."""
        ...

    async def close(self) -> None:
        """Release the lock; idempotent."""
        ...


class Destinations(Protocol):
    """All destinations of this installation; look-ups that never block."""

    def lane_for(self, dossier: Dossier, location: Location) -> str:
        """Name of the destination of a dossier's location.

        Raises `DocumentRejected` (rule ``location``) when there is none and `LocationUnusable`
        when it is refused, with what to do.
        """
        ...

    def get(self, lane: str) -> Destination:
        """The destination of that name.

        Raises `DestinationUnavailable` or `LocationUnusable` while it is not open and recovered.
        """
        ...

    def doubt(self, lane: str) -> None:
        """Give nobody this destination before it was recovered: a batch ended in the unknown."""
        ...

    def all(self) -> Sequence[Destination]:
        """Every destination, in the order of their names."""
        ...
