"""What a running line shows of itself."""

from collections import Counter
from datetime import timedelta
from typing import get_args

import anyio
import pytest

from pipeline.domain.errors import DestinationUnavailable, DocumentRejected, TransientError
from pipeline.engine import metrics
from pipeline.engine.metrics import MetricName, NoMeters
from pipeline.ports.meters import Meters
from tests.unit.engine.toy_line import ToyLine


class CountingMeters:
    """Sums of counters, last values of gauges, numbers of observations."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.gauges: dict[tuple[str, ...], float] = {}
        self.observed: Counter[tuple[str, ...]] = Counter()

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        self.counts[name, *labels.values()] += int(amount)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        self.gauges[name, *labels.values()] = value

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        assert seconds >= 0
        self.observed[name, *labels.values()] += 1


@pytest.fixture
def toy() -> ToyLine:
    return ToyLine()


async def test_every_outcome_is_counted_at_its_stage(toy: ToyLine) -> None:
    toy.offer("hub/a", 10)
    toy.offer("hub/b", 2)
    refusals = [TransientError("busy")]
    toy.refuses_listing = lambda tenant: KeyError("x") if tenant == "hub/b" else None
    toy.refuses_download = lambda ref: refusals.pop() if refusals and ref.number == 1 else None
    toy.spoils_write = lambda ref: DocumentRejected("no", rule="BR-01") if ref.number == 2 else None
    meters = CountingMeters()

    running = await toy.run_once(meters=meters)

    items = "dossierpost_items_total"
    assert meters.counts[items, "download", "passed"] == 10
    assert meters.counts[items, "download", "retried"] == 1
    assert meters.counts[items, "write", "passed"] == 9
    assert meters.counts[items, "write", "rejected"] == 1
    assert meters.counts["dossierpost_bugs_total", "list"] == 1
    assert meters.counts["dossierpost_passes_total", "clean"] == 1
    assert meters.counts["dossierpost_passes_total", "problem"] == 1
    assert meters.observed["dossierpost_item_seconds",] == 9
    download, write, _, reject = running.snapshot().stages
    assert (download.passed, download.retried, download.errors) == (10, 1, 1)
    assert (write.passed, write.rejected, reject.passed) == (9, 1, 1)


async def test_a_snapshot_shows_where_items_are(toy: ToyLine) -> None:
    toy.offer("hub/a", 100)
    toy.download_takes = lambda _: 10.0
    running = toy.assemble(scheduler := toy.scheduler())
    scheduler.close_when_idle()
    meters = CountingMeters()

    async def look() -> None:
        await toy.clock.sleep(5)
        running.snapshot().publish(meters)

    async with toy.clock.running(), anyio.create_task_group() as tasks:
        tasks.start_soon(look)
        await running.run()

    assert meters.gauges["dossierpost_queued",] == 92
    assert meters.gauges["dossierpost_in_flight",] == 8
    assert meters.gauges["dossierpost_in_flight_bytes",] == 8000
    assert meters.gauges["dossierpost_passes_running",] == 1
    assert meters.gauges["dossierpost_stage_busy", "download"] == 8
    assert meters.gauges["dossierpost_stage_queued", "download"] == 92
    assert meters.gauges["dossierpost_tenants",] == 1


async def test_a_breaker_that_opens_is_counted(toy: ToyLine) -> None:
    toy.offer("hub/a", 100)
    toy.refuses_write = lambda _: DestinationUnavailable("gone")
    meters = CountingMeters()

    await toy.run_once(meters=meters)

    assert meters.counts["dossierpost_breaker_opened_total", "lane", "disk"] == 1


async def test_the_rate_between_two_snapshots_is_items_a_second(toy: ToyLine) -> None:
    toy.offer("hub/a", 30)
    before = toy.assemble(toy.scheduler()).snapshot()
    await toy.clock.advance(10)
    after = await toy.run_once()

    assert after.snapshot().rate_since(before) == pytest.approx(3, rel=0.01)
    assert before.rate_since(before) == 0


def test_every_metric_name_is_declared_once() -> None:
    names = get_args(MetricName)

    assert len(names) == len(set(names))
    constants = {v for k, v in vars(metrics).items() if k.isupper() and isinstance(v, str)}
    assert constants <= set(names)


def test_meters_that_forget_accept_everything() -> None:
    meters: Meters = NoMeters()

    meters.count("x", 1, stage="y")
    meters.gauge("x", 1)
    meters.observe("x", timedelta(seconds=1).total_seconds())
