"""The addresses that hubs push to: make, show, renew and end them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from anyio import to_thread

from pipeline.app.hubs import ConfiguredHub, connected, connector_named, hub_setups
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.hub_book import HubBookFile
from pipeline.connectors.webhooks.form import WebhookForm
from pipeline.connectors.webhooks.server import PATH
from pipeline.connectors.webhooks.subscriptions import Subscription, SubscriptionBook
from pipeline.domain.errors import ConfigurationError, PipelineError
from pipeline.ports.webhooks import WebhookRegistrar
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """A webhook as shown to a person; its address is a secret of that person and the hub.

    ``dossier`` None means all of the hub. ``problem`` says why the hub could not be told the
    address; ``hint`` is where a person may tell it.
    """

    hub: str
    dossier: str | None
    address: str
    is_signed: bool
    is_registered: bool
    hint: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class EndedWebhooks:
    """How many webhooks are answered no more, and what the hub could not be told of that."""

    count: int
    problems: tuple[str, ...]


async def show_webhooks(settings: Settings, name: str) -> list[WebhookLine]:
    """The webhooks of a hub; those that are missing are made, and told to the hub.

    Raises:
        ConfigurationError: the hub pushes nothing, or the public address is not set.
    """
    async with _opened(settings, name) as desk:
        await desk.fill()
        return desk.lines()


async def rotate_webhooks(settings: Settings, name: str) -> list[WebhookLine]:
    """The webhooks of a hub with new addresses; the old ones are answered no more."""
    async with _opened(settings, name) as desk:
        desk.base()
        await desk.end()
        await desk.fill()
        return desk.lines()


async def end_webhooks(settings: Settings, name: str) -> EndedWebhooks:
    """End the webhooks of a hub, there and here."""
    async with _opened(settings, name) as desk:
        count = await desk.end()
        return EndedWebhooks(count, tuple(desk.problems.values()))


@asynccontextmanager
async def _opened(settings: Settings, name: str) -> AsyncIterator["_Desk"]:
    """One hub, opened to change its webhooks."""
    configured, form = await to_thread.run_sync(_found, settings, name)
    book = SubscriptionBook(HubBookFile.of(settings.state_dir))
    webhooks = await to_thread.run_sync(book.load, name)
    hub = connected(configured)
    registrar = hub if form.is_registered and isinstance(hub, WebhookRegistrar) else None
    try:
        yield _Desk(name, settings.webhook_url, form, registrar, book, dict(webhooks))
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
    """A hub, and its webhooks as they are kept; ``problems`` are those with the hub, by dossier."""

    name: str
    public_url: str | None
    form: WebhookForm
    registrar: WebhookRegistrar | None
    book: SubscriptionBook
    webhooks: dict[str | None, Subscription]
    problems: dict[str | None, str] = field(default_factory=dict)

    async def fill(self) -> None:
        """Make what is missing: kept first, so that the hub never has an address that is lost."""
        self.base()
        wanted = self.registrar.webhook_dossiers() if self.registrar else (None,)
        kept = {dossier: self.webhooks.get(dossier, Subscription(dossier)) for dossier in wanted}
        if kept != self.webhooks:
            self.webhooks = kept
            await self._save()
        for each in kept.values():
            await self._register(each)

    async def end(self) -> int:
        """End everything; what the hub cannot be told is answered no more all the same."""
        ended = list(self.webhooks.values())
        for each in ended:
            await self._unregister(each)
        self.webhooks = {}
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
                is_registered=each.id is not None,
                hint=self.form.hint,
                problem=self.problems.get(each.dossier),
            )
            for each in self.webhooks.values()
        ]

    def base(self) -> str:
        """The public address that all others begin with."""
        if self.public_url is None:
            raise ConfigurationError(
                "Nobody knows at which address hubs reach this server. Set DOSSIERPOST_WEBHOOK_URL "
                "to that of the reverse proxy, such as https://hooks.office.example."
            )
        return self.public_url.rstrip("/")

    async def _register(self, each: Subscription) -> None:
        """Tell the hub an address that it was not told yet."""
        if self.registrar is None or each.id is not None:
            return
        try:
            told = await self.registrar.register_webhook(each.dossier, self._address(each))
        except PipelineError as error:
            self.problems[each.dossier] = str(error)
            return
        self.webhooks[each.dossier] = replace(each, id=told.id, secret=told.secret)
        await self._save()

    async def _unregister(self, each: Subscription) -> None:
        if self.registrar is None or each.id is None:
            return
        try:
            await self.registrar.unregister_webhook(each.dossier, each.id)
        except PipelineError as error:
            self.problems[each.dossier] = str(error)

    async def _save(self) -> None:
        await to_thread.run_sync(self.book.save, self.name, list(self.webhooks.values()))

    def _address(self, each: Subscription) -> str:
        return f"{self.base()}/{PATH}/{self.name}/{each.token.reveal()}"
