"""Record how passes over dossiers ended, and what they add up to."""

from dataclasses import dataclass, field

from pipeline.engine.passes import PassSummary
from pipeline.ports.clock import Clock
from pipeline.ports.state import PassRecord, StateStore
from pipeline.usecases.keep_due import DueBook


@dataclass(slots=True)
class RecordPasses:
    """Told the end of every pass; ``totals`` grow for as long as it lives."""

    state: StateStore
    due: DueBook
    clock: Clock
    listed: int = field(default=0, init=False)
    completed: int = field(default=0, init=False)
    rejected: int = field(default=0, init=False)
    held: int = field(default=0, init=False)
    postponed: int = field(default=0, init=False)
    problems: dict[str, str] = field(default_factory=dict, init=False)

    async def __call__(self, summary: PassSummary) -> None:
        """Count the pass; write it down unless it found nothing and nothing was wrong before."""
        self._count(summary)
        had_problem = self.problems.pop(summary.tenant, None) is not None
        if summary.problem is not None:
            self.problems[summary.tenant] = summary.problem
        if summary.listed or summary.problem or had_problem:
            await self.state.record_pass(self._record(summary))
        if summary.is_clean and (mark := self.due.settled(summary.tenant)) is not None:
            hub, _, dossier = summary.tenant.partition("/")
            await self.state.clear_due(hub, {dossier: mark})

    def _count(self, summary: PassSummary) -> None:
        self.listed += summary.listed
        self.completed += summary.completed
        self.rejected += summary.rejected
        self.held += summary.held
        self.postponed += summary.postponed

    def _record(self, summary: PassSummary) -> PassRecord:
        return PassRecord(
            tenant=summary.tenant,
            finished_at=self.clock.now(),
            seconds=summary.seconds,
            listed=summary.listed,
            forwarded=summary.completed,
            errors=summary.rejected + summary.held,
            problem=summary.problem,
        )
