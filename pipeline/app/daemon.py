"""The service as a process: logs, metrics, health, and the service manager around `serve`."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from functools import partial
from typing import TYPE_CHECKING

import structlog

from pipeline import __version__
from pipeline.app.garbage import spare_collector
from pipeline.app.health import Readiness, Watchdog
from pipeline.app.installation import Installation, open_installation
from pipeline.app.service import serve
from pipeline.connectors.service_manager import ServiceManager
from pipeline.engine.supervisor import SideTask
from pipeline.settings import Settings
from pipeline.validation.rules.extension import likely_engine

if TYPE_CHECKING:
    from pipeline.app.observation import Observation

log = structlog.get_logger()


async def run_service(
    settings: Settings, environ: Mapping[str, str], *, take_over: bool = False
) -> int:
    """Run until asked to stop; returns the exit code of the process."""
    if settings.workers > 1:
        from pipeline.app.workers import supervisor  # noqa: PLC0415 - only if there is one

        if await supervisor.can_be_shared(settings):
            spare_collector()
            return await supervisor.run_workers(settings, environ, take_over=take_over)
    return await _run_alone(settings, environ, take_over=take_over)


async def _run_alone(settings: Settings, environ: Mapping[str, str], *, take_over: bool) -> int:
    observation = _observation_of(settings)
    meters = None if observation is None else observation.meters
    async with AsyncExitStack() as stack:
        manager = stack.enter_context(closing(ServiceManager(environ)))
        installation = await stack.enter_async_context(
            open_installation(settings, meters=meters, take_over=take_over)
        )
        readiness = Readiness(installation)
        if observation is not None:
            await stack.enter_async_context(observation.served(readiness))
        heard = await stack.enter_async_context(_webhooks_heard(installation))
        log.info(
            "started",
            version=__version__,
            dossiers=len(installation.directory),
            rules_engine=likely_engine(),
        )
        watchdog = Watchdog(installation)
        spare_collector()
        is_drained = await serve(
            installation,
            ready=partial(_ready, readiness, manager),
            beside={
                "feed the watchdog": lambda: manager.feed_watchdog(installation.clock, watchdog),
                **heard,
            },
        )
        manager.stopping()
        log.info("stopped", outcome="drained" if is_drained else "cut short")
    return 0


def _observation_of(settings: Settings) -> "Observation | None":
    if not settings.metrics_port:
        return None
    from pipeline.app.observation import Observation  # noqa: PLC0415 - a server that can be off

    return Observation(settings)


def _ready(readiness: Readiness, manager: ServiceManager) -> None:
    readiness.started()
    manager.ready()


@asynccontextmanager
async def _webhooks_heard(installation: Installation) -> AsyncIterator[Mapping[str, SideTask]]:
    """What has to run beside the line while webhooks are heard."""
    if not installation.settings.webhook_port:
        yield {}
        return
    from pipeline.app.webhooks import open_webhooks  # noqa: PLC0415 - a server that few need

    async with open_webhooks(installation) as webhooks:
        yield webhooks.side_tasks if webhooks else {}
