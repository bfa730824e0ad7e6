"""How many requests a hub gets at once: as many as it answers without making them wait.

Additive increase, multiplicative decrease (AIMD), as congestion control does it. What is measured
is what a request takes on average, by Little's law: the number of requests under way, summed over
time, divided by the number of those that ended. A hub that is asked for more than it can do lets
requests wait, so that this time grows; then fewer are sent.
"""

from collections import deque
from collections.abc import Callable

import anyio

from pipeline.ports.clock import Clock

LEAST = 2
"""Never fewer at once: one request that takes long must not hold up everything."""
SLACK_S = 0.02
"""Differences below this are noise of our own event loop."""
_SLOWER = 2.0
_AFTER_SLOWER, _AFTER_REFUSAL = 0.8, 0.5
_FORGETTING = 1.001
"""How fast the best time is forgotten, round by round: a hub may become slower for good."""
_ENDED_MIN = 16


class Concurrency:
    """Slots for requests, first come, first served; how many there are follows the hub.

    There are never more than ``most``, which is what the credential allows. A slot is taken by
    `acquire` and given back by `release`; between `began` and `ended` its request is measured.
    """

    def __init__(self, clock: Clock, most: int, *, on_change: Callable[[int], None]) -> None:
        self._clock = clock
        self._most = most
        self._on_change = on_change
        self._least = min(LEAST, most)
        self._waiting: deque[anyio.Event] = deque()
        self._taken = 0
        self._under_way = 0
        self._since = clock.monotonic()
        self._best_s = float("inf")
        self._was_full = self._was_refused = False
        self._ended, self._request_seconds = 0, 0.0
        self.limit = most
        on_change(most)

    # -- slots --------------------------------------------------------------------------------
    async def acquire(self) -> None:
        """Take a slot, waiting for one."""
        if self._taken < self.limit and not self._waiting:
            self._taken += 1
            return
        self._was_full = True
        turn = anyio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()
        except BaseException:
            self._give_up(turn)
            raise

    def _give_up(self, turn: anyio.Event) -> None:
        if turn.is_set():
            self.release()
        else:
            self._waiting.remove(turn)

    def release(self) -> None:
        """Give a slot back."""
        self._taken -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._taken < self.limit:
            self._taken += 1
            self._waiting.popleft().set()

    # -- measuring ----------------------------------------------------------------------------
    def began(self) -> None:
        """A request is sent."""
        self._note_time()
        self._under_way += 1

    def ended(self) -> None:
        """It was answered, or failed."""
        self._note_time()
        self._under_way -= 1
        self._ended += 1
        if self._ended >= max(_ENDED_MIN, 2 * self.limit):
            self._adapt()

    def refused(self) -> None:
        """One that ended said that it is too much, or had no answer; a burst counts once.

        What it took says nothing about the hub's pace, so it is not one of those measured.
        """
        self._ended = max(self._ended - 1, 0)
        if not self._was_refused:
            self._set_limit(int(self.limit * _AFTER_REFUSAL))
            self._begin_round()
            self._was_refused = True

    def _note_time(self) -> None:
        now = self._clock.monotonic()
        self._request_seconds += self._under_way * (now - self._since)
        self._since = now

    def _begin_round(self) -> None:
        self._ended = 0
        self._request_seconds = 0.0
        self._was_full = bool(self._waiting)
        self._was_refused = False

    def _adapt(self) -> None:
        took_s = self._request_seconds / self._ended
        self._best_s = min(self._best_s * _FORGETTING, took_s)
        is_slower = took_s > _SLOWER * self._best_s + SLACK_S
        if is_slower and self.limit == self._least:
            self._best_s, is_slower = took_s, False  # it is not we who make it slow
        was_full, was_refused = self._was_full, self._was_refused
        self._begin_round()
        if is_slower:
            self._set_limit(int(self.limit * _AFTER_SLOWER))
        elif was_full and not was_refused:
            self._set_limit(self.limit + 1)

    def _set_limit(self, limit: int) -> None:
        self.limit = min(max(limit, self._least), self._most)
        self._on_change(self.limit)
        self._admit()
