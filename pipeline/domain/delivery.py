"""Life cycle of a delivery: rows, files, statuses and the transitions between them."""

import enum
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.domain.documents import (
    NO_KEY_DATA,
    AccountStatement,
    DocumentKey,
    DocumentKind,
    KeyData,
    Verdict,
)


class RowStatus(enum.StrEnum):
    """Status of a row of the state; see ``facts`` of the delivery protocol in docs/delivery.md."""

    INTENT = "intent"
    DELIVERED = "delivered"
    ACKED = "acked"
    ERROR = "error"
    HELD = "held"


class VisibleStatus(enum.StrEnum):
    """What a person sees; Forwarded is final: the file is durable in its folder."""

    TO_FETCH = "To fetch"
    ERROR = "Error"
    FORWARDED = "Forwarded"


VISIBLE_STATUS = {
    RowStatus.INTENT: VisibleStatus.TO_FETCH,
    RowStatus.DELIVERED: VisibleStatus.FORWARDED,
    RowStatus.ACKED: VisibleStatus.FORWARDED,
    RowStatus.ERROR: VisibleStatus.ERROR,
    RowStatus.HELD: VisibleStatus.ERROR,
}

TRANSITIONS: dict[RowStatus | None, frozenset[RowStatus]] = {
    None: frozenset({RowStatus.INTENT, RowStatus.ERROR, RowStatus.HELD}),
    RowStatus.INTENT: frozenset({RowStatus.DELIVERED, RowStatus.ERROR, RowStatus.HELD}),
    RowStatus.DELIVERED: frozenset({RowStatus.ACKED, RowStatus.INTENT}),
    RowStatus.ACKED: frozenset({RowStatus.INTENT}),
    RowStatus.ERROR: frozenset({RowStatus.INTENT, RowStatus.ERROR, RowStatus.HELD}),
    RowStatus.HELD: frozenset({RowStatus.INTENT, RowStatus.ERROR, RowStatus.HELD}),
}
"""Which status may follow which; a delivered row goes back to INTENT only when its token is back
after a power cut."""


class Evidence(enum.StrEnum):
    """How we know that a file was delivered; LOGGED that a delivery was begun, and no more."""

    MOVED = "moved"
    SAME_CONTENT = "same_content"
    SEEN = "seen"
    PRESUMED = "presumed"
    REDELIVERED = "redelivered_after_power_loss"
    LOGGED = "logged"


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file of a delivery: the token in staging and the name it will be moved to.

    ``token`` is a name in the destination's staging folder, ``folder`` an absolute folder and
    ``name`` one component in it. ``name_key`` is unique over all planned files
    (`paths.folder_key` of the folder, a slash, and the key of the name).
    """

    token: str
    folder: str
    name: str
    name_key: str
    sha256: str
    size_bytes: int
    body: bytes | None = field(default=None, repr=False, compare=False)

    def staged_as(self, token: str) -> "PlannedFile":
        """The same file under a token of its own."""
        return PlannedFile(
            token=token,
            folder=self.folder,
            name=self.name,
            name_key=self.name_key,
            sha256=self.sha256,
            size_bytes=self.size_bytes,
            body=self.body,
        )


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """Everything the write stage decided about one document, attachments first, document last.

    ``file_name``, ``content_type`` and ``offset`` are those of its `DocumentRef`, kept so that
    the document can be asked for and acknowledged again. ``may_repeat`` says that its accounting
    package wants what its client has already.
    """

    key: DocumentKey
    kind: DocumentKind
    received_at: datetime
    sha256: str
    size_bytes: int
    destination: str
    files: tuple[PlannedFile, ...]
    key_data: KeyData = NO_KEY_DATA
    verdict: Verdict = Verdict.UNCHECKED
    findings_json: str = "[]"
    is_released: bool = False
    may_repeat: bool = False
    file_name: str | None = None
    content_type: str | None = None
    offset: str | None = None
    statements: tuple[AccountStatement, ...] = ()

    def with_files(self, files: tuple[PlannedFile, ...]) -> "PlannedDelivery":
        """The same delivery of other files; every document passes here, `replace` takes longer."""
        return PlannedDelivery(
            key=self.key,
            kind=self.kind,
            received_at=self.received_at,
            sha256=self.sha256,
            size_bytes=self.size_bytes,
            destination=self.destination,
            files=files,
            key_data=self.key_data,
            verdict=self.verdict,
            findings_json=self.findings_json,
            is_released=self.is_released,
            may_repeat=self.may_repeat,
            file_name=self.file_name,
            content_type=self.content_type,
            offset=self.offset,
            statements=self.statements,
        )

    def as_intent(self, boot_id: str, at: datetime) -> "DocumentRow":
        """The row of this delivery in INTENT, written ``at``, of which none is known."""
        return DocumentRow(
            key=self.key,
            kind=self.kind,
            status=RowStatus.INTENT,
            received_at=self.received_at,
            updated_at=at,
            sha256=self.sha256,
            size_bytes=self.size_bytes,
            destination=self.destination,
            files=self.files,
            boot_id=boot_id,
            is_released=self.is_released,
            key_data=self.key_data,
            verdict=self.verdict,
            findings_json=self.findings_json,
            file_name=self.file_name,
            content_type=self.content_type,
            offset=self.offset,
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """A document that is durable in its folder and may be acknowledged."""

    key: DocumentKey
    path: str
    evidence: Evidence
    offset: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A document that is Error or held, with the rule and the reason a person reads.

    ``quarantine`` is the path of the kept bytes, None when nothing was fetched. ``file_name``,
    ``content_type`` and ``offset`` are those of its `DocumentRef`. ``repeats`` is the document it
    is held for. ``is_lost`` says that its tokens are given up: it comes to no folder any more.
    """

    key: DocumentKey
    kind: DocumentKind
    received_at: datetime
    rule: str
    reason: str
    is_held: bool = False
    sha256: str | None = None
    size_bytes: int | None = None
    quarantine: str | None = None
    key_data: KeyData = NO_KEY_DATA
    verdict: Verdict = Verdict.UNCHECKED
    findings_json: str = "[]"
    file_name: str | None = None
    content_type: str | None = None
    offset: str | None = None
    repeats: DocumentKey | None = None
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A row of the state, as read back.

    ``is_wanted`` says that the document was asked for again and was not fetched yet: by a person,
    or because it repeats one that came to nothing. ``repeats`` is the `DocumentKey.digest` of the
    document it is held for.
    """

    key: DocumentKey
    kind: DocumentKind
    status: RowStatus
    received_at: datetime
    updated_at: datetime
    sha256: str | None = None
    size_bytes: int | None = None
    destination: str | None = None
    files: tuple[PlannedFile, ...] = ()
    evidence: Evidence | None = None
    rule: str | None = None
    reason: str | None = None
    quarantine: str | None = None
    boot_id: str | None = None
    is_reported: bool = False
    is_released: bool = False
    key_data: KeyData = NO_KEY_DATA
    verdict: Verdict = Verdict.UNCHECKED
    findings_json: str = "[]"
    file_name: str | None = None
    content_type: str | None = None
    offset: str | None = None
    is_wanted: bool = False
    repeats: str | None = None

    @property
    def visible_status(self) -> VisibleStatus:
        """The status a person sees."""
        return VISIBLE_STATUS[self.status]

    @property
    def path(self) -> str | None:
        """Where the document itself is placed; None before it was planned."""
        return f"{self.files[-1].folder}/{self.files[-1].name}" if self.files else None
