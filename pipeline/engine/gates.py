"""The breakers of a running line, and what opening or closing one does to the queue."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pipeline.domain.errors import DestinationUnavailable, HubUnavailable, TransientError
from pipeline.engine.breaker import Breaker, Breakers, BreakerState
from pipeline.engine.envelope import Envelope
from pipeline.engine.metrics import BREAKER_OPENED
from pipeline.engine.stage import Per
from pipeline.engine.tenancy import FairQueue
from pipeline.ports.meters import Meters


class Gates:
    """One breaker for each hub and each lane.

    What is queued for something that went away is dropped, not kept: it would take the room of
    those that work, and the hub lists it again.
    """

    def __init__(
        self, *, lanes: Breakers, hubs: Breakers, queue: FairQueue, meters: Meters
    ) -> None:
        self._breakers: dict[Per, Breakers] = {"lane": lanes, "hub": hubs}
        self._queue = queue
        self._meters = meters

    def states(self, per: Per) -> Mapping[str, BreakerState]:
        """The state of every breaker of one kind, by name."""
        return self._breakers[per].states()

    def hub(self, name: str) -> Breaker:
        """The breaker of a hub."""
        return self._breakers["hub"][name]

    def is_shut(self, per: Per, name: str) -> bool:
        """Whether even a probe would come too early."""
        return self._breakers[per][name].is_open

    def wait(self, hub: str, lane: str | None = None) -> timedelta:
        """How long it is pointless to try; zero when it is not."""
        wait_s = self._breakers["hub"][hub].wait_s
        if lane is not None:
            wait_s = max(wait_s, self._breakers["lane"][lane].wait_s)
        return timedelta(seconds=wait_s)

    def unavailable(self, hub: str, lane: str | None = None) -> TransientError:
        """The error of an item that is turned away because its hub or lane is shut."""
        wait_s = self.wait(hub, lane).total_seconds()
        later = f"failed several times in a row; it is tried again in {wait_s:.0f} s."
        if lane is not None and self.is_shut("lane", lane):
            return DestinationUnavailable(f"Destination {lane} {later}")
        return HubUnavailable(f"Hub {hub} {later}")

    # -- news ---------------------------------------------------------------------------------
    def succeeded(self, per: Per, name: str) -> None:
        """Note that a lane or hub did what was asked of it."""
        if self._breakers[per][name].succeeded():
            self._queue.reopen()

    def failed(self, failures: Iterable[tuple[str, str | None, Exception]]) -> list[Envelope[Any]]:
        """Note the failures (hub, lane, error) of one call; return the queued items dropped.

        A call that failed for many items is one failure.
        """
        by_name: dict[tuple[Per, str], timedelta | None] = {}
        for hub, lane, error in failures:
            if isinstance(error, HubUnavailable):
                by_name["hub", hub] = error.retry_after
            elif isinstance(error, DestinationUnavailable) and lane is not None:
                by_name["lane", lane] = error.retry_after
        dropped = []
        for (per, name), retry_after in by_name.items():
            if self._breakers[per][name].failed(retry_after):
                self._meters.count(BREAKER_OPENED, kind=per, target=name)
                dropped += self._drop(per, name)
        return dropped

    def _drop(self, per: Per, name: str) -> list[Envelope[Any]]:
        return self._queue.drop_lane(name) if per == "lane" else self._queue.drop_hub(name)
