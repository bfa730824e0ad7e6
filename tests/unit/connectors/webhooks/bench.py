"""A receiver, events as hubs send them, and what came of them."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.connectors.hubs.e_invoice_be.events import WEBHOOK, hints_in
from pipeline.connectors.webhooks.form import WebhookForm
from pipeline.connectors.webhooks.receiver import Door, Outcome, Receiver, Source
from pipeline.connectors.webhooks.subscriptions import Subscription
from pipeline.ports.credentials import Secret
from pipeline.ports.hub import Hint
from pipeline.testing.clock import VirtualClock

SIGNED, UNSIGNED = "peppol", "recommand"
SIGNED_TOKEN, UNSIGNED_TOKEN = "token-of-the-signed-hub", "token-of-the-other"
KEY = "whsec_of_one_dossier"


class Counts:
    """Meters that only count events."""

    def __init__(self) -> None:
        self.counted: dict[tuple[str, str], float] = {}

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        assert name == "dossierpost_webhooks_total"
        key = labels["hub"], labels["outcome"]
        self.counted[key] = self.counted.get(key, 0) + amount

    def gauge(self, name: str, value: float, **labels: str) -> None:
        raise AssertionError(name)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        raise AssertionError(name)


def companies_in(_headers: Any, body: bytes) -> Sequence[Hint]:
    """What an unsigned hub says, one dossier or all."""
    try:
        return (Hint(json.loads(body)["companyId"]),)
    except (ValueError, KeyError, TypeError):
        return ()


@dataclass
class Bench:
    """Two hubs: one that signs, with a webhook for a dossier, and one that does not."""

    kind: type[Receiver] = Receiver
    clock: VirtualClock = field(default_factory=VirtualClock)
    meters: Counts = field(default_factory=Counts)
    heard: list[tuple[str, Hint]] = field(default_factory=list)

    def __post_init__(self) -> None:
        sources = (
            Source(SIGNED, WEBHOOK, lambda _headers, body: hints_in(body)),
            Source(UNSIGNED, WebhookForm(), companies_in),
        )
        self.receiver = self.kind(sources, self._hear, self.clock, self.meters)
        self.receiver.know(
            {
                SIGNED: [Subscription("baker", Secret(SIGNED_TOKEN), Secret(KEY), "wh_1")],
                UNSIGNED: [Subscription(None, Secret(UNSIGNED_TOKEN))],
            }
        )

    def _hear(self, hub: str, hint: Hint) -> None:
        self.heard.append((hub, hint))

    def send(self, hub: str, token: str, body: bytes, **headers: str) -> Outcome:
        """An event comes in."""
        door = self.receiver.door(hub, token)
        if not isinstance(door, Door):
            return door
        lower = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        return self.receiver.receive(door, lower, body)

    def send_signed(self, event: object, *, key: str = KEY, **headers: str) -> Outcome:
        """An event with a signature, made with a key."""
        body = json.dumps(event).encode()
        given = {"X_Signature": signature_of(body, key), **headers}
        return self.send(SIGNED, SIGNED_TOKEN, body, **given)

    def received(self, number: int = 1, *, age_s: float = 0.0) -> dict[str, object]:
        """An event that a document came."""
        return {
            "id": f"evt_{number}",
            "timestamp": int(self.clock.now().timestamp() - age_s),
            "type": "document.received",
        }


def signature_of(body: bytes, key: str = KEY) -> str:
    return f"sha256={hmac.new(key.encode(), body, 'sha256').hexdigest()}"
