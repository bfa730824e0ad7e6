"""A line that runs: its queue, its workers, its passes, and how it ends."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import TaskGroup

from pipeline.engine.breaker import BreakerPolicy, Breakers
from pipeline.engine.channel import Channel
from pipeline.engine.delays import Delays
from pipeline.engine.envelope import Envelope
from pipeline.engine.exits import Exits, ReportBug
from pipeline.engine.gates import Gates
from pipeline.engine.guard import GuardPolicy, RejectionGuard
from pipeline.engine.listing import Listers
from pipeline.engine.metrics import NoMeters, Snapshot
from pipeline.engine.passes import PassSummary
from pipeline.engine.reports import BACKLOG, OnPassEnd, Reports
from pipeline.engine.retry import RetryBudget, RetryPolicy
from pipeline.engine.runner import BatchRunner, HandOn, SingleRunner, Wiring, the_cause
from pipeline.engine.scheduler import Scheduler
from pipeline.engine.stage import Plan, StageSpec
from pipeline.engine.tenancy import FairQueue, Limits
from pipeline.ports.clock import Clock
from pipeline.ports.meters import Meters


async def _nothing(_: Sequence[PassSummary]) -> None:
    """Nobody asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a line runs with.

    ``listers`` tenants are listed side by side, ``reporters`` ends of passes are reported side by
    side. ``report_bug`` must not raise.
    """

    clock: Clock
    report_bug: ReportBug
    on_pass_end: OnPassEnd = _nothing
    meters: Meters = field(default_factory=NoMeters)
    limits: Limits = field(default_factory=Limits)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    breaker: BreakerPolicy = field(default_factory=BreakerPolicy)
    guard: GuardPolicy = field(default_factory=GuardPolicy)
    listers: int = 16
    reporters: int = 8
    rng: random.Random = field(default_factory=random.Random)


class RunningLine:
    """One run of a line; made by `ReadyLine.assemble`."""

    def __init__(
        self, plan: Plan, sink: StageSpec, scheduler: Scheduler, options: RunOptions
    ) -> None:
        self._options = options
        self._scheduler = scheduler
        self._lister_scope: anyio.CancelScope | None = None
        lanes = Breakers(options.breaker, options.clock, options.rng)
        hubs = Breakers(options.breaker, options.clock, options.rng)
        self._queue = FairQueue(options.limits, lanes=lanes, hubs=hubs, recall=scheduler.wake)
        self._gates = Gates(lanes=lanes, hubs=hubs, queue=self._queue, meters=options.meters)
        self._delays = Delays(options.clock)
        self._reports = self._make_reports()
        self._exits = self._make_exits()
        self._runners = self._make_runners(plan, sink)
        self._listers = Listers(
            plan=plan,
            queue=self._queue,
            exits=self._exits,
            patience=max(1, options.listers // 2),
        )

    # -- parts --------------------------------------------------------------------------------
    def _make_reports(self) -> Reports:
        options, limits = self._options, self._options.limits
        capacity = BACKLOG + options.listers + limits.queued + limits.in_flight
        return Reports(
            scheduler=self._scheduler,
            channel=Channel(capacity, options.clock),
            on_pass_end=options.on_pass_end,
            report_bug=options.report_bug,
            retry=options.retry,
            clock=options.clock,
            meters=options.meters,
        )

    def _make_exits(self) -> Exits:
        options = self._options
        return Exits(
            queue=self._queue,
            gates=self._gates,
            retry=options.retry,
            budget=RetryBudget(options.retry, options.clock),
            delays=self._delays,
            guard=RejectionGuard(options.guard),
            clock=options.clock,
            meters=options.meters,
            rng=options.rng,
            report_bug=options.report_bug,
            on_over=self._reports.end,
        )

    def _make_runners(self, plan: Plan, sink: StageSpec) -> list[SingleRunner | BatchRunner]:
        """Connect the stages, the last one first."""
        wiring = Wiring(self._exits, self._options.clock, self._options.meters)
        recorder = self._make_runner(sink, wiring, self._exits.recorded)
        self._exits.sink = recorder
        runners = [recorder]
        hand_on: HandOn = self._exits.complete
        for spec in reversed(plan.stages[1:]):
            runners.append(self._make_runner(spec, wiring, hand_on))
            hand_on = runners[-1].accept
        return [self._make_first_runner(plan.stages[0], wiring, hand_on), *reversed(runners)]

    def _make_first_runner(self, spec: StageSpec, wiring: Wiring, hand_on: HandOn) -> SingleRunner:
        queue = self._queue
        return SingleRunner(
            spec,
            wiring,
            hand_on,
            take=queue.take,
            put=queue.give_back,
            queued=lambda: queue.queued,
        )

    def _make_runner(
        self, spec: StageSpec, wiring: Wiring, hand_on: HandOn
    ) -> SingleRunner | BatchRunner:
        capacity = self._options.limits.in_flight
        if spec.max_items is not None:
            return BatchRunner(spec, wiring, hand_on, capacity=capacity)
        channel: Channel[Envelope[Any]] = Channel(capacity, self._options.clock)
        return SingleRunner(
            spec,
            wiring,
            hand_on,
            take=channel.take,
            put=channel.put,
            queued=channel.__len__,
        )

    # -- life ---------------------------------------------------------------------------------
    async def run(self) -> None:
        """Run until the scheduler hands out nobody any more and every item has left.

        Raises:
            ConfigurationError: As raised by a stage or the source; `TooManyRejected` by the guard.
        """
        try:
            async with anyio.create_task_group() as workers:
                self._start_workers(workers)
                await self._run_listers()
                await self._reports.all_ended()
                workers.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise the_cause(group) from group

    def _start_workers(self, workers: TaskGroup) -> None:
        workers.start_soon(self._delays.work)
        for _ in range(self._options.reporters):
            workers.start_soon(self._reports.work)
        for runner in self._runners:
            runner.start(workers)

    async def _run_listers(self) -> None:
        async with anyio.create_task_group() as listers:
            self._lister_scope = listers.cancel_scope
            for _ in range(self._options.listers):
                listers.start_soon(self._list)

    async def _list(self) -> None:
        while True:
            await self._reports.wait_for_room()
            tenant = await self._scheduler.next_due()
            if tenant is None:
                return
            await self._listers.list(self._reports.begin(tenant))

    def stop(self) -> None:
        """List nothing any more, drop what is queued, let what is in flight finish.

        `run` returns when it did. Items that wait for another attempt are postponed.
        """
        self._exits.is_draining = True
        self._scheduler.close()
        if self._lister_scope is not None:
            self._lister_scope.cancel()
        for envelope in self._queue.drop_all():
            self._exits.drop(envelope, "The program was stopped.")
        self._delays.flush()

    # -- view ---------------------------------------------------------------------------------
    def snapshot(self) -> Snapshot:
        """What the line is doing now."""
        return Snapshot(
            at=self._options.clock.monotonic(),
            stages=tuple(runner.snapshot() for runner in self._runners),
            queued=self._queue.queued,
            in_flight=self._queue.in_flight,
            in_flight_bytes=self._queue.in_flight_bytes,
            tenants=len(self._scheduler),
            passes_running=self._reports.open_passes,
            completed=self._exits.completed,
            lanes=self._gates.states("lane"),
            hubs=self._gates.states("hub"),
        )
