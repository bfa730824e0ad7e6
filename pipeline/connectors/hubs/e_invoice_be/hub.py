"""e-invoice.be: a Peppol inbox that is told nothing, of one company for each key."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pipeline.connectors.answers import AnswerTooLarge
from pipeline.connectors.hubs.e_invoice_be.account import InboxAccount
from pipeline.connectors.hubs.e_invoice_be.api import Tenant
from pipeline.connectors.hubs.e_invoice_be.events import hints_in
from pipeline.connectors.hubs.e_invoice_be.window import Window, following, fresh, written
from pipeline.connectors.rest import fetched, too_large
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import DocumentRef
from pipeline.domain.errors import (
    CredentialsRejected,
    PipelineError,
    TenantBlocked,
)
from pipeline.ports.clock import Clock
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
from pipeline.ports.webhooks import Registration

E_INVOICE_BE_CAPABILITIES = HubCapabilities(
    consumption=Consumption.WINDOW,
    acknowledgement=Acknowledgement.NONE,
    ack_batch=100,
    list_page=100,
    has_marks=True,
    redelivery=Redelivery(
        Relisting.SWEPT,
        keeps_documents=True,
        hint="Everything since the date in its setting is listed once a day; what is not known"
        " here is delivered then.",
    ),
    minimum_poll=timedelta(seconds=300),
    concurrency=8,
)


@dataclass(frozen=True, slots=True)
class EInvoiceBeHub:
    """Inboxes at e-invoice.be, see `pipeline.ports.hub.Hub`.

    A dossier is a key, under the name that the office gave it. What was delivered is known here
    only; the hub lists it for ever.
    """

    name: str
    accounts: Mapping[str, InboxAccount]
    since: datetime
    clock: Clock
    package: AccountingPackage | None
    _companies: dict[str, Tenant] = field(default_factory=dict, init=False)

    @property
    def capabilities(self) -> HubCapabilities:
        """See `Hub.capabilities`."""
        return E_INVOICE_BE_CAPABILITIES

    async def tenants(self) -> AsyncIterator[Sequence[Dossier]]:
        """See `Hub.tenants`; a key that is refused keeps its dossier, which tells that."""
        for dossier_id, account in self.accounts.items():
            try:
                self._companies[dossier_id] = await account.company()
            except TenantBlocked:
                self._companies.setdefault(dossier_id, Tenant())
            yield [self._dossier(dossier_id, self._companies[dossier_id])]

    async def changes(self, cursor: str | None) -> ChangePage:
        """See `Hub.changes`; each key opens one inbox only."""
        return ChangePage((), cursor or "")

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        """See `Hub.list`; newest first, see `window`."""
        now = self.clock.now()
        size = min(limit, E_INVOICE_BE_CAPABILITIES.list_page)
        page = Window(self.since, size).first(cursor, now)
        inbox = await self._account(dossier.id).page(page)
        found = fresh(page, inbox.items or [], now)
        after = following(page, found, now)
        is_read = any(moment < page.until for _, moment in found)
        is_last = is_read or inbox.is_last(page.number, page.size)
        return ListPage(
            refs=[
                item.to_domain(self.name, dossier.id, moment)
                for item, moment in found
                if item.is_here and moment >= page.until
            ],
            cursor=None if is_last else written(after),
            mark=written(after.mark) if is_last else None,
        )

    async def fetch(self, ref: DocumentRef, *, max_bytes: int) -> Fetched:
        """See `Hub.fetch`."""
        try:
            answer, size = await self._account(ref.key.dossier).content(ref, max_bytes=max_bytes)
        except AnswerTooLarge as error:
            raise too_large(ref, max_bytes) from error
        return await fetched(ref, answer, size_bytes=size)

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        """See `Hub.ack`; there is nobody to tell."""
        return [AckOutcome.OK for _ in documents]

    async def report_error(self, reports: Sequence[ErrorReport]) -> Sequence[AckOutcome]:
        """See `Hub.report_error`; there is nobody to tell."""
        return [AckOutcome.OK for _ in reports]

    async def redeliver(
        self,
        dossier: Dossier | None,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
        *,
        is_trial: bool = False,  # noqa: ARG002
    ) -> int:
        """See `Hub.redeliver`; everything is listed again once a day."""
        return 0

    def parse_event(self, headers: Mapping[str, str], body: bytes) -> Sequence[Hint]:  # noqa: ARG002
        """See `Hub.parse_event`."""
        return hints_in(body)

    async def events(self) -> AsyncIterator[Hint]:
        """See `Hub.events`; nothing is pushed over a connection of ours."""
        for hint in tuple[Hint, ...]():
            yield hint

    async def heartbeat(self, beat: Heartbeat) -> None:
        """See `Hub.heartbeat`; nobody listens."""

    async def health(self) -> HubHealth:
        """See `Hub.health`; every key is tried."""
        refused: list[str] = []
        for dossier_id, account in self.accounts.items():
            try:
                await account.company()
            except CredentialsRejected:
                refused.append(dossier_id)
            except PipelineError as error:
                return HubHealth(is_reachable=False, is_authenticated=False, text=str(error))
        text = f"{len(self.accounts)} keys of e-invoice.be"
        if refused:
            text = f"{text}; refused are those of {', '.join(refused)}. Make new ones there"
        return HubHealth(is_reachable=True, is_authenticated=not refused, text=f"{text}.")

    async def close(self) -> None:
        """See `Hub.close`."""
        for account in self.accounts.values():
            await account.rest.http.close()
            await account.storage.close()

    # -- webhooks, see `pipeline.ports.webhooks` ----------------------------------------------
    def webhook_dossiers(self) -> Sequence[str | None]:
        """See `WebhookRegistrar.webhook_dossiers`; a webhook belongs to a key."""
        return tuple(self.accounts)

    async def register_webhook(self, dossier_id: str | None, url: str) -> Registration:
        """See `WebhookRegistrar.register_webhook`."""
        return await self._account(dossier_id or "").register_webhook(url)

    async def unregister_webhook(self, dossier_id: str | None, webhook_id: str) -> None:
        """See `WebhookRegistrar.unregister_webhook`."""
        await self._account(dossier_id or "").unregister_webhook(webhook_id)

    # -- inside -------------------------------------------------------------------------------
    def _account(self, dossier_id: str) -> InboxAccount:
        account = self.accounts.get(dossier_id)
        if account is None:
            raise TenantBlocked(
                f"No key of e-invoice.be is configured for dossier {dossier_id!r}. Add one to hub "
                f"{self.name!r}, or remove the dossier's link."
            )
        return account

    def _dossier(self, dossier_id: str, company: Tenant) -> Dossier:
        identifier = company.company_tax_id or company.company_number or dossier_id
        return Dossier(
            hub=self.name,
            id=dossier_id,
            enterprise_name=company.company_name or company.name or dossier_id,
            enterprise_identifier=identifier,
            accounting_file_id=dossier_id,
            package=self.package,
        )
