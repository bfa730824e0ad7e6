import gc
from collections.abc import Iterator

import pytest

from pipeline.app.daemon import run_service
from pipeline.app.garbage import hold_collector, spare_collector
from pipeline.app.workers import supervisor
from pipeline.settings import Settings


@pytest.fixture
def collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("collector")
def test_cycles_are_looked_for_rarely_and_not_among_what_was_made_at_start() -> None:
    hold_collector()
    assert not gc.isenabled()
    made_at_start = [[number] for number in range(1000)]

    spare_collector()

    assert gc.get_freeze_count() >= len(made_at_start)
    assert gc.get_threshold()[0] == 10_000
    assert gc.isenabled()


@pytest.mark.usefixtures("collector")
async def test_a_supervisor_looks_for_cycles_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def can_be_shared(_settings: Settings) -> bool:
        return True

    async def run_workers(*_: object, **__: object) -> int:
        return gc.isenabled()

    monkeypatch.setattr(supervisor, "can_be_shared", can_be_shared)
    monkeypatch.setattr(supervisor, "run_workers", run_workers)
    hold_collector()

    assert await run_service(Settings(workers=2), {})
