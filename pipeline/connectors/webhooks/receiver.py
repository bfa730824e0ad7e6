"""What becomes of an event: believed or refused, and at most a dossier is woken.

Nothing here touches the network or waits, so that a hub has its answer at once, however busy the
line is.
"""

import enum
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.connectors.webhooks.form import WebhookForm
from pipeline.connectors.webhooks.reading import read_event
from pipeline.connectors.webhooks.refusals import Refusals
from pipeline.connectors.webhooks.replays import Replays
from pipeline.connectors.webhooks.signing import is_signed
from pipeline.connectors.webhooks.subscriptions import Subscription
from pipeline.ports.clock import Clock
from pipeline.ports.credentials import Secret
from pipeline.ports.hub import Hint
from pipeline.ports.meters import Meters

METRIC = "dossierpost_webhooks_total"
NOBODY = ""
"""The hub of an event whose address is not known."""

MOST_EVENTS = 1_000
PERIOD_S = 10.0
"""Of one hub at most `MOST_EVENTS` in this time; a month's end of a large office is far below."""

ParseEvent = Callable[[Mapping[str, str], bytes], Sequence[Hint]]
Hear = Callable[[str, Hint], None]


class Outcome(enum.StrEnum):
    """What became of an event."""

    WOKEN = "woken"
    IGNORED = "ignored"
    """It is genuine, and says nothing of documents that came in."""
    UNKNOWN = "unknown"
    FORGED = "forged"
    REPLAYED = "replayed"
    LIMITED = "limited"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    UNREADABLE = "unreadable"

    @property
    def is_accepted(self) -> bool:
        """Whether the hub may forget the event."""
        return self in (Outcome.WOKEN, Outcome.IGNORED)


@dataclass(frozen=True, slots=True)
class Source:
    """A hub that pushes events: what they are like, and how it reads them."""

    hub: str
    form: WebhookForm
    parse: ParseEvent


@dataclass(slots=True)
class _Traffic:
    """How many events of a hub came in the current period."""

    began: float
    events: int = 0

    def is_full(self, now: float) -> bool:
        """Count one; whether it is one too many."""
        if now - self.began >= PERIOD_S:
            self.began, self.events = now, 0
        self.events += 1
        return self.events > MOST_EVENTS


@dataclass(frozen=True, slots=True)
class Door:
    """The address of one webhook."""

    source: Source
    subscription: Subscription
    replays: Replays = field(repr=False)
    traffic: _Traffic = field(repr=False)


class Receiver:
    """Decides on events; ``hear`` is told of each hint that may be believed."""

    def __init__(self, sources: Iterable[Source], hear: Hear, clock: Clock, meters: Meters) -> None:
        self._sources = {each.hub: each for each in sources}
        self._hear = hear
        self._clock = clock
        self._meters = meters
        self._refusals = Refusals(clock)
        self._replays = {name: Replays(each.form, clock) for name, each in self._sources.items()}
        self._traffic = {name: _Traffic(clock.monotonic()) for name in self._sources}
        self._doors: Mapping[bytes, Door] = {}

    def know(self, subscriptions: Mapping[str, Iterable[Subscription]]) -> None:
        """The addresses from now on, by hub; no other is answered."""
        self._doors = {
            _digest(each.token.reveal()): Door(
                self._sources[hub], each, self._replays[hub], self._traffic[hub]
            )
            for hub, given in subscriptions.items()
            if hub in self._sources
            for each in given
        }

    def door(self, hub: str, token: str) -> Door | Outcome:
        """Where an address leads to, or why it does not; nothing of the body is needed for that."""
        found = self._doors.get(_digest(token))
        known = found.subscription.token if found else _DECOY
        is_same = hmac.compare_digest(_bytes(known.reveal()), _bytes(token))
        if found is None or not is_same or found.source.hub != hub:
            return Outcome.UNKNOWN
        return Outcome.LIMITED if found.traffic.is_full(self._clock.monotonic()) else found

    def receive(self, door: Door, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Believe an event or not; names of ``headers`` are in lower case."""
        if not self._is_genuine(door, headers, body):
            return Outcome.FORGED
        if not self._is_new(door, body):
            return Outcome.REPLAYED
        hints = door.source.parse(headers, body)
        for hint in hints:
            self._hear(door.source.hub, _narrowed(hint, door.subscription))
        return Outcome.WOKEN if hints else Outcome.IGNORED

    def note(self, hub: str, outcome: Outcome) -> None:
        """Count what became of an event, and log what was refused."""
        known = hub if hub in self._sources else NOBODY
        self._meters.count(METRIC, hub=known, outcome=outcome.value)
        if not outcome.is_accepted:
            self._refusals.note(known, outcome.value)

    def _is_genuine(self, door: Door, headers: Mapping[str, str], body: bytes) -> bool:
        signature = door.source.form.signature
        return signature is None or is_signed(signature, door.subscription.secret, headers, body)

    def _is_new(self, door: Door, body: bytes) -> bool:
        return door.replays.is_new(door.subscription.dossier or "", read_event(body), body)


def _narrowed(hint: Hint, subscription: Subscription) -> Hint:
    """Whoever knows the address of one dossier wakes that dossier and no other."""
    return Hint(subscription.dossier) if subscription.dossier is not None else hint


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _digest(token: str) -> bytes:
    """Looking up a digest tells by its time nothing about the token."""
    return hashlib.sha256(_bytes(token)).digest()


_DECOY = Secret("no address is this one, so that unknown ones take as long as others")
