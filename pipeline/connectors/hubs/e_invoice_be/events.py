"""Events of e-invoice.be: signed, one webhook for each key, sent again until they are taken."""

from collections.abc import Sequence

import msgspec

from pipeline.connectors.webhooks.form import Signature, WebhookForm
from pipeline.connectors.webhooks.reading import read_event, text_of
from pipeline.ports.credentials import Secret
from pipeline.ports.hub import Hint
from pipeline.ports.webhooks import Registration

RECEIVED = "document.received"
_TYPES = ("type", "event_type", "event")
"""The vendor names the events, and not the field that says which one it is."""

WEBHOOK = WebhookForm(
    signature=Signature(
        header="X-Signature", algorithm="sha256", prefix="sha256=", is_of_sorted=True
    ),
    id="id",
    moment="timestamp",
    is_registered=True,
)


class Webhook(msgspec.Struct):
    """A webhook as the hub shows it, with the secret that its events are signed with."""

    id: str
    url: str | None = None
    secret: str | None = None

    @property
    def registration(self) -> Registration:
        """What is kept of it."""
        return Registration(self.id, Secret(self.secret) if self.secret else None)


class NewWebhook(msgspec.Struct):
    """What the hub is asked for."""

    url: str
    events: list[str]
    enabled: bool = True


def hints_in(body: bytes) -> Sequence[Hint]:
    """All that an event says is that a document came; whose it is, its webhook knows."""
    said = read_event(body)
    return (Hint(None),) if any(text_of(said, each) == RECEIVED for each in _TYPES) else ()
