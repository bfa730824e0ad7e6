"""Hubs that are told over their API where to push events to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pipeline.ports.credentials import Secret


@dataclass(frozen=True, slots=True)
class Registration:
    """What a hub calls a webhook, and the secret that it signs its events with."""

    id: str
    secret: Secret | None


@runtime_checkable
class WebhookRegistrar(Protocol):
    """A hub with an API for webhooks; raises what `pipeline.ports.hub.Hub` does."""

    def webhook_dossiers(self) -> Sequence[str]:
        """The dossiers that each need a webhook of their own."""
        ...

    async def register_webhook(self, dossier_id: str, url: str) -> Registration:
        """Have the events of a dossier sent to ``url``, besides to where they go already."""
        ...

    async def unregister_webhook(self, dossier_id: str, webhook_id: str) -> None:
        """End a webhook; one that is gone is no error."""
        ...
