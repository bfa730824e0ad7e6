"""What a service lets others see of it, where the settings open a port for that."""

from contextlib import AbstractAsyncContextManager

from pipeline.app.meters import DEFINITIONS
from pipeline.connectors.metrics import PrometheusMeters, Readiness, observation_served
from pipeline.settings import Settings


class Observation:
    """The meters of a process, and the endpoints that show them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.meters = PrometheusMeters(DEFINITIONS)

    def served(self, readiness: Readiness) -> AbstractAsyncContextManager[int]:
        """See `observation_served`."""
        settings = self._settings
        return observation_served(
            self.meters, readiness, host=settings.metrics_host, port=settings.metrics_port
        )
