"""A pass: one listing of one tenant, and everything that became of the items it found."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class PassSummary:
    """What one pass did; every listed item is counted once in one of the four outcomes.

    ``problem`` is the text a person reads when something stood in the way; ``is_blocked`` says
    that it stays so until a person changes something. ``is_partial`` says that the listing ended
    early and goes on in the next pass.
    """

    tenant: str
    started: datetime
    seconds: float
    listed: int
    completed: int
    rejected: int
    held: int
    postponed: int
    problem: str | None = None
    is_blocked: bool = False
    is_partial: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether everything that was listed is dealt with, so that nothing is owed."""
        return self.problem is None and not self.postponed and not self.is_partial


class Pass:
    """A pass while it runs; it is over when its listing ended and no item is pending."""

    __slots__ = (
        "_began",
        "again_in",
        "completed",
        "held",
        "is_blocked",
        "is_listing",
        "is_partial",
        "listed",
        "pending",
        "postponed",
        "problem",
        "rejected",
        "started",
        "tenant",
    )

    def __init__(self, tenant: str, *, started: datetime, began: float) -> None:
        self.tenant = tenant
        self.started = started
        self._began = began
        self.is_listing = True
        self.is_blocked = False
        self.is_partial = False
        self.listed = self.pending = 0
        self.completed = self.rejected = self.held = self.postponed = 0
        self.problem: str | None = None
        self.again_in: timedelta | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more can happen to it."""
        return not self.is_listing and not self.pending

    def postpone(self, problem: str, again_in: timedelta) -> None:
        """Note why something is left for the next pass; the longest wait wins."""
        self.problem = self.problem or problem
        if self.again_in is None or self.again_in < again_in:
            self.again_in = again_in

    def block(self, problem: str) -> None:
        """Note that a person has to change something; that outweighs any other problem."""
        if not self.is_blocked:
            self.problem = problem
        self.is_blocked = True

    def summary(self, now: float) -> PassSummary:
        """The counts so far, with the seconds up to ``now`` (monotonic)."""
        return PassSummary(
            tenant=self.tenant,
            started=self.started,
            seconds=now - self._began,
            listed=self.listed,
            completed=self.completed,
            rejected=self.rejected,
            held=self.held,
            postponed=self.postponed,
            problem=self.problem,
            is_blocked=self.is_blocked,
            is_partial=self.is_partial,
        )
