"""The name of every metric, and what a line shows of itself while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from pipeline.engine.breaker import BreakerState
from pipeline.ports.meters import Meters

MetricName = Literal[
    # counter, items; labels stage, outcome (passed, retried, rejected, postponed or blocked)
    "dossierpost_items_total",
    # histogram, seconds that one call of a stage took; label stage
    "dossierpost_stage_seconds",
    # histogram, seconds from listing to the end of the last stage
    "dossierpost_item_seconds",
    # counter, passes that ended; label outcome (clean, problem or blocked)
    "dossierpost_passes_total",
    # counter, errors nobody planned for; label stage
    "dossierpost_bugs_total",
    # counter, events that hubs pushed; labels hub, outcome
    "dossierpost_webhooks_total",
    # counter, documents that could not be looked into; label cause (timeout, crash, memory, error)
    "dossierpost_unchecked_total",
    # counter, breakers that opened; labels kind (lane or hub), target
    "dossierpost_breaker_opened_total",
    # gauge, requests that a hub may get at once; label hub
    "dossierpost_hub_concurrency",
    # gauge, items that wait before a stage; label stage
    "dossierpost_stage_queued",
    # gauge, items a stage works on; label stage
    "dossierpost_stage_busy",
    # gauge, items listed and not taken
    "dossierpost_queued",
    # gauge, items taken and not settled
    "dossierpost_in_flight",
    # gauge, bytes taken and not settled
    "dossierpost_in_flight_bytes",
    # gauge, tenants the scheduler knows
    "dossierpost_tenants",
    # gauge, passes that run
    "dossierpost_passes_running",
]

ITEMS: Final[MetricName] = "dossierpost_items_total"
STAGE_SECONDS: Final[MetricName] = "dossierpost_stage_seconds"
ITEM_SECONDS: Final[MetricName] = "dossierpost_item_seconds"
PASSES: Final[MetricName] = "dossierpost_passes_total"
BUGS: Final[MetricName] = "dossierpost_bugs_total"
UNCHECKED: Final[MetricName] = "dossierpost_unchecked_total"
BREAKER_OPENED: Final[MetricName] = "dossierpost_breaker_opened_total"


@dataclass(slots=True)
class StageCounts:
    """What happened at one stage since the line started; ``queued`` and ``busy`` are of now."""

    name: str
    queued: int = 0
    busy: int = 0
    passed: int = 0
    retried: int = 0
    rejected: int = 0
    postponed: int = 0
    blocked: int = 0
    bugs: int = 0

    @property
    def errors(self) -> int:
        """Items that did not pass at the first attempt."""
        return self.retried + self.rejected + self.postponed + self.blocked + self.bugs


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A running line at one moment; cheap enough to take several times a second."""

    at: float
    stages: tuple[StageCounts, ...]
    queued: int
    in_flight: int
    in_flight_bytes: int
    tenants: int
    passes_running: int
    completed: int
    lanes: Mapping[str, BreakerState] = field(default_factory=dict)
    hubs: Mapping[str, BreakerState] = field(default_factory=dict)

    def rate_since(self, earlier: "Snapshot") -> float:
        """Items completed a second between two snapshots; 0 when no time passed."""
        seconds = self.at - earlier.at
        return (self.completed - earlier.completed) / seconds if seconds > 0 else 0.0

    def publish(self, meters: Meters) -> None:
        """Set the gauges; meant for a side task that runs every few seconds."""
        gauges: tuple[tuple[MetricName, int], ...] = (
            ("dossierpost_queued", self.queued),
            ("dossierpost_in_flight", self.in_flight),
            ("dossierpost_in_flight_bytes", self.in_flight_bytes),
            ("dossierpost_tenants", self.tenants),
            ("dossierpost_passes_running", self.passes_running),
        )
        for name, value in gauges:
            meters.gauge(name, value)
        for stage in self.stages:
            meters.gauge("dossierpost_stage_queued", stage.queued, stage=stage.name)
            meters.gauge("dossierpost_stage_busy", stage.busy, stage=stage.name)


class NoMeters:
    """See `pipeline.ports.meters.Meters`; forgets everything it is told."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Forget it."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Forget it."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Forget it."""
