"""The addresses that hubs push to: make, show, renew and end them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from anyio import to_thread

from pipeline.app.hubs import ConfiguredHub, connected, connector_named, hub_setups
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.hub_book import HubBookFile
from pipeline.connectors.webhooks.form import WebhookForm
from pipeline.connectors.webhooks.server import PATH
from pipeline.connectors.webhooks.subscriptions import Subscription, SubscriptionBook
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.hub import Hub
from pipeline.ports.webhooks import WebhookRegistrar
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """A webhook as shown to a person; its address is a secret of that person and the hub.

    ``dossier`` None means all of the hub. ``is_registered`` says that the hub was told the address
    over its API; None where a person gives it to the hub, as ``hint`` says.
    """

    hub: str
    dossier: str | None
    address: str
    is_signed: bool
    is_registered: bool | None
    hint: str


async def show_webhooks(settings: Settings, name: str) -> list[WebhookLine]:
    """The webhooks of a hub; those that are missing are made, and told to hubs with an API for it.

    Raises:
        ConfigurationError: the hub pushes nothing, or the public address is not set.
        PipelineError: the hub refused, or cannot be asked now; what it was told is kept.
    """
    async with _opened(settings, name) as desk:
        await desk.fill()
        return desk.lines()


async def rotate_webhooks(settings: Settings, name: str) -> list[WebhookLine]:
    """The webhooks of a hub with new addresses; the old ones are answered no more."""
    async with _opened(settings, name) as desk:
        await desk.end()
        await desk.fill()
        return desk.lines()


async def end_webhooks(settings: Settings, name: str) -> int:
    """End the webhooks of a hub, there and here; returns how many there were."""
    async with _opened(settings, name) as desk:
        return await desk.end()


@asynccontextmanager
async def _opened(settings: Settings, name: str) -> AsyncIterator["_Desk"]:
    """One hub, opened to change its webhooks."""
    configured, form = await to_thread.run_sync(_found, settings, name)
    book = SubscriptionBook(HubBookFile.of(settings.state_dir))
    webhooks = await to_thread.run_sync(book.load, name)
    hub = connected(configured)
    try:
        yield _Desk(name, settings.webhook_url, form, hub, book, dict(webhooks))
    finally:
        await hub.close()


def _found(settings: Settings, name: str) -> tuple[ConfiguredHub, WebhookForm]:
    HubBookFile.of(settings.state_dir).load().get(name)
    setups = hub_setups(settings, SystemClock())
    hub = next(each for each in setups if each.setup.name == name)
    connector = connector_named(hub.connector)
    if connector.webhook is None:
        raise ConfigurationError(f"{connector.title} has no webhooks that are known of.")
    return hub, connector.webhook


@dataclass(slots=True)
class _Desk:
    """A hub, and its webhooks as they are kept."""

    name: str
    public_url: str | None
    form: WebhookForm
    hub: Hub
    book: SubscriptionBook
    webhooks: dict[str | None, Subscription]

    async def fill(self) -> None:
        """Make what is missing: kept first, so that the hub never has an address that is lost."""
        self._base()
        wanted = self._wanted()
        kept = {dossier: self.webhooks.get(dossier, Subscription(dossier)) for dossier in wanted}
        if kept != self.webhooks:
            self.webhooks = kept
            await self._save()
        for each in kept.values():
            await self._tell(each)

    async def _tell(self, each: Subscription) -> None:
        """Have a hub with an API for it send events to an address that it was not told yet."""
        registrar = self._registrar()
        if registrar is None or each.dossier is None or each.id is not None:
            return
        told = await registrar.register_webhook(each.dossier, self._address(each))
        self.webhooks[each.dossier] = replace(each, id=told.id, secret=told.secret)
        await self._save()

    async def end(self) -> int:
        """End everything; the hub first, so that nothing is left there that nobody knows of."""
        ended = list(self.webhooks.values())
        registrar = self._registrar()
        for each in ended:
            if registrar is not None and each.dossier is not None and each.id is not None:
                await registrar.unregister_webhook(each.dossier, each.id)
            del self.webhooks[each.dossier]
            await self._save()
        return len(ended)

    def lines(self) -> list[WebhookLine]:
        """All webhooks, for a person."""
        return [
            WebhookLine(
                hub=self.name,
                dossier=each.dossier,
                address=self._address(each),
                is_signed=self.form.signature is not None,
                is_registered=each.id is not None if self.form.is_registered else None,
                hint=self.form.hint,
            )
            for each in self.webhooks.values()
        ]

    def _wanted(self) -> Sequence[str | None]:
        registrar = self._registrar()
        return (None,) if registrar is None else registrar.webhook_dossiers()

    def _registrar(self) -> WebhookRegistrar | None:
        return self.hub if isinstance(self.hub, WebhookRegistrar) else None

    async def _save(self) -> None:
        await to_thread.run_sync(self.book.save, self.name, list(self.webhooks.values()))

    def _address(self, each: Subscription) -> str:
        return f"{self._base()}/{PATH}/{self.name}/{each.token.reveal()}"

    def _base(self) -> str:
        if self.public_url is None:
            raise ConfigurationError(
                "Nobody knows at which address hubs reach this server. Set DOSSIERPOST_WEBHOOK_URL "
                "to that of the reverse proxy, such as https://hooks.office.example."
            )
        return self.public_url.rstrip("/")
