"""What travels through a line: an item, and what the engine needs to know about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pipeline.domain.errors import DocumentRejected
from pipeline.engine.breaker import Breaker
from pipeline.engine.passes import Pass

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Envelope(Generic[T]):
    """An item on its way.

    ``lane`` names what it will be written to, ``hub`` where it comes from, ``weight_bytes`` what
    it counts for in the byte budget, ``entered_at`` the monotonic second it was listed. ``pools``
    are those of the fair queue that it is counted in, ``probes`` the breakers that wait for its
    outcome.
    """

    item: T
    tenant: str
    lane: str
    hub: str
    weight_bytes: int
    entered_at: float
    trip: Pass
    attempt: int = 1
    pools: tuple[Any, ...] = ()
    probes: Sequence[Breaker] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that cannot be delivered, as it was before the stage that rejected it.

    ``stage`` names that stage; ``error`` is a `DocumentRejected` with rule ``internal`` when the
    cause is a bug.
    """

    tenant: str
    item: Any
    error: DocumentRejected
    stage: str
