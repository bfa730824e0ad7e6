"""The supervisor: starts workers, starts those again that die, and speaks for all of them."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, closing
from datetime import timedelta

import anyio
import structlog
from anyio import to_thread

from pipeline import __version__
from pipeline.app.hubs import open_parts
from pipeline.app.meters import SUPERVISOR_DEFINITIONS, WORKER_STARTS
from pipeline.app.recipes import recipe_of
from pipeline.app.service import StopSignal, first_of
from pipeline.app.workers.lives import Lives, exit_code_of, how_it_ended
from pipeline.app.workers.messages import Pushed, Ready, Recovered, Refused, Stop, Wanted
from pipeline.app.workers.process import WorkerProcess
from pipeline.app.workers.roots import Roots, open_roots
from pipeline.connectors.metrics import PrometheusMeters, merged, observation_served
from pipeline.connectors.service_manager import ServiceManager
from pipeline.domain.shards import Shard
from pipeline.engine.runner import the_cause
from pipeline.settings import Settings

log = structlog.get_logger()

MARGIN = timedelta(seconds=1.5)
"""What workers get on top of their own time to finish, before they are ended."""
SUPERVISOR = "supervisor"


async def can_be_shared(settings: Settings) -> bool:
    """Whether any hub's dossiers may be divided among processes.

    Raises:
        ConfigurationError: the hubs cannot be used as they are configured.
    """
    async with open_parts(settings, shard=Shard(2, settings.workers)) as parts:
        if parts:
            return True
    log.warning(
        "one process does all the work: the hubs allow no other",
        workers=settings.workers,
    )
    return False


async def run_workers(
    settings: Settings, environ: Mapping[str, str], *, take_over: bool = False
) -> int:
    """Run until asked to stop, or until a worker is given up; returns the exit code.

    Raises:
        AnotherInstance, ConfigurationError: as `open_installation`.
    """
    await to_thread.run_sync(recipe_of, settings)  # made once, before several make it at a time
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(StopSignal())
        manager = stack.enter_context(closing(ServiceManager(environ)))
        roots = await stack.enter_async_context(
            open_roots(settings, settings.workers, take_over=take_over)
        )
        supervisor = Supervisor(settings, environ, roots, manager)
        if settings.metrics_port:
            host, port = settings.metrics_host, settings.metrics_port
            served = observation_served(supervisor, supervisor.problems, host=host, port=port)
            await stack.enter_async_context(served)
        log.info("started", version=__version__, workers=settings.workers)
        code = await supervisor.run(stop)
        manager.stopping()
        log.info("stopped", exit_code=code)
    return code


class Supervisor:
    """Keeps workers going until one is given up or `run` is asked to stop."""

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        roots: Roots,
        manager: ServiceManager,
    ) -> None:
        self._environ = environ
        self._roots = roots
        self._manager = manager
        self._clock = roots.clock
        self._count = settings.workers
        self._grace = timedelta(seconds=settings.drain_seconds) + MARGIN
        self._meters = PrometheusMeters(SUPERVISOR_DEFINITIONS)
        self._living: dict[int, WorkerProcess] = {}
        self._ending = anyio.Event()
        self._code = 0
        self._is_announced = False

    async def run(self, stop: Callable[[], Awaitable[object]]) -> int:
        """Run all of them; returns the exit code of the service.

        Raises:
            AnotherInstance: a staging folder belongs to another installation, or is in use.
        """
        await self._roots.prepare(self._admit)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._roots.keep, self._admit)
                tasks.start_soon(self._manager.feed_watchdog, self._clock, self._is_well)
                tasks.start_soon(self._end_when, stop)
                async with anyio.create_task_group() as workers:
                    for number in range(1, self._count + 1):
                        workers.start_soon(self._keep, Shard(number, self._count))
                tasks.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise the_cause(group) from group
        return self._code

    def problems(self) -> list[str]:
        """Why not everything can be worked on now."""
        found = [f"{root}: {problem}" for root, problem in self._roots.problems.items()]
        for number in range(1, self._count + 1):
            process = self._living.get(number)
            found += process.problems if process else [f"Worker {number} does not run."]
        return list(dict.fromkeys(found))

    def exposition(self) -> bytes:
        """The metrics of all processes, see `pipeline.connectors.metrics.Exposes`."""
        told = {
            str(number): process.beat.exposition.encode()
            for number, process in sorted(self._living.items())
            if process.beat is not None
        }
        return merged({SUPERVISOR: self._meters.exposition(), **told})

    # -- lives --------------------------------------------------------------------------------
    async def _keep(self, shard: Shard) -> None:
        lives = Lives()
        while not self._ending.is_set():
            process = WorkerProcess(shard, self._clock, self._hear)
            for root in self._roots.recovered:
                process.tell(Recovered(root))
            self._meters.count(WORKER_STARTS, worker=str(shard.number))
            self._living[shard.number] = process
            try:
                code = await process.run(self._environ)
            finally:
                del self._living[shard.number]
            if not self._ending.is_set():
                await self._after(process, code, lives)

    async def _after(self, process: WorkerProcess, code: int, lives: Lives) -> None:
        pause, reason = lives.pause_after(code, process.seconds), how_it_ended(code)
        worker = process.shard.number
        if pause is None:
            log.error("a worker is given up, and the service ends", worker=worker, reason=reason)
            self._code = exit_code_of(code)
            self._ending.set()
            return
        seconds = pause.total_seconds()
        log.error("a worker ended and starts again", worker=worker, reason=reason, seconds=seconds)
        with anyio.move_on_after(seconds):
            await self._ending.wait()

    async def _end_when(self, stop: Callable[[], Awaitable[object]]) -> None:
        """Ask the workers to finish, and end those that take too long."""
        await first_of(stop, self._ending.wait)
        self._ending.set()
        for process in self._living.values():
            process.tell(Stop())
        await self._clock.sleep(self._grace.total_seconds())
        for number, process in self._living.items():
            log.warning("a worker did not finish in time", worker=number)
            process.kill()

    # -- what they tell -----------------------------------------------------------------------
    def _admit(self, root: str) -> None:
        for process in self._living.values():
            process.tell(Recovered(root))

    def _hear(self, process: WorkerProcess, message: Ready | Pushed | Wanted) -> None:
        match message:
            case Ready():
                self._announce()
            case Pushed():
                for other in self._living.values():
                    if other is not process:
                        other.tell(message)
            case Wanted(root) if root in self._roots.recovered:
                process.tell(Recovered(root))
            case Wanted(root):
                self._roots.want(root)
                if root in self._roots.problems:
                    process.tell(Refused(root, self._roots.problems[root]))

    def _announce(self) -> None:
        """Tell the service manager once all are ready for the first time."""
        ready = [each for each in self._living.values() if each.is_ready]
        if len(ready) == self._count and not self._is_announced:
            self._is_announced = True
            self._manager.ready()

    def _is_well(self) -> bool:
        return all(process.is_well for process in self._living.values())
