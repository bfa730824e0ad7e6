"""Record how passes over dossiers ended, and what they add up to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
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

    async def __call__(self, summaries: Sequence[PassSummary]) -> None:
        """Count passes; write down those that found something or changed what is wrong."""
        records = [record for each in summaries if (record := self._noted(each)) is not None]
        settled = self._settled(summaries)
        if records or settled:
            await self.state.end_passes(records, settled)

    def _noted(self, summary: PassSummary) -> PassRecord | None:
        self._count(summary)
        had_problem = self.problems.pop(summary.tenant, None) is not None
        if summary.problem is not None:
            self.problems[summary.tenant] = summary.problem
        is_worth_it = summary.listed or summary.problem or had_problem
        return self._record(summary) if is_worth_it else None

    def _settled(self, summaries: Sequence[PassSummary]) -> Mapping[str, Mapping[str, int]]:
        """The markings that these passes have dealt with, by hub and dossier."""
        settled: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for summary in summaries:
            if summary.is_clean and (mark := self.due.settled(summary.tenant)) is not None:
                hub, _, dossier = summary.tenant.partition("/")
                settled[hub][dossier] = mark
        return settled

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
