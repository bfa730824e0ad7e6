"""A hub in memory: deterministic, with scripted failures, and a record of what it was told."""

import enum
import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import anyio

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef
from pipeline.domain.errors import DocumentRejected, PipelineError
from pipeline.ports.hub import (
    Acknowledgement,
    AckOutcome,
    ChangePage,
    Consumption,
    ErrorReport,
    Fetched,
    Forwarded,
    Heartbeat,
    Hint,
    HubCapabilities,
    HubHealth,
    ListPage,
    Redelivery,
    Relisting,
)
from pipeline.testing.script import Interference, Operation, Script, no_interference

EPOCH = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SIGNATURE_HEADER = "x-signature"

MEMORY_CAPABILITIES = HubCapabilities(
    consumption=Consumption.QUEUE,
    acknowledgement=Acknowledgement.PER_DOCUMENT,
    ack_batch=100,
    list_page=100,
    has_change_feed=True,
    reports_errors=True,
    has_events=True,
    redelivery=Redelivery(Relisting.ASKED, keeps_documents=True),
)


class HubStatus(enum.StrEnum):
    """Status of a document as this hub has it."""

    WAITING = "waiting"
    FORWARDED = "forwarded"
    ERROR = "error"


@dataclass(slots=True)
class StoredDocument:
    """One document at the hub; ``position`` orders the listing and never changes."""

    ref: DocumentRef
    body: bytes = field(repr=False)
    position: int
    status: HubStatus = HubStatus.WAITING
    error: ErrorReport | None = None


class MemoryHub:
    """Twin of a hub, see `pipeline.ports.hub.Hub`.

    Documents are added with `add`; `script` holds the failures to come and counts the calls;
    `acked`, `reported` and `beats` hold what the hub was told, in order. Nothing depends on wall
    time or randomness.
    """

    def __init__(
        self,
        name: str = "memory",
        *,
        dossiers: Sequence[Dossier] = (),
        capabilities: HubCapabilities = MEMORY_CAPABILITIES,
        change_page: int = 500,
        event_secret: bytes = b"memory",
        interfere: Interference = no_interference,
    ) -> None:
        self._name = name
        self._capabilities = capabilities
        self._change_page = change_page
        self._event_secret = event_secret
        self._dossiers: dict[str, Dossier] = {}
        self._documents: dict[DocumentKey, StoredDocument] = {}
        self._by_dossier: dict[str, dict[DocumentKey, StoredDocument]] = {}
        self._changed: dict[str, int] = {}
        self._dossiers_changed = 0
        self._sequence = 0
        self._hints: deque[Hint] = deque(maxlen=10_000)
        self._wake = anyio.Event()
        self._is_closed = False
        self.acked: list[Forwarded] = []
        self.reported: list[ErrorReport] = []
        self.beats: list[Heartbeat] = []
        self.script = Script(interfere)
        for dossier in dossiers:
            self.put_dossier(dossier)

    @property
    def name(self) -> str:
        """See `Hub.name`."""
        return self._name

    @property
    def capabilities(self) -> HubCapabilities:
        """See `Hub.capabilities`."""
        return self._capabilities

    # -- the hand of the test -----------------------------------------------------------------
    def put_dossier(self, dossier: Dossier) -> None:
        """Link a dossier, or change one; it is stored under this hub's name."""
        self._dossiers[dossier.id] = replace(dossier, hub=self._name)
        self._dossiers_changed = self._next()

    def remove_dossier(self, dossier_id: str) -> None:
        """Unlink a dossier; its documents stay where they are."""
        self._dossiers.pop(dossier_id, None)
        self._dossiers_changed = self._next()

    def add(
        self,
        dossier_id: str,
        document_id: str,
        body: bytes,
        *,
        kind: DocumentKind = DocumentKind.PURCHASE_INVOICE,
        version: str = "1",
        received_at: datetime | None = None,
        file_name: str | None = None,
        content_type: str | None = "application/xml",
    ) -> DocumentRef:
        """Receive a document; an other version of the same document is replaced by it."""
        position = self._next()
        key = DocumentKey(self._name, dossier_id, document_id, version)
        ref = DocumentRef(
            key=key,
            kind=kind,
            received_at=received_at or EPOCH + timedelta(seconds=position),
            size_bytes=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            file_name=file_name,
            content_type=content_type,
            offset=str(position),
        )
        for other in [
            k for k in self._by_dossier.get(dossier_id, {}) if k.document_id == document_id
        ]:
            self.delete(other)
        stored = StoredDocument(ref, body, position)
        self._documents[key] = stored
        self._by_dossier.setdefault(dossier_id, {})[key] = stored
        self._changed[dossier_id] = position
        self.hint(dossier_id)
        return ref

    def delete(self, key: DocumentKey) -> None:
        """Forget a document, as when somebody removed it at the hub."""
        if self._documents.pop(key, None):
            del self._by_dossier[key.dossier][key]

    def relist(self, key: DocumentKey) -> None:
        """List a document again, as after a lost acknowledgement."""
        self._documents[key].status, self._documents[key].error = HubStatus.WAITING, None
        self._changed[key.dossier] = self._next()

    def status(self, key: DocumentKey) -> HubStatus:
        """Status of a document at the hub."""
        return self._documents[key].status

    def stored(self, dossier_id: str | None = None) -> Sequence[StoredDocument]:
        """All documents the hub has, of one dossier or of all, in order of arrival."""
        documents = self._documents if dossier_id is None else self._by_dossier.get(dossier_id, {})
        return tuple(documents.values())

    def hint(self, dossier_id: str | None) -> None:
        """Send an event to whoever listens."""
        self._hints.append(Hint(dossier_id))
        self._wake.set()

    def drop_hints(self) -> None:
        """Lose every event that was not heard yet."""
        self._hints.clear()

    def signed_event(self, dossier_id: str) -> tuple[Mapping[str, str], bytes]:
        """Headers and body of an event as this hub pushes it."""
        body = json.dumps({"dossier": dossier_id}).encode()
        return {SIGNATURE_HEADER: self._signature(body)}, body

    # -- the port -----------------------------------------------------------------------------
    async def tenants(self) -> AsyncIterator[Sequence[Dossier]]:
        """See `Hub.tenants`."""
        await self.script.begin(Operation.TENANTS)
        ids = sorted(self._dossiers)
        for start in range(0, len(ids), self._capabilities.list_page):
            part = ids[start : start + self._capabilities.list_page]
            yield tuple(self._dossiers[i] for i in part if i in self._dossiers)
        self.script.finish(Operation.TENANTS)

    async def changes(self, cursor: str | None) -> ChangePage:
        """See `Hub.changes`."""
        await self.script.begin(Operation.CHANGES)
        since = self._position_of(cursor)
        news = sorted((at, dossier) for dossier, at in self._changed.items() if at > since)
        page = news[: self._change_page]
        more = len(news) > len(page)
        last = page[-1][0] if more else self._sequence
        self.script.finish(Operation.CHANGES)
        return ChangePage(
            dossier_ids=tuple(dossier for _at, dossier in page),
            cursor=str(last),
            more=more,
            dossiers_changed=self._dossiers_changed > since,
        )

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        """See `Hub.list`."""
        await self.script.begin(Operation.LIST, dossier.id)
        since = int(cursor) if cursor else 0
        waiting = sorted(
            (d for d in self._listed(dossier.id) if d.position > since), key=lambda d: d.position
        )
        page = waiting[:limit]
        self.script.finish(Operation.LIST, dossier.id)
        return ListPage(
            refs=tuple(d.ref for d in page),
            cursor=str(page[-1].position) if len(waiting) > len(page) else None,
        )

    async def fetch(self, ref: DocumentRef, *, max_bytes: int) -> Fetched:
        """See `Hub.fetch`."""
        await self.script.begin(Operation.FETCH, ref.key.document_id)
        stored = self._documents.get(ref.key)
        if stored is None:
            msg = f"Document {ref.key} is no longer at the hub; nothing can be fetched."
            raise DocumentRejected(msg, rule="gone")
        if len(stored.body) > max_bytes:
            msg = f"Document {ref.key} is larger than {max_bytes} bytes; raise the limit."
            raise DocumentRejected(msg, rule="size")
        self.script.finish(Operation.FETCH, ref.key.document_id)
        digest = hashlib.sha256(stored.body).hexdigest()
        return Fetched(stored.body, digest, stored.ref.content_type)

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        """See `Hub.ack`."""
        await self.script.begin(Operation.ACK, *(d.key.document_id for d in documents))
        outcomes = [self._ack_one(document) for document in documents]
        self.script.finish(Operation.ACK, *(d.key.document_id for d in documents))
        return outcomes

    async def report_error(self, reports: Sequence[ErrorReport]) -> Sequence[AckOutcome]:
        """See `Hub.report_error`."""
        await self.script.begin(Operation.REPORT_ERROR, *(r.key.document_id for r in reports))
        outcomes = [self._report_one(report) for report in reports]
        self.script.finish(Operation.REPORT_ERROR, *(r.key.document_id for r in reports))
        return outcomes

    async def redeliver(
        self, dossier: Dossier | None, since: datetime, *, is_trial: bool = False
    ) -> int:
        """See `Hub.redeliver`."""
        await self.script.begin(Operation.REDELIVER, dossier.id if dossier else "")
        again = [
            d.ref.key
            for d in self.stored(dossier.id if dossier else None)
            if d.ref.received_at >= since and d.status is not HubStatus.WAITING
        ]
        for key in again if not is_trial else ():
            self.relist(key)
        self.script.finish(Operation.REDELIVER, dossier.id if dossier else "")
        return len(again)

    def parse_event(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:
        """See `Hub.parse_event`; events are signed with HMAC-SHA256 over the body."""
        signature = {k.lower(): v for k, v in headers.items()}.get(SIGNATURE_HEADER, "")
        if not hmac.compare_digest(signature.encode(), self._signature(body).encode()):
            return ()
        return (Hint(json.loads(body)["dossier"]),)

    async def events(self) -> AsyncIterator[Hint]:
        """See `Hub.events`."""
        while self._capabilities.has_events and not self._is_closed:
            while self._hints:
                yield self._hints.popleft()
            if not self._is_closed:
                self._wake = anyio.Event()
                await self._wake.wait()

    async def heartbeat(self, beat: Heartbeat) -> None:
        """See `Hub.heartbeat`."""
        await self.script.begin(Operation.HEARTBEAT)
        self.beats.append(beat)
        self.script.finish(Operation.HEARTBEAT)

    async def health(self) -> HubHealth:
        """See `Hub.health`."""
        try:
            await self.script.begin(Operation.HEALTH)
            self.script.finish(Operation.HEALTH)
        except PipelineError as error:
            return HubHealth(is_reachable=False, is_authenticated=False, text=str(error))
        return HubHealth(is_reachable=True, is_authenticated=True, text="ok")

    async def close(self) -> None:
        """See `Hub.close`."""
        self._is_closed = True
        self._wake.set()

    # -- inside -------------------------------------------------------------------------------
    def _next(self) -> int:
        self._sequence += 1
        return self._sequence

    def _listed(self, dossier_id: str) -> Iterator[StoredDocument]:
        keeps_no_status = self._capabilities.acknowledgement is Acknowledgement.NONE
        for stored in self._by_dossier.get(dossier_id, {}).values():
            if keeps_no_status or stored.status is HubStatus.WAITING:
                yield stored

    def _position_of(self, cursor: str | None) -> int:
        position = int(cursor) if cursor and cursor.isdecimal() else 0
        return position if position <= self._sequence else 0

    def _signature(self, body: bytes) -> str:
        return hmac.new(self._event_secret, body, hashlib.sha256).hexdigest()

    def _ack_one(self, document: Forwarded) -> AckOutcome:
        self.acked.append(document)
        stored = self._documents.get(document.key)
        if stored is None:
            return AckOutcome.GONE
        if stored.status is HubStatus.FORWARDED:
            return AckOutcome.ALREADY
        match self._capabilities.acknowledgement:
            case Acknowledgement.PER_DOCUMENT:
                stored.status = HubStatus.FORWARDED
            case Acknowledgement.OFFSET:
                self._commit_offset(document.key.dossier, stored.position)
            case Acknowledgement.DESTRUCTIVE:
                self.delete(document.key)
            case Acknowledgement.NONE:
                pass
        return AckOutcome.OK

    def _commit_offset(self, dossier_id: str, position: int) -> None:
        for stored in self._by_dossier[dossier_id].values():
            if stored.position <= position:
                stored.status = HubStatus.FORWARDED

    def _report_one(self, report: ErrorReport) -> AckOutcome:
        self.reported.append(report)
        stored = self._documents.get(report.key)
        if stored is None:
            return AckOutcome.GONE
        if not self._capabilities.reports_errors:
            return AckOutcome.OK
        if stored.status is HubStatus.FORWARDED or stored.error == report:
            return AckOutcome.ALREADY
        stored.status, stored.error = HubStatus.ERROR, report
        return AckOutcome.OK
