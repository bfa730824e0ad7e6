"""Which events were heard before: a bounded memory for each hub."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping

from pipeline.connectors.webhooks.form import WebhookForm
from pipeline.connectors.webhooks.reading import moment_of, text_of
from pipeline.ports.clock import Clock

MOST = 10_000
"""Events remembered of a hub; one that was forgotten costs a listing when it comes again."""


class Replays:
    """The events of one hub."""

    def __init__(self, form: WebhookForm, clock: Clock, *, most: int = MOST) -> None:
        self._form = form
        self._clock = clock
        self._most = most
        self._heard: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._heard)

    def is_new(self, webhook: str, event: Mapping[str, object], body: bytes) -> bool:
        """Whether a webhook hears an event for the first time, and it is not old; remembers it."""
        self._forget()
        name = self._name(webhook, event, body)
        if name in self._heard or not self._is_recent(event):
            return False
        self._heard[name] = self._clock.monotonic()
        if len(self._heard) > self._most:
            self._heard.popitem(last=False)
        return True

    def _name(self, webhook: str, event: Mapping[str, object], body: bytes) -> bytes:
        """A digest: what somebody else wrote does not decide how much is remembered."""
        told = text_of(event, self._form.id) if self._form.id else ""
        content = told.encode("utf-8", "surrogatepass") if told else body
        return hashlib.sha256(webhook.encode() + b"\0" + content).digest()

    def _is_recent(self, event: Mapping[str, object]) -> bool:
        moment = moment_of(event, self._form.moment) if self._form.moment else None
        return moment is None or abs(self._clock.now() - moment) <= self._form.window

    def _forget(self) -> None:
        limit = self._clock.monotonic() - self._form.window.total_seconds()
        while self._heard and next(iter(self._heard.values())) < limit:
            self._heard.popitem(last=False)
