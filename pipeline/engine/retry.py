"""When something that failed is tried again, and when it is left for later."""

from dataclasses import dataclass
from datetime import timedelta

from pipeline.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How patient the line is with one item, and with all of them together.

    An item is tried ``attempts`` times in all. It waits between half and the whole of ``first``,
    doubled with every attempt up to ``longest``; a Retry-After is waited for in full, unless it is
    longer than ``longest``: then the item leaves as postponed, because waiting items hold slots.
    All retries together draw on a bucket of ``burst`` tokens that fills by ``per_second``, so that
    a wide failure does not double the load. A postponed tenant is due again after ``postponed``, a
    blocked one after ``blocked``, unless somebody wakes it before.
    """

    attempts: int = 4
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(seconds=30)
    per_second: float = 10.0
    burst: float = 200.0
    postponed: timedelta = timedelta(minutes=1)
    blocked: timedelta = timedelta(minutes=15)

    def delay_s(self, attempt: int, retry_after: timedelta | None, spread: float) -> float | None:
        """Seconds to wait after the failed ``attempt`` (1 is the first); None: leave it for later.

        ``spread`` is a random number from 0 to 1. A Retry-After is a promise of the other side: it
        is never cut short, only spread a little.
        """
        if attempt >= self.attempts:
            return None
        longest_s = self.longest.total_seconds()
        backoff_s = min(self.first.total_seconds() * 2.0 ** (attempt - 1), longest_s)
        backoff_s *= 0.5 + spread / 2
        if retry_after is None:
            return backoff_s
        named_s = retry_after.total_seconds()
        return None if named_s > longest_s else max(backoff_s, named_s * (1 + spread / 10))


class RetryBudget:
    """The tokens that all retries of a line share."""

    def __init__(self, policy: RetryPolicy, clock: Clock) -> None:
        self._policy = policy
        self._clock = clock
        self._tokens = policy.burst
        self._filled_at = clock.monotonic()

    def spend(self) -> bool:
        """Take a token; False when there is none."""
        now = self._clock.monotonic()
        gained = (now - self._filled_at) * self._policy.per_second
        self._tokens = min(self._policy.burst, self._tokens + gained)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
