"""What a stage is to the engine, and the plan that a chain of them makes."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol, TypeVar

from pipeline.engine.envelope import Envelope, Rejected
from pipeline.engine.metrics import StageCounts

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)

Passed = tuple[Envelope[Any], Any]
"""An envelope, and what a stage made of its item."""

Per = Literal["lane", "hub"]
"""What a batch stage keeps apart: each lane, or each hub, has its own buffer and workers."""


class Source(Protocol[Out_co]):
    """Lists the items of a tenant, in pages; closed early when the rest is left for later."""

    def __call__(self, tenant: str, /) -> AsyncIterator[Sequence[Out_co]]:
        """Begin to list."""
        ...


class Stage(Protocol[In_contra, Out_co]):
    """Turns one item into the next."""

    async def __call__(self, item: In_contra, /) -> Out_co:
        """Process one item."""
        ...


class BatchStage(Protocol[In_contra, Out_co]):
    """Turns several items into the next ones.

    The answer has one entry for each item, in order; an error in the place of an entry concerns
    that item alone, an error that is raised concerns all of them.
    """

    async def __call__(self, items: Sequence[In_contra], /) -> Sequence[Out_co | Exception]:
        """Process a batch."""
        ...


class RejectionSink(Protocol):
    """Records rejected items, durably when it returns; an error means that none was recorded."""

    async def __call__(self, rejected: Sequence[Rejected], /) -> None:
        """Record a batch."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSpec:
    """One stage of a plan.

    ``max_items`` is None for a stage that takes one item at a time. With ``per``, ``workers`` is
    meant for each lane or hub.
    """

    name: str
    call: Callable[[Any], Any]
    workers: int
    max_items: int | None = None
    linger: timedelta = timedelta(0)
    per: Per | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A line as it was written down."""

    source: Source[Any]
    hub_of: Callable[[str], str]
    lane_of: Callable[[Any], str]
    lanes_of: Callable[[str], Collection[str]]
    weight_of: Callable[[Any], int]
    stages: tuple[StageSpec, ...] = ()


class Exits(Protocol):
    """Where a stage hands its items on; see `pipeline.engine.exits`."""

    def sort(
        self,
        stage: "Runner",
        envelopes: Sequence[Envelope[Any]],
        results: Sequence[Any],
    ) -> None:
        """Hand every item on, back or out, by what the stage answered for it."""
        ...

    def turns_away(self, stage: "Runner", envelopes: Sequence[Envelope[Any]]) -> bool:
        """Postpone a batch whose lane or hub is shut; False when the stage may go on."""
        ...


class Runner(Protocol):
    """A stage that runs."""

    spec: StageSpec
    counts: StageCounts

    def put(self, envelope: Envelope[Any]) -> None:
        """Queue an item before the stage; never waits."""
        ...

    def hand_on(self, passed: Sequence[Passed]) -> None:
        """Send processed items on to what follows."""
        ...
