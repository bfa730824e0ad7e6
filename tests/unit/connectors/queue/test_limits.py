"""Two windows at once belong to a key, however many dossiers are behind it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from pipeline.connectors.hubs.queue.profile import Profile
from pipeline.domain.customers import Dossier
from pipeline.domain.errors import TransientError
from pipeline.ports.hub import Forwarded, Window
from pipeline.testing.emulators.scrada import WINDOWS, ScradaEmulator
from tests.unit.connectors.queue.desk import Desk, desk_of

HOUR_S = 3600.0
DOSSIERS = 500


async def _keep_busy(desk: Desk, dossier: Dossier) -> None:
    """List, fetch and acknowledge until the hour is over; what is refused is asked again."""
    while desk.clock.monotonic() < HOUR_S:
        with suppress(TransientError):
            await _take_all(desk, dossier)


async def _take_all(desk: Desk, dossier: Dossier) -> None:
    for ref in (await desk.hub.list(dossier, None, 100)).refs:
        await desk.hub.fetch(ref, max_bytes=1000)
        await desk.hub.ack([Forwarded(ref.key)])
        if desk.clock.monotonic() >= HOUR_S:
            return


async def _busy_hour(change: Callable[[Profile], Profile] = lambda profile: profile) -> Desk:
    """An hour in which each of 500 dossiers always has something to ask."""
    desk = desk_of("scrada", *(f"company-{number}" for number in range(DOSSIERS)), change=change)
    assert isinstance(desk.emulator, ScradaEmulator)
    desk.emulator.windows = WINDOWS
    for company in desk.emulator.companies:
        for number in range(4):
            desk.emulator.receive(company, f"{company}-{number}", b"<Invoice/>")
    dossiers = [dossier async for page in desk.hub.tenants() for dossier in page]
    async with desk.clock.running(), anyio.create_task_group() as group:
        for dossier in dossiers:
            group.start_soon(_keep_busy, desk, dossier)
    return desk


def _refused(desk: Desk) -> int:
    assert isinstance(desk.emulator, ScradaEmulator)
    return desk.emulator.refused


def _share_used(desk: Desk) -> float:
    """How much of what the vendor permits in an hour was asked for."""
    within = sum(at <= HOUR_S for at, _ in desk.emulator.asked)
    return within / (60 * 60)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_500_dossiers_use_a_key_to_95_percent_for_an_hour_and_never_exceed_it() -> None:
    desk = await _busy_hour()

    first = [asked for _, asked in desk.emulator.asked[:DOSSIERS]]
    assert _refused(desk) == 0
    assert 0.95 <= _share_used(desk) <= 1
    assert {asked.path[2] for asked in first} == set(desk.emulator.companies)


def for_a_minute_only(profile: Profile) -> Profile:
    return replace(profile, windows=profile.windows[1:])


def too_careful(profile: Profile) -> Profile:
    return replace(profile, windows=(*profile.windows, Window(50, timedelta(seconds=60))))


def hot_headed(profile: Profile) -> Profile:
    return replace(profile, windows=(Window(11, timedelta(seconds=10)), *profile.windows[1:]))


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("change", [for_a_minute_only, hot_headed, too_careful])
async def test_a_planted_wrong_limit_is_found(change: Callable[[Profile], Profile]) -> None:
    desk = await _busy_hour(change)

    assert _refused(desk) > 0 or _share_used(desk) < 0.95
