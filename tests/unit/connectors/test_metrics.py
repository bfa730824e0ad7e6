"""Metrics and health over HTTP."""

import aiohttp
import pytest

from pipeline.connectors.metrics import (
    Definition,
    PrometheusMeters,
    merged,
    observation_served,
)
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.meters import Meters

DEFINITIONS: dict[str, Definition] = {
    "dossierpost_items_total": ("counter", "Items.", ("stage", "outcome")),
    "dossierpost_tenants": ("gauge", "Tenants.", ()),
    "dossierpost_stage_seconds": ("histogram", "Seconds of a stage.", ("stage",)),
}


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both event loops that the web server runs on."""
    backend: tuple[str, dict[str, bool]] = request.param
    return backend


def ready() -> list[str]:
    return []


async def get(port: int, path: str) -> tuple[int, str, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as response,
    ):
        return response.status, response.content_type, await response.text()


def test_measurements_are_exposed_with_their_labels() -> None:
    meters = PrometheusMeters(DEFINITIONS)
    told: Meters = meters

    told.count("dossierpost_items_total", stage="write", outcome="passed")
    told.count("dossierpost_items_total", 2, stage="write", outcome="passed")
    told.gauge("dossierpost_tenants", 50_000)
    told.observe("dossierpost_stage_seconds", 0.02, stage="write")

    text = meters.exposition().decode()
    assert 'dossierpost_items_total{outcome="passed",stage="write"} 3.0' in text
    assert "dossierpost_tenants 50000.0" in text
    assert 'dossierpost_stage_seconds_bucket{le="0.025",stage="write"} 1.0' in text
    assert "# HELP dossierpost_tenants Tenants." in text


@pytest.mark.parametrize("labels", [{}, {"stage": "x"}, {"stage": "x", "who": "y"}])
def test_a_measurement_that_does_not_fit_is_counted_and_never_raises(
    labels: dict[str, str],
) -> None:
    meters = PrometheusMeters(DEFINITIONS)

    meters.count("dossierpost_items_total", 1, **labels)
    meters.gauge("nobody_defined_this", 1, **labels)
    meters.observe("dossierpost_items_total", 1, **labels)

    assert "dossierpost_misfit_measurements_total 3.0" in meters.exposition().decode()


def test_two_instances_do_not_share_their_numbers() -> None:
    one, other = PrometheusMeters(DEFINITIONS), PrometheusMeters(DEFINITIONS)

    one.gauge("dossierpost_tenants", 1)

    assert "dossierpost_tenants 0.0" in other.exposition().decode()


async def test_the_endpoints_answer_what_the_process_knows() -> None:
    meters = PrometheusMeters(DEFINITIONS)
    reasons = ["Hub native does not answer."]

    async with observation_served(meters, lambda: reasons, host="127.0.0.1", port=0) as port:
        assert await get(port, "/healthz") == (200, "text/plain", "alive\n")
        assert await get(port, "/readyz") == (503, "text/plain", "Hub native does not answer.\n")
        reasons.clear()
        assert await get(port, "/readyz") == (200, "text/plain", "ready\n")
        status, content_type, text = await get(port, "/metrics")

    assert (status, content_type) == (200, "text/plain")
    assert "# TYPE dossierpost_items_total counter" in text


async def test_a_port_that_is_taken_is_a_configuration_error() -> None:
    meters = PrometheusMeters(DEFINITIONS)

    async with observation_served(meters, ready, host="127.0.0.1", port=0) as port:
        with pytest.raises(ConfigurationError, match="DOSSIERPOST_METRICS_PORT"):
            async with observation_served(meters, ready, host="127.0.0.1", port=port):
                pass


def test_the_metrics_of_several_processes_are_one_text_that_says_whose_each_is() -> None:
    processes = {name: PrometheusMeters(DEFINITIONS) for name in ("1", "2")}
    for number, meters in enumerate(processes.values(), start=1):
        meters.count("dossierpost_items_total", number, stage="write", outcome="passed")
        meters.observe("dossierpost_stage_seconds", 0.02, stage="write")

    text = merged({name: meters.exposition() for name, meters in processes.items()}).decode()

    for number in (1, 2):
        labels = f'outcome="passed",stage="write",worker="{number}"'
        assert f"dossierpost_items_total{{{labels}}} {number}.0" in text
        bucket = f'le="0.025",stage="write",worker="{number}"'
        assert f"dossierpost_stage_seconds_bucket{{{bucket}}} 1.0" in text
    assert text.count("# TYPE dossierpost_items_total counter") == 1
    assert text.count("# TYPE dossierpost_stage_seconds histogram") == 1


def test_a_metric_about_a_worker_keeps_its_own_label() -> None:
    meters = PrometheusMeters({"dossierpost_starts_total": ("counter", "Starts.", ("worker",))})
    meters.count("dossierpost_starts_total", worker="2")

    text = merged({"supervisor": meters.exposition()}).decode()

    assert 'dossierpost_starts_total{worker="2"} 1.0' in text
