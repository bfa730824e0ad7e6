"""Circuit breakers: something outside that fails is probed, not hammered."""

import enum
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.ports.clock import Clock


class BreakerState(enum.StrEnum):
    """CLOSED lets everything through, OPEN nothing, HALF_OPEN waits for the answer to a probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a breaker opens, and when it probes.

    It opens after ``failures`` failures without a success between them. The first probe comes
    after ``first_probe``; when it fails, or all was well for no longer than the last wait, the next
    wait is twice as long, up to ``longest_wait``. ``jitter`` is the largest share added to a wait,
    so that installations do not probe in step.
    """

    failures: int = 5
    first_probe: timedelta = timedelta(seconds=5)
    longest_wait: timedelta = timedelta(minutes=5)
    jitter: float = 0.2


class Breaker:
    """The breaker of one hub or one destination."""

    def __init__(self, policy: BreakerPolicy, clock: Clock, rng: random.Random) -> None:
        self._policy = policy
        self._clock = clock
        self._rng = rng
        self._failures = 0
        self._wait_s = 0.0
        self._probe_at = 0.0
        self._closed_at = float("-inf")
        self.state = BreakerState.CLOSED

    @property
    def is_open(self) -> bool:
        """Whether even a probe would come too early; `wait_s` says by how much."""
        return self.state is BreakerState.OPEN and self._clock.monotonic() < self._probe_at

    @property
    def wait_s(self) -> float:
        """Seconds until it is worth another try; 0 when it is now."""
        if self.state is BreakerState.CLOSED:
            return 0.0
        if self.state is BreakerState.HALF_OPEN:
            return self._policy.first_probe.total_seconds()
        return max(0.0, self._probe_at - self._clock.monotonic())

    @property
    def would_admit(self) -> bool:
        """Whether `admit` would let somebody through now."""
        return self.state is BreakerState.CLOSED or (
            self.state is BreakerState.OPEN and not self.is_open
        )

    def admit(self) -> bool:
        """Let the caller through, who is the probe when this returns True.

        Whoever is the probe must end in `succeeded`, `failed` or `lapsed`.
        """
        if self.state is BreakerState.CLOSED:
            return False
        self.state = BreakerState.HALF_OPEN
        return True

    def succeeded(self) -> bool:
        """Note a success; True when that closed the breaker."""
        self._failures = 0
        if self.state is BreakerState.CLOSED:
            return False
        self._closed_at = self._clock.monotonic()
        self.state = BreakerState.CLOSED
        return True

    def failed(self, retry_after: timedelta | None = None) -> bool:
        """Note a failure; True when that opened the breaker. A given Retry-After wins."""
        self._failures += 1
        if self.state is BreakerState.CLOSED and self._failures < self._policy.failures:
            return False
        if self.state is BreakerState.OPEN:
            self._hold_until(retry_after)
            return False
        self._open(retry_after)
        return True

    def _open(self, retry_after: timedelta | None) -> None:
        now = self._clock.monotonic()
        self._wait_s = self._next_wait_s(now)
        self._probe_at = now + self._wait_s * (1 + self._policy.jitter * self._rng.random())
        self.state = BreakerState.OPEN
        self._hold_until(retry_after)

    def _next_wait_s(self, now: float) -> float:
        first_s = self._policy.first_probe.total_seconds()
        was_well = self.state is BreakerState.CLOSED and now - self._closed_at > self._wait_s
        if was_well or not self._wait_s:
            return first_s
        return min(2 * self._wait_s, self._policy.longest_wait.total_seconds())

    def _hold_until(self, retry_after: timedelta | None) -> None:
        if retry_after is not None:
            named = self._clock.monotonic() + retry_after.total_seconds()
            self._probe_at = max(self._probe_at, named)

    def lapsed(self) -> None:
        """The probe ended without an answer: the next one may go at once."""
        if self.state is BreakerState.HALF_OPEN:
            self.state = BreakerState.OPEN
            self._probe_at = self._clock.monotonic()


@dataclass(slots=True)
class Breakers:
    """The breakers of all hubs, or of all destinations, made when first asked for."""

    policy: BreakerPolicy
    clock: Clock
    rng: random.Random
    _by_name: dict[str, Breaker] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Breaker:
        breaker = self._by_name.get(name)
        if breaker is None:
            breaker = self._by_name[name] = Breaker(self.policy, self.clock, self.rng)
        return breaker

    def states(self) -> Mapping[str, BreakerState]:
        """The state of every breaker, by name."""
        return {name: breaker.state for name, breaker in self._by_name.items()}
