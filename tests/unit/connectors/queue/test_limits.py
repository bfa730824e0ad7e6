"""Two windows at once belong to a key, however many dossiers are behind it."""

import anyio
import pytest

from pipeline.domain.customers import Dossier
from pipeline.ports.hub import Forwarded
from pipeline.testing.emulators.scrada import WINDOWS, ScradaEmulator
from tests.unit.connectors.queue.desk import Desk, desk_of

HOUR_S = 3600.0
DOSSIERS = 500


async def _keep_busy(desk: Desk, dossier: Dossier) -> None:
    """List, fetch and acknowledge until the hour is over."""
    while desk.clock.monotonic() < HOUR_S:
        page = await desk.hub.list(dossier, None, 100)
        for ref in page.refs:
            await desk.hub.fetch(ref, max_bytes=1000)
            await desk.hub.ack([Forwarded(ref.key)])
            if desk.clock.monotonic() >= HOUR_S:
                return


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_500_dossiers_use_a_key_to_95_percent_for_an_hour_and_never_exceed_it() -> None:
    desk = desk_of("scrada", *(f"company-{number}" for number in range(DOSSIERS)))
    assert isinstance(desk.emulator, ScradaEmulator)
    desk.emulator.windows = WINDOWS
    for company in desk.emulator.companies:
        for number in range(4):
            desk.emulator.receive(company, f"{company}-{number}", b"<Invoice/>")
    dossiers = [dossier async for page in desk.hub.tenants() for dossier in page]

    async with desk.clock.running(), anyio.create_task_group() as group:
        for dossier in dossiers:
            group.start_soon(_keep_busy, desk, dossier)

    within = [asked for at, asked in desk.emulator.asked if at <= HOUR_S]
    assert desk.emulator.refused == 0
    assert len(within) >= 0.95 * 60 * 60
    assert {asked.path[2] for asked in within[:DOSSIERS]} == set(desk.emulator.companies)
