"""One worker: what its supervisor runs, a service of its own shard of the dossiers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from pipeline.app.garbage import spare_collector
from pipeline.app.health import Readiness, Watchdog
from pipeline.app.installation import Installation, WorkerPlace, open_installation
from pipeline.app.meters import DEFINITIONS
from pipeline.app.service import StopSignal, first_of, serve
from pipeline.app.webhooks import hearing_of, open_webhooks
from pipeline.app.workers.channel import Channel, channel_to_supervisor
from pipeline.app.workers.messages import Beat, Pushed, Ready
from pipeline.connectors.metrics import PrometheusMeters
from pipeline.domain.shards import Shard
from pipeline.engine.supervisor import SideTask
from pipeline.ports.hub import Hint
from pipeline.settings import Settings

log = structlog.get_logger()

BEAT_S = 2.0


async def run_worker(settings: Settings, shard: Shard) -> int:
    """Work until the supervisor, or a signal, asks to stop; returns the exit code."""
    structlog.contextvars.bind_contextvars(worker=shard.number)
    meters = PrometheusMeters(DEFINITIONS)
    async with AsyncExitStack() as stack:
        signals = stack.enter_context(StopSignal())
        channel = channel_to_supervisor()
        place = WorkerPlace(shard, channel.admit)
        installation = await stack.enter_async_context(
            open_installation(settings, meters=meters, place=place)
        )
        hearing = await stack.enter_async_context(_events_heard(installation, channel))
        heart = _Heart(installation, meters, channel)
        spare_collector()
        is_drained = await serve(
            installation,
            stop=lambda: first_of(signals, channel.stop_requested),
            ready=heart.ready,
            beside={"tell the supervisor": heart.beat, **hearing},
        )
        log.info("stopped", outcome="drained" if is_drained else "cut short")
    return 0


class _Heart:
    """Tells the supervisor how this worker is."""

    def __init__(
        self, installation: Installation, meters: PrometheusMeters, channel: Channel
    ) -> None:
        self._installation = installation
        self._meters = meters
        self._channel = channel
        self._readiness = Readiness(installation)
        self._watchdog = Watchdog(installation)

    def ready(self) -> None:
        self._readiness.started()
        self._channel.tell(Ready())

    async def beat(self) -> None:
        while True:
            text = self._meters.exposition().decode()
            self._channel.tell(Beat(self._watchdog(), self._readiness(), text))
            await self._installation.clock.sleep(BEAT_S)


@asynccontextmanager
async def _events_heard(
    installation: Installation, channel: Channel
) -> AsyncIterator[Mapping[str, SideTask]]:
    """One worker listens for what hubs push, and passes it on; what has to run beside the line."""
    if installation.is_first:

        def pass_on(hub: str, hint: Hint) -> None:
            channel.tell(Pushed(hub, hint.dossier_id))

        async with open_webhooks(installation, pass_on) as webhooks:
            yield webhooks.side_tasks if webhooks else {}
    else:
        hearing = hearing_of(installation)
        channel.on_pushed = hearing.hear
        yield {"follow events": hearing.work}
