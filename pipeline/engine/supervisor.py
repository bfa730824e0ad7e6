"""Runs a line and what belongs beside it, and ends both in time when it is told to stop."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import anyio

from pipeline.engine.runner import outcome, the_cause
from pipeline.engine.running import RunningLine
from pipeline.ports.clock import Clock

SideTask = Callable[[], Awaitable[None]]

GRACE = timedelta(seconds=8)
"""Two seconds less than what service managers commonly give a process to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """A side task that failed starts again after ``first``, doubled each time up to ``longest``.

    One that ran for ``longest`` before it failed begins at ``first`` again.
    """

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """Keeps a line and its side tasks going until the line ends or `run` is asked to stop.

    Side tasks are listeners, pollers, heartbeats: one that fails is reported and started again, one
    that returns is done. None of them can end the process.
    """

    line: RunningLine
    clock: Clock
    report_failure: Callable[[str, Exception], None]
    grace: timedelta = GRACE
    restart: RestartPolicy = field(default_factory=RestartPolicy)
    _side_tasks: dict[str, SideTask] = field(default_factory=dict, init=False)
    _was_cut_short: bool = field(default=False, init=False)

    def beside(self, name: str, task: SideTask) -> None:
        """Add a side task; before `run`."""
        self._side_tasks[name] = task

    async def run(self, stop_requested: Callable[[], Awaitable[object]]) -> bool:
        """Run until the line ends, or is drained after ``stop_requested`` returned.

        Returns False when items were still in flight after the grace period: they were cut off
        and are found again at the next start.

        Raises:
            ConfigurationError: As raised by the line.
        """
        try:
            async with anyio.create_task_group() as tasks:
                for name, task in self._side_tasks.items():
                    tasks.start_soon(self._keep_going, name, task)
                tasks.start_soon(self._stop_when, stop_requested, tasks.cancel_scope)
                await self.line.run()
                tasks.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise the_cause(group) from group
        return not self._was_cut_short

    async def _stop_when(
        self, stop_requested: Callable[[], Awaitable[object]], scope: anyio.CancelScope
    ) -> None:
        await stop_requested()
        self.line.stop()
        await self.clock.sleep(self.grace.total_seconds())
        self._was_cut_short = True
        scope.cancel()

    async def _keep_going(self, name: str, task: SideTask) -> None:
        pause_s = self.restart.first.total_seconds()
        longest_s = self.restart.longest.total_seconds()
        while True:
            began = self.clock.monotonic()
            error = await outcome(task)
            if error is None:
                return
            self.report_failure(name, error)
            if self.clock.monotonic() - began >= longest_s:
                pause_s = self.restart.first.total_seconds()
            await self.clock.sleep(pause_s)
            pause_s = min(2 * pause_s, longest_s)
