"""Compose what hears the webhooks of hubs, beside the line."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from anyio import to_thread

from pipeline.app.hubs import connector_named
from pipeline.app.installation import Installation
from pipeline.connectors.hub_book import HubBookFile
from pipeline.connectors.webhooks.receiver import Hear, Receiver, Source
from pipeline.connectors.webhooks.server import webhooks_served
from pipeline.connectors.webhooks.subscriptions import Subscription, SubscriptionBook
from pipeline.engine.supervisor import SideTask
from pipeline.ports.hub import Hint
from pipeline.settings import Settings
from pipeline.usecases.hear_events import HearEvents

READ_AGAIN_S = 10.0
"""Between two looks at the addresses that were made, renewed or ended."""


def _nobody(_hub: str, _hint: Hint) -> None:
    """There is nobody else to tell."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """A receiver that listens on ``port``, and what has to run beside it."""

    port: int
    side_tasks: Mapping[str, SideTask]


@asynccontextmanager
async def open_webhooks(
    installation: Installation, pass_on: Hear = _nobody
) -> AsyncIterator[Webhooks | None]:
    """Listen for webhooks while the context lasts; None where that is turned off.

    ``pass_on`` is told of every hint that may be believed, too.

    Raises:
        ConfigurationError: the port is taken, or the kept addresses cannot be used.
    """
    settings = installation.settings
    if not settings.webhook_port:
        yield None
        return
    hearing = hearing_of(installation)

    def hear(hub: str, hint: Hint) -> None:
        hearing.hear(hub, hint)
        pass_on(hub, hint)

    sources = await to_thread.run_sync(_sources, installation)
    receiver = Receiver(sources, hear, installation.clock, installation.meters)
    reader = _AddressReader(receiver, settings, tuple(each.hub for each in sources), installation)
    await reader.read()
    served = webhooks_served(receiver, host=settings.webhook_host, port=settings.webhook_port)
    async with served as port:
        tasks = {"follow webhooks": hearing.work, "read webhook addresses": reader.read_again}
        yield Webhooks(port, tasks)


def hearing_of(installation: Installation) -> HearEvents:
    """What follows the events of all hubs of this process."""
    return HearEvents({each.hub.name: each for each in installation.followers}, installation.clock)


def _sources(installation: Installation) -> list[Source]:
    """The hubs that push; those of the settings have a connection of their own for that."""
    entries = HubBookFile.of(installation.settings.state_dir).load().hubs.values()
    forms = {each.name: connector_named(each.connector).webhook for each in entries}
    return [
        Source(name, form, installation.hubs[name].parse_event)
        for name, form in forms.items()
        if form is not None and name in installation.hubs
    ]


@dataclass(frozen=True, slots=True)
class _AddressReader:
    """Tells the receiver which addresses there are, also those made while it runs."""

    receiver: Receiver
    settings: Settings
    hubs: tuple[str, ...]
    installation: Installation

    async def read(self) -> None:
        self.receiver.know(await to_thread.run_sync(self._load))

    async def read_again(self) -> None:
        while True:
            await self.installation.clock.sleep(READ_AGAIN_S)
            await self.read()

    def _load(self) -> Mapping[str, list[Subscription]]:
        book = SubscriptionBook(HubBookFile.of(self.settings.state_dir))
        return {hub: list(book.load(hub).values()) for hub in self.hubs}
