"""Prometheus metrics and health over HTTP on a loopback port."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, Literal, Protocol, cast

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from pipeline.domain.errors import ConfigurationError

MetricKind = Literal["counter", "gauge", "histogram"]
Definition = tuple[MetricKind, str, tuple[str, ...]]
"""Kind, help text and label names of a metric."""

Readiness = Callable[[], Sequence[str]]
"""Answers why the process cannot do its work now; nothing when it can."""

BUCKETS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""Seconds; from one document out of memory to a hub that takes its time."""

_CLOSE_SECONDS = 1.0


class Exposes(Protocol):
    """Whoever has metrics."""

    def exposition(self) -> bytes:
        """All of them in the Prometheus text format."""
        ...


class PrometheusMeters:
    """See `pipeline.ports.meters.Meters`.

    ``definitions`` says which metrics exist. A measurement that does not fit them is a mistake in
    the program; it is counted in ``dossierpost_misfit_measurements_total`` and lost.
    """

    def __init__(self, definitions: Mapping[str, Definition]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        self._misfits = Counter(
            "dossierpost_misfit_measurements_total",
            "Measurements whose name or labels nobody defined.",
            registry=self.registry,
        )
        for name, definition in definitions.items():
            self._define(name, definition)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add ``amount`` to a counter."""
        try:
            metric = self._counters[name]
            (metric.labels(**labels) if labels else metric).inc(amount)
        except (KeyError, ValueError):
            self._misfits.inc()

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        try:
            metric = self._gauges[name]
            (metric.labels(**labels) if labels else metric).set(value)
        except (KeyError, ValueError):
            self._misfits.inc()

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Record one duration."""
        try:
            metric = self._histograms[name]
            (metric.labels(**labels) if labels else metric).observe(seconds)
        except (KeyError, ValueError):
            self._misfits.inc()

    def exposition(self) -> bytes:
        """All metrics in the Prometheus text format."""
        return generate_latest(self.registry)

    def _define(self, name: str, definition: Definition) -> None:
        kind, text, labels = definition
        if kind == "counter":
            self._counters[name] = Counter(name, text, labels, registry=self.registry)
        elif kind == "gauge":
            self._gauges[name] = Gauge(name, text, labels, registry=self.registry)
        else:
            self._histograms[name] = Histogram(
                name, text, labels, registry=self.registry, buckets=BUCKETS
            )


def merged(expositions: Mapping[str, bytes]) -> bytes:
    """The metrics of several processes as one text: each by name, with the label ``worker``."""
    return generate_latest(cast("CollectorRegistry", _Merged(expositions)))


class _Merged:
    """What is asked of a registry when its text is made."""

    def __init__(self, expositions: Mapping[str, bytes]) -> None:
        self._expositions = expositions

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for worker, text in self._expositions.items():
            for family in text_string_to_metric_families(text.decode()):
                mine = Metric(family.name, family.documentation, family.type)
                into = families.setdefault(family.name, mine)
                for sample in family.samples:
                    into.add_sample(sample.name, {"worker": worker, **sample.labels}, sample.value)
        return families.values()


def observation_app(meters: Exposes, not_ready_because: Readiness) -> web.Application:
    """Serve ``/metrics``, ``/healthz`` (the process answers) and ``/readyz`` (it can work)."""

    async def metrics(_request: web.Request) -> web.Response:
        body = meters.exposition()
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    async def alive(_request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def ready(_request: web.Request) -> web.Response:
        reasons = not_ready_because()
        if not reasons:
            return web.Response(text="ready\n")
        return web.Response(text="".join(f"{reason}\n" for reason in reasons), status=503)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    return app


@asynccontextmanager
async def observation_served(
    meters: Exposes, not_ready_because: Readiness, *, host: str, port: int
) -> AsyncIterator[int]:
    """Serve `observation_app` while the context lasts; yields the port that is listened on.

    ``port`` 0 takes any free one.

    Raises:
        ConfigurationError: the address is not of this machine or the port is taken.
    """
    app = observation_app(meters, not_ready_because)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise ConfigurationError(
            f"Metrics cannot be served at {host} port {port}: {error.strerror or error}. Choose"
            " another DOSSIERPOST_METRICS_PORT, or 0 for none."
        ) from error
