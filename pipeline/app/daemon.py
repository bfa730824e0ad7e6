"""The service as a process: logs, metrics, health, and the service manager around `serve`."""

from collections.abc import Mapping
from contextlib import AsyncExitStack, closing

import structlog

from pipeline import __version__
from pipeline.app.garbage import spare_collector
from pipeline.app.installation import Installation, open_installation
from pipeline.app.meters import DEFINITIONS
from pipeline.app.service import serve
from pipeline.app.webhooks import open_webhooks
from pipeline.connectors.metrics import PrometheusMeters, observation_served
from pipeline.connectors.service_manager import ServiceManager
from pipeline.settings import Settings

log = structlog.get_logger()


async def run_service(
    settings: Settings, environ: Mapping[str, str], *, take_over: bool = False
) -> int:
    """Run until asked to stop; returns the exit code of the process."""
    meters = PrometheusMeters(DEFINITIONS)
    async with AsyncExitStack() as stack:
        manager = stack.enter_context(closing(ServiceManager(environ)))
        installation = await stack.enter_async_context(
            open_installation(settings, meters=meters, take_over=take_over)
        )
        readiness = Readiness(installation)
        if settings.metrics_port:
            await stack.enter_async_context(
                observation_served(
                    meters, readiness, host=settings.metrics_host, port=settings.metrics_port
                )
            )
        webhooks = await stack.enter_async_context(open_webhooks(installation))
        log.info("started", version=__version__, dossiers=len(installation.directory))
        watchdog = Watchdog(installation)
        spare_collector()
        is_drained = await serve(
            installation,
            ready=lambda: readiness.is_ready(manager),
            beside={
                "feed the watchdog": lambda: manager.feed_watchdog(installation.clock, watchdog),
                **(webhooks.side_tasks if webhooks else {}),
            },
        )
        manager.stopping()
        log.info("stopped", outcome="drained" if is_drained else "cut short")
    return 0


class Readiness:
    """Why the service cannot work now; nothing when it can."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._has_started = False

    def is_ready(self, manager: ServiceManager) -> None:
        """Recovery is done."""
        self._has_started = True
        manager.ready()

    def __call__(self) -> list[str]:
        """The reasons, each a sentence."""
        if not self._has_started:
            return ["Recovering what the last run left."]
        return [
            f"{lane}: {problem}"
            for lane, problem in self._installation.destinations.problems().items()
        ]


class Watchdog:
    """Whether the line moves: something was completed since the last look, or nothing is due."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._last = -1

    def __call__(self) -> bool:
        """Whether the service manager should go on waiting."""
        now = self._installation.snapshot()
        settled = sum(stage.passed + stage.errors for stage in now.stages)
        moves = settled != self._last or now.in_flight == 0
        self._last = settled
        return moves
