"""Batch: steps 2 to 8 of the delivery protocol (docs/delivery.md) for documents of one lane.

A batch in which nothing unusual happens goes through the loop once: one hop that stages and logs,
one commit of INTENT, one hop that moves and flushes, one commit of DELIVERED. A document that
needs another name, or another token, takes another turn with the others that do.
"""

from collections.abc import Sequence

from pipeline.domain.delivery import Delivery, Evidence
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import DestinationUnavailable, PipelineError
from pipeline.ports.clock import Clock
from pipeline.ports.destination import Destination, FolderProblem, MoveOutcome, MoveResult
from pipeline.ports.faults import FaultPoint
from pipeline.ports.state import IntentOutcome, IntentResult, LogMark, StateStore
from pipeline.stages.write import reasons
from pipeline.stages.write.job import MAX_RESTAGED, Job
from pipeline.stages.write.plan import Plan

BUSY_FOR_S = 60.0
_FIRST_PAUSE_S = 0.01
_LONGEST_PAUSE_S = 1.0

Result = Delivery | Exception


class Batch:
    """Takes plans to their end; ``results`` has one entry for each when `run` returns."""

    def __init__(
        self, destination: Destination, state: StateStore, clock: Clock, faultpoint: FaultPoint
    ) -> None:
        self.results: dict[DocumentKey, Result] = {}
        self._destination = destination
        self._state = state
        self._clock = clock
        self._faultpoint = faultpoint
        self._jobs: list[Job] = []
        self._to_stage: list[Job] = []
        self._to_log: list[Job] = []
        self._to_intend: list[Job] = []
        self._to_move: list[Job] = []
        self._to_withdraw: list[tuple[Job, Result | None]] = []
        self._mark: LogMark | None = None
        self._pause_s = _FIRST_PAUSE_S

    async def run(self, plans: Sequence[Plan]) -> None:
        """Take every document to its folder, or to the reason why not.

        Raises `DestinationUnavailable`, or what the state raises, when the outcome of a step is
        unknown; the destination must then be recovered.
        """
        self._jobs = [Job(plan) for plan in plans]
        self._to_stage = list(self._jobs)
        await self._turn_until_done()

    async def resume(self, jobs: Sequence[Job]) -> None:
        """Take deliveries on that have an INTENT row and tokens in staging.

        What cannot be moved keeps its row and its token; one whose token vanishes meanwhile gets
        no result.
        """
        self._jobs = list(jobs)
        self._to_move = list(jobs)
        await self._turn_until_done()

    async def _turn_until_done(self) -> None:
        while self._to_stage or self._to_log or self._to_move:
            await self._stage()
            await self._log()
            await self._intend()
            await self._move()
            await self._withdraw()

    def fail(self, error: Exception) -> None:
        """Give every document without a result the error that ended the batch.

        What has a row is settled by recovery, so that is never a bug of the document.
        """
        for job in self._jobs:
            is_own = isinstance(error, PipelineError) or not job.is_intended
            later = DestinationUnavailable(f"Destination {self._destination.name} is looked at.")
            self.results.setdefault(job.delivery.key, error if is_own else later)

    # -- steps 2 to 4 -------------------------------------------------------------------------
    async def _stage(self) -> None:
        jobs, self._to_stage = self._to_stage, []
        if not jobs:
            return
        for job in jobs:
            job.give_fence(self._destination.new_fence())
        self._faultpoint("reserved")
        staged = await self._destination.stage(
            [job.delivery for job in jobs],
            existing={
                file.folder: job.plan.existing for job in jobs for file in job.delivery.files
            },
        )
        self._mark = staged.mark or self._mark
        for job in jobs:
            failure = staged.failures.get(job.delivery.key)
            if failure is None:
                self._to_intend.append(job)
            else:
                self._end(job, _explained(failure, job))

    async def _log(self) -> None:
        jobs, self._to_log = self._to_log, []
        if jobs:
            self._mark = await self._destination.log([job.delivery for job in jobs])
            self._to_intend += jobs

    # -- step 5 -------------------------------------------------------------------------------
    async def _intend(self) -> None:
        jobs, self._to_intend = self._to_intend, []
        if not jobs:
            return
        outcomes = await self._state.intend(
            [job.delivery for job in jobs],
            boot_id=self._destination.boot_id,
            marks={self._destination.name: self._mark} if self._mark else None,
        )
        self._faultpoint("intended")
        for job, outcome in zip(jobs, outcomes, strict=True):
            self._after_intent(job, outcome)

    def _after_intent(self, job: Job, outcome: IntentOutcome) -> None:
        match outcome.result:
            case IntentResult.INTENDED:
                job.is_intended = True
                self._to_move.append(job)
            case IntentResult.NAME_TAKEN:
                self._rename(job)
            case IntentResult.KNOWN:
                self._give_up(job, _delivered_before(job, outcome))
            case IntentResult.DUPLICATE:
                self._give_up(job, reasons.duplicate(job.delivery, outcome))
            case IntentResult.CHANGED:
                self._give_up(job, reasons.changed(job.delivery, outcome))

    # -- steps 6 to 8 -------------------------------------------------------------------------
    async def _move(self) -> None:
        jobs, self._to_move = self._to_move, []
        if not jobs:
            return
        outcomes = await self._destination.move([job.files for job in jobs])
        done = []
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.waiting = job.waiting[outcome.moved :]
            if outcome.result is MoveResult.MOVED:
                done.append(job.done(outcome.evidence))
            else:
                self._after_stop(job, outcome)
        await self._record(done)
        if self._to_move:
            await self._clock.sleep(self._pause_s)
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)

    async def _record(self, done: Sequence[Delivery]) -> None:
        if done:
            await self._state.delivered(done)
            self._faultpoint("delivered")
            self.results |= {delivery.key: delivery for delivery in done}

    def _after_stop(self, job: Job, outcome: MoveOutcome) -> None:
        match outcome:
            case MoveOutcome(result=MoveResult.NAME_EXISTS):
                self._rename(job)
            case MoveOutcome(result=MoveResult.BUSY, problem=FolderProblem() as problem):
                self._wait(job, problem)
            case MoveOutcome(problem=FolderProblem() as problem):
                self._give_up(job, reasons.unusable(problem, job.plan.setting))
            case _:
                self._stage_again(job)

    def _wait(self, job: Job, problem: FolderProblem) -> None:
        now = self._clock.monotonic()
        since = job.busy_since_s = now if job.busy_since_s is None else job.busy_since_s
        if now - since < BUSY_FOR_S:
            self._to_move.append(job)
        else:
            self._give_up(job, reasons.busy(problem))

    def _stage_again(self, job: Job) -> None:
        """The token vanished before its first move: without its row it was never delivered."""
        job.restaged += 1
        is_hopeless = job.restaged > MAX_RESTAGED
        self._give_up(job, reasons.vanished(job.delivery) if is_hopeless else None)

    def _rename(self, job: Job) -> None:
        """A new line and a new INTENT come first: a moved file has the name its row says."""
        if job.take_next_name():
            self._to_log.append(job)
        else:
            self._give_up(job, reasons.no_name_left(job.delivery))

    # -- giving up ----------------------------------------------------------------------------
    def _give_up(self, job: Job, result: Result | None) -> None:
        """Withdraw at the end of the turn; None means that it is staged again afterwards."""
        if not job.is_recovered:
            self._to_withdraw.append((job, result))
        elif result is not None:
            self._end(job, result)

    async def _withdraw(self) -> None:
        """Rows first: a token is never gone while a row says that it will be moved."""
        given_up, self._to_withdraw = self._to_withdraw, []
        if not given_up:
            return
        if intended := [job.delivery.key for job, _ in given_up if job.is_intended]:
            await self._state.withdraw(intended)
        await self._destination.withdraw([job.stem for job, _ in given_up])
        for job, result in given_up:
            if result is None:
                self._to_stage.append(job)
            else:
                self._end(job, result)

    def _end(self, job: Job, result: Result) -> None:
        self.results[job.delivery.key] = result


def _explained(failure: FolderProblem | PipelineError, job: Job) -> PipelineError:
    if isinstance(failure, FolderProblem):
        return reasons.unusable(failure, job.plan.setting)
    return failure


def _delivered_before(job: Job, outcome: IntentOutcome) -> Delivery:
    row = outcome.other
    evidence = row.evidence if row is not None else None
    path = row.path if row is not None else None
    done = job.done(evidence or Evidence.SEEN)
    return done if path is None else Delivery(done.key, path, done.evidence, done.offset)
