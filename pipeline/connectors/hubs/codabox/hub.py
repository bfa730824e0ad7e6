"""CodaBox API v2: bank statements, payroll and invoices of all clients of an office."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.connectors.answers import Answer, AnswerTooLarge
from pipeline.connectors.hubs.codabox.account import CodaboxAccount
from pipeline.connectors.hubs.codabox.api import Client, FeedClient, Source
from pipeline.connectors.hubs.codabox.clients import FETCH_DELAY_S, ClientFeeds
from pipeline.connectors.hubs.codabox.documents import index_and_format, ref_of
from pipeline.connectors.hubs.codabox.feed import Feed
from pipeline.connectors.hubs.codabox.stepping import StepPast
from pipeline.connectors.rest import fetched, is_gone, too_large
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import DocumentRef
from pipeline.domain.errors import (
    CredentialsRejected,
    DocumentRejected,
    PipelineError,
    TenantBlocked,
)
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

CODABOX_CAPABILITIES = HubCapabilities(
    consumption=Consumption.FEED,
    acknowledgement=Acknowledgement.OFFSET,
    ack_batch=100,
    list_page=200,
    redelivery=Redelivery(
        Relisting.BY_PROVIDER,
        keeps_documents=True,
        hint="Ask CodaBox to deliver again, naming the client and the date, and turn the setting"
        " redelivery of this hub on.",
    ),
    minimum_poll=timedelta(seconds=FETCH_DELAY_S),
    concurrency=8,
)


@dataclass(frozen=True, slots=True)
class CodaboxHub:
    """An account at CodaBox, see `pipeline.ports.hub.Hub`.

    A dossier is a client, by CodaBox's id of it: its feed may be replaced by another. Between two
    readings of a feed, which CodaBox wants hours apart, what waits in it is listed from memory.
    """

    name: str
    account: CodaboxAccount
    feeds: ClientFeeds
    step_past: StepPast
    package: AccountingPackage | None

    @property
    def capabilities(self) -> HubCapabilities:
        """See `Hub.capabilities`."""
        return CODABOX_CAPABILITIES

    async def tenants(self) -> AsyncIterator[Sequence[Dossier]]:
        """See `Hub.tenants`; the enterprise number comes from the list of clients."""
        known = {client.id: client for client in await self.account.clients()}
        clients = await self.feeds.refresh()
        size = CODABOX_CAPABILITIES.list_page
        for start in range(0, len(clients), size):
            page = clients[start : start + size]
            yield [self._dossier(each, known.get(each.client_id)) for each in page]

    async def changes(self, cursor: str | None) -> ChangePage:
        """See `Hub.changes`; each client has a feed of its own."""
        return ChangePage((), cursor or "")

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        """See `Hub.list`; in the order of the feed."""
        feeds = await self._feeds_of(dossier)
        if cursor is None:
            for feed in feeds:
                await feed.read(self.feeds.delay_s)
        after = _Place.parse(cursor)
        refs = [
            (_Place(number, waiting.place, part), ref_of(self.name, dossier.id, waiting, format_))
            for number, feed in enumerate(feeds)
            for waiting in feed.order
            for part, format_ in enumerate(waiting.formats)
            if format_ not in waiting.dealt_with
        ]
        rest = [(place, ref) for place, ref in refs if place > after]
        page = rest[:limit]
        return ListPage(
            refs=[ref for _, ref in page],
            cursor=str(page[-1][0]) if len(rest) > len(page) else None,
        )

    async def fetch(self, ref: DocumentRef, *, max_bytes: int) -> Fetched:
        """See `Hub.fetch`; what was stepped past is asked for as a redelivery."""
        try:
            try:
                answer = await self._download(Source.DELIVERY, ref, max_bytes)
            except DocumentRejected as error:
                if not is_gone(error):
                    raise
                answer = await self._download(Source.REDELIVERY, ref, max_bytes)
        except AnswerTooLarge as error:
            raise too_large(ref, max_bytes) from error
        return await fetched(ref, answer)

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        """See `Hub.ack`; one that has to wait for those before it is OK, and is remembered.

        When this process ends first, its entry is listed again and it is acknowledged again.
        """
        return await self.step_past([each.key for each in documents], if_waiting=AckOutcome.OK)

    async def report_error(self, reports: Sequence[ErrorReport]) -> Sequence[AckOutcome]:
        """See `Hub.report_error`: the entry is stepped past, so that it does not block others.

        One that has to wait for those before it is to be told again until its offset is
        committed: nobody would tell the next process, whose feed lists it still.
        """
        return await self.step_past([each.key for each in reports], if_waiting=AckOutcome.RETRY)

    async def redeliver(
        self,
        dossier: Dossier | None,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
        *,
        is_trial: bool = False,  # noqa: ARG002
    ) -> int:
        """See `Hub.redeliver`; CodaBox is asked, and puts them into its redelivery feed."""
        return 0

    def parse_event(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:  # noqa: ARG002
        """See `Hub.parse_event`; CodaBox sends none."""
        return ()

    async def events(self) -> AsyncIterator[Hint]:
        """See `Hub.events`; CodaBox sends none."""
        for hint in tuple[Hint, ...]():
            yield hint

    async def heartbeat(self, beat: Heartbeat) -> None:
        """See `Hub.heartbeat`; nobody listens."""

    async def health(self) -> HubHealth:
        """See `Hub.health`."""
        try:
            clients = await self.feeds.refresh()
        except CredentialsRejected as error:
            return HubHealth(is_reachable=True, is_authenticated=False, text=str(error))
        except PipelineError as error:
            return HubHealth(is_reachable=False, is_authenticated=False, text=str(error))
        text = f"CodaBox serves {len(clients)} clients; their feeds are read every "
        return HubHealth(
            is_reachable=True,
            is_authenticated=True,
            text=f"{text}{timedelta(seconds=self.feeds.delay_s)} at most.",
        )

    async def close(self) -> None:
        """See `Hub.close`."""
        await self.account.rest.http.close()

    # -- inside -------------------------------------------------------------------------------
    async def _feeds_of(self, dossier: Dossier) -> Sequence[Feed]:
        feeds = await self.feeds.of(dossier.id)
        if not feeds:
            raise TenantBlocked(
                f"CodaBox has no feed for {dossier.enterprise_name!r} any more. Ask CodaBox to "
                "deliver this client to your software again."
            )
        return feeds

    async def _download(self, source: Source, ref: DocumentRef, max_bytes: int) -> Answer:
        index, format_ = index_and_format(ref.key.document_id)
        return await self.account.download(source, index, format_, max_bytes=max_bytes)

    def _dossier(self, client: FeedClient, known: Client | None) -> Dossier:
        entity = known.legal_entity if known else None
        return Dossier(
            hub=self.name,
            id=client.client_id,
            enterprise_name=client.client_name or (entity.name if entity else None) or "",
            enterprise_identifier=(entity.enterprise_num if entity else None) or "",
            accounting_file_id=client.client_code or "",
            package=self.package,
        )


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    """Where in the listing a document is: feed, entry, format; written as the cursor."""

    feed: int = -1
    entry: int = 0
    part: int = 0

    @classmethod
    def parse(cls, cursor: str | None) -> "_Place":
        """The place that a cursor names; before the first when it names none."""
        parts = (cursor or "").split(".")
        return cls(*map(int, parts)) if all(map(str.isdecimal, parts)) else cls()

    def __str__(self) -> str:
        return f"{self.feed}.{self.entry}.{self.part}"
