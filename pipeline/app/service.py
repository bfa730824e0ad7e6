"""Run an installation: one pass over what is due, or for ever."""

import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Self

import anyio
import structlog

from pipeline import __version__
from pipeline.app.installation import Installation
from pipeline.app.names import no_such_dossier
from pipeline.domain.delivery import RowStatus
from pipeline.domain.errors import PipelineError
from pipeline.engine.supervisor import SideTask, Supervisor
from pipeline.ports.hub import Heartbeat, Hub

log = structlog.get_logger()

PREPARE_S = 5.0
"""Between two looks at destinations that cannot be used now."""

SHARES_S = 900.0
"""Between two looks at network shares for moves that their server lost."""

TELL_AGAIN_S = 600.0
"""Between two sweeps for what hubs may not have heard."""

PUBLISH_S = 5.0
"""Between two settings of the gauges."""

Stop = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What one run over the due dossiers did; a stable form that scripts read.

    Every listed document is ``forwarded``, one of the ``errors``, ``held`` for a person, or
    ``postponed``: still To fetch, with the reason among the ``problems`` by dossier.
    """

    listed: int
    forwarded: int
    errors: int
    held: int
    postponed: int
    seconds: float
    problems: dict[str, str]


class StopSignal:
    """SIGTERM or Ctrl-C: inside of the context none is lost, and the process goes on.

    ``has_come`` says, also afterwards, that the process was asked to end.
    """

    def __init__(self) -> None:
        self.has_come = False
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        receiver = anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT)
        self._signals = self._stack.enter_context(receiver)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    async def __call__(self) -> None:
        """Return when the process is asked to end; inside of the context."""
        number = await anext(self._signals)
        self.has_come = True
        log.info("stopping", signal=signal.Signals(number).name)


async def first_of(*waits: Stop) -> None:
    """Return when one of them does."""
    async with anyio.create_task_group() as tasks:

        async def wait_for(wait: Stop) -> None:
            await wait()
            tasks.cancel_scope.cancel()

        for wait in waits:
            tasks.start_soon(wait_for, wait)


async def sync_once(
    installation: Installation,
    *,
    dossiers: tuple[str, ...] = (),
    everything: bool = False,
    stop: StopSignal | None = None,
) -> SyncResult:
    """Fetch what is due (or the ``dossiers`` named, or ``everything``), then return.

    A signal to ``stop`` lets what is under way finish first. Before anything is, it ends the
    process as usual.

    Raises:
        HubUnavailable, CredentialsRejected: the hub could not be asked what is due.
        ConfigurationError: a dossier is unknown, or the run was stopped because the set-up is
            wrong.
    """
    began = installation.clock.monotonic()
    for follower in installation.followers:
        await follower.catch_up(everything=everything)
    wake_dossiers(installation, dossiers)
    await installation.note_unfinished()
    await installation.prepare_destinations()
    await installation.tell_again()
    installation.scheduler.close_when_idle()
    with stop or StopSignal() as stop_requested:
        await _supervisor(installation).run(stop_requested)
    return result_of(installation, seconds=installation.clock.monotonic() - began)


def wake_dossiers(installation: Installation, dossier_ids: Iterable[str]) -> None:
    """Make dossiers due now.

    Raises:
        ConfigurationError: no hub lists one of them, or it is not linked.
    """
    for dossier_id in dossier_ids:
        tenants = [f"{hub_name}/{dossier_id}" for hub_name in installation.hubs]
        if not any(installation.scheduler.wake(tenant) for tenant in tenants):
            raise no_such_dossier(dossier_id)


def result_of(installation: Installation, *, seconds: float) -> SyncResult:
    """What an installation did so far."""
    passes = installation.passes
    return SyncResult(
        listed=passes.listed,
        forwarded=passes.completed,
        errors=passes.rejected,
        held=passes.held,
        postponed=passes.postponed,
        seconds=round(seconds, 3),
        problems=dict(passes.problems),
    )


async def serve(
    installation: Installation,
    *,
    stop: Stop | None = None,
    ready: Callable[[], None] = lambda: None,
    beside: Mapping[str, SideTask] | None = None,
) -> bool:
    """Work until asked to stop (by ``stop``, or by a signal), then drain.

    ``ready`` is called once recovery is done. Returns False when the drain was cut short: what
    was under way is found again at the next start.
    """
    for follower in installation.followers:
        follower.schedule_known()
    await installation.note_unfinished()
    await installation.prepare_destinations()
    supervisor = _supervisor(installation)
    for name, task in {**_side_tasks(installation), **(beside or {})}.items():
        supervisor.beside(name, task)
    with nullcontext(stop) if stop else StopSignal() as stop_requested:
        ready()
        return await supervisor.run(stop_requested)


def _supervisor(installation: Installation) -> Supervisor:
    supervisor = Supervisor(
        line=installation.line,
        clock=installation.clock,
        report_failure=_report_failure,
        grace=timedelta(seconds=installation.settings.drain_seconds),
    )
    supervisor.beside("prepare destinations", lambda: _prepare(installation))
    return supervisor


def _side_tasks(installation: Installation) -> dict[str, SideTask]:
    tasks: dict[str, SideTask] = {
        "publish gauges": lambda: _publish(installation),
        "tell hubs again": lambda: _tell_again(installation),
        "look at shares again": lambda: _look_at_shares(installation),
    }
    for follower in installation.followers:
        name = follower.hub.name
        tasks[f"poll {name}"] = follower.poll
        tasks[f"listen to {name}"] = follower.listen
        if installation.is_first:
            tasks[f"heartbeat to {name}"] = partial(_beat, installation, follower.hub)
    return tasks


async def _prepare(installation: Installation) -> None:
    while True:
        await installation.clock.sleep(PREPARE_S)
        await installation.prepare_destinations()


async def _look_at_shares(installation: Installation) -> None:
    while True:
        await installation.clock.sleep(SHARES_S)
        installation.destinations.doubt_shares()


async def _tell_again(installation: Installation) -> None:
    while True:
        await installation.tell_again()
        await installation.clock.sleep(TELL_AGAIN_S)


async def _publish(installation: Installation) -> None:
    while True:
        installation.snapshot().publish(installation.meters)
        await installation.clock.sleep(PUBLISH_S)


async def _beat(installation: Installation, hub: Hub) -> None:
    installation_id = await installation.state.installation_id()
    while True:
        counts = await installation.state.counts()
        await hub.heartbeat(
            Heartbeat(
                installation_id=installation_id,
                version=__version__,
                to_fetch=counts.get(RowStatus.INTENT, 0),
                errors=counts.get(RowStatus.ERROR, 0) + counts.get(RowStatus.HELD, 0),
                forwarded=counts.get(RowStatus.DELIVERED, 0) + counts.get(RowStatus.ACKED, 0),
            )
        )
        await installation.clock.sleep(installation.settings.heartbeat_seconds)


def _report_failure(task: str, error: Exception) -> None:
    if isinstance(error, PipelineError):
        log.warning("a side task failed and starts again", action=task, error=str(error))
    else:
        log.error("a side task failed and starts again", action=task, exc_info=error)
