"""A mailbox as hub: the attachments of its messages are documents."""

import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime

from pipeline.connectors.hubs.imap.inbox import Inbox, Waiting
from pipeline.connectors.hubs.imap.listening import Listener
from pipeline.connectors.hubs.imap.messages import Heading, is_allowed
from pipeline.connectors.hubs.imap.pool import ImapPool
from pipeline.connectors.hubs.imap.routing import Routing
from pipeline.connectors.hubs.imap.taking import TakeAwayFrom
from pipeline.connectors.hubs.imap.transfer import DamagedEncoding, decoded
from pipeline.connectors.stores.profiles import (
    PLAIN,
    PROFILES,
    SNIFFED_BYTES,
    kind_by_name,
    kind_of,
)
from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef
from pipeline.domain.errors import CredentialsRejected, DocumentRejected, PipelineError
from pipeline.ports.clock import Clock
from pipeline.ports.hub import (
    AckOutcome,
    ChangePage,
    ErrorReport,
    Fetched,
    Forwarded,
    Heartbeat,
    Hint,
    HubCapabilities,
    HubHealth,
    ListPage,
)

_PROFILE = PROFILES[PLAIN]


class ImapHub:
    """A mailbox, see `pipeline.ports.hub.Hub`.

    Messages of senders who are not in ``senders``, and those without attachments, stay where they
    are for a person to read.
    """

    def __init__(
        self,
        name: str,
        pool: ImapPool,
        routing: Routing,
        *,
        clock: Clock,
        capabilities: HubCapabilities,
        senders: Collection[str],
        take_away_from: TakeAwayFrom,
    ) -> None:
        self._name = name
        self._pool = pool
        self._routing = routing
        self._capabilities = capabilities
        self._senders = frozenset(senders)
        self._take_away_from = take_away_from
        self._inboxes: dict[str, Inbox] = {}
        self._listener = Listener(pool, clock)

    @property
    def name(self) -> str:
        """See `Hub.name`."""
        return self._name

    @property
    def capabilities(self) -> HubCapabilities:
        """See `Hub.capabilities`."""
        return self._capabilities

    async def tenants(self) -> AsyncIterator[Sequence[Dossier]]:
        """See `Hub.tenants`."""
        dossiers = await self._routing.dossiers()
        self._inboxes.clear()  # messages are looked at again, for dossiers that are new
        size = self._capabilities.list_page
        for start in range(0, len(dossiers), size):
            yield dossiers[start : start + size]

    async def changes(self, cursor: str | None) -> ChangePage:
        """See `Hub.changes`; a mailbox has no feed."""
        return ChangePage((), cursor or "")

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        """See `Hub.list`; oldest message first. The folder is looked at once for all pages."""
        inbox = await self._inbox(dossier.id)
        if cursor is None or not inbox.validity:
            await inbox.refresh()
        after = _place(cursor, inbox.validity)
        waiting = [w for w in inbox.waiting(dossier.id) if (w.message.uid, w.number) > after]
        page = waiting[:limit]
        await self._look_into(inbox, page)
        return ListPage(
            refs=[self._ref(dossier.id, each) for each in page],
            cursor=_cursor(inbox.validity, page[-1]) if len(waiting) > len(page) else None,
        )

    async def fetch(self, ref: DocumentRef, *, max_bytes: int) -> Fetched:
        """See `Hub.fetch`."""
        inbox = await self._inbox(ref.key.dossier)
        read = await inbox.read(ref.key.document_id, max_bytes=max_bytes)
        if read is None:
            msg = f"The message with document {ref.key} is gone, or it was moved by somebody."
            raise DocumentRejected(msg, rule="gone")
        part, octets = read
        try:
            body = decoded(octets, part.encoding) if octets is not None else None
        except DamagedEncoding as error:
            msg = f"Attachment {ref.key} is damaged: {error}. Ask the sender for it again."
            raise DocumentRejected(msg, rule="encoding") from error
        if body is None or len(body) > max_bytes:
            msg = f"Attachment {ref.key} is larger than the {max_bytes} bytes that are accepted."
            raise DocumentRejected(msg, rule="size")
        return Fetched(body, hashlib.sha256(body).hexdigest(), part.content_type)

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        """See `Hub.ack`; a message goes away with the last of its documents."""
        outcomes: dict[DocumentKey, AckOutcome] = {}
        for dossier_id in dict.fromkeys(each.key.dossier for each in documents):
            keys = [each.key for each in documents if each.key.dossier == dossier_id]
            inbox = await self._inbox(dossier_id)
            settled = await inbox.settle(dossier_id, [key.document_id for key in keys])
            outcomes |= zip(keys, settled, strict=True)
        return [outcomes[each.key] for each in documents]

    async def report_error(self, reports: Sequence[ErrorReport]) -> Sequence[AckOutcome]:
        """See `Hub.report_error`; the message stays where it is."""
        return [AckOutcome.OK for _ in reports]

    async def redeliver(
        self,
        dossier: Dossier | None,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
        *,
        is_trial: bool = False,  # noqa: ARG002
    ) -> int:
        """See `Hub.redeliver`; a folder lists what is in it."""
        return 0

    def parse_event(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:  # noqa: ARG002
        """See `Hub.parse_event`; nobody pushes to here."""
        return ()

    async def events(self) -> AsyncIterator[Hint]:
        """See `Hub.events`; the server tells of new messages in the folder that all come into."""
        folder = self._routing.shared_folder
        if folder is None:
            return
        async for _ in self._listener.new_messages(folder):
            for dossier_id in sorted(await self._news()):
                yield Hint(dossier_id)

    async def heartbeat(self, beat: Heartbeat) -> None:
        """See `Hub.heartbeat`; nobody listens."""

    async def health(self) -> HubHealth:
        """See `Hub.health`."""
        login = self._pool.login
        try:
            async with self._pool.connection() as connection:
                await connection.command(b"NOOP")
        except CredentialsRejected as error:
            return HubHealth(is_reachable=True, is_authenticated=False, text=str(error))
        except PipelineError as error:
            return HubHealth(is_reachable=False, is_authenticated=False, text=str(error))
        text = f"Reads the mailbox of {login.user} at {login.server}."
        return HubHealth(is_reachable=True, is_authenticated=True, text=text)

    async def close(self) -> None:
        """See `Hub.close`."""
        await self._listener.close()
        await self._pool.close()

    # -- inside -------------------------------------------------------------------------------
    async def _inbox(self, dossier_id: str) -> Inbox:
        folder = await self._routing.folder_of(dossier_id)
        if folder not in self._inboxes:
            claim = await self._routing.dossiers_in(folder)

            def dossiers_of(heading: Heading) -> tuple[str, ...]:
                return claim(heading) if is_allowed(heading, self._senders) else ()

            self._inboxes[folder] = Inbox(
                self._pool,
                folder,
                dossiers_of=dossiers_of,
                take_away=self._take_away_from(folder, await self._pool.delimiter()),
            )
        return self._inboxes[folder]

    async def _news(self) -> set[str]:
        inbox = await self._inbox("")
        return await inbox.refresh()

    async def _look_into(self, inbox: Inbox, page: Sequence[Waiting]) -> None:
        """Find out what documents are; each is looked into once."""
        for each in page:
            if each.kind is None and (kind := kind_by_name(each.part.name)) is not None:
                each.message.kinds[each.document_id] = kind
        unknown = [each for each in page if each.kind is None]
        heads = await inbox.heads(unknown, SNIFFED_BYTES) if unknown else ()
        for each, head in zip(unknown, heads, strict=True):
            each.message.kinds[each.document_id] = kind_of(each.part.name, (), head, _PROFILE)

    def _ref(self, dossier_id: str, waiting: Waiting) -> DocumentRef:
        return DocumentRef(
            key=DocumentKey(self._name, dossier_id, waiting.document_id),
            kind=waiting.kind or DocumentKind.OTHER,
            received_at=waiting.message.received_at,
            file_name=waiting.part.name or None,
            content_type=waiting.part.content_type,
        )


def _cursor(validity: int, last: Waiting) -> str:
    return f"{validity}:{last.message.uid}:{last.number}"


def _place(cursor: str | None, validity: int) -> tuple[int, int]:
    """Message and attachment that a cursor stands at; the start when the folder counts anew."""
    numbers = [int(each) for each in (cursor or "").split(":") if each.isdecimal()]
    if len(numbers) != 3 or numbers[0] != validity:  # noqa: PLR2004
        return (0, -1)
    return (numbers[1], numbers[2])
