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

    def webhook_dossiers(self) -> Sequence[str | None]:
        """The dossiers that each need a webhook of their own; None is one for all of the hub."""
        ...

    async def register_webhook(self, dossier_id: str | None, url: str) -> Registration:
        """Have events sent to ``url``, besides to where they go already; idempotent."""
        ...

    async def unregister_webhook(self, dossier_id: str | None, webhook_id: str) -> None:
        """End a webhook; one that is gone is no error."""
        ...
