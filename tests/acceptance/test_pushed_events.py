"""A hub that pushes: an event only wakes, and a crash after it loses and repeats nothing."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
import pytest

from pipeline.app.installation import open_installation
from pipeline.app.service import serve
from pipeline.domain.documents import DocumentKind
from pipeline.usecases.follow_hub import FollowHub
from tests.acceptance.office import AccountantsOffice, customer, document_of, winbooks

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

BAKER = customer(1)
STEPS = ("reserved", "staged", "intended", "renamed", "delivered", "ack_sent", "acked")
_PAUSE_S = 0.05


class _Killed(BaseException):
    """The process ends here."""


@dataclass
class Faults:
    """Ends the process at a step, once that is armed."""

    armed: str | None = None
    has_killed: bool = False

    def __call__(self, name: str, /) -> None:
        if name == self.armed:
            self.has_killed = True
            raise _Killed


async def received(office: AccountantsOffice, seed: int) -> None:
    await office.receive(document_of(BAKER, DocumentKind.PURCHASE_INVOICE, seed=seed))


async def until_pushed(office: AccountantsOffice) -> int:
    """Send documents until one comes by an event, as the service listens by then."""
    for seed in range(100, 200):
        await received(office, seed)
        for _ in range(10):
            await anyio.sleep(_PAUSE_S)
            if len(office.placed()) == seed - 99:
                return seed - 99
    raise AssertionError("no event came through")


async def live(
    office: AccountantsOffice, faults: Faults, act: Callable[[], Awaitable[None]]
) -> None:
    """Run the service while something happens, until it is stopped or killed."""
    ready, stop = anyio.Event(), anyio.Event()

    async def watch() -> None:
        await ready.wait()
        await act()
        stop.set()

    with suppress_kill():
        async with (
            open_installation(office.settings, faultpoint=faults) as installation,
            anyio.create_task_group() as group,
        ):
            group.start_soon(watch)
            await serve(installation, stop=stop.wait, ready=ready.set)


@contextmanager
def suppress_kill() -> Iterator[None]:
    try:
        yield
    except* _Killed:
        pass


@pytest.fixture
async def pushing(office: AccountantsOffice) -> AccountantsOffice:
    """An office whose service asks the hub by itself once an hour only."""
    office.settings_of_this_test |= {
        "DOSSIERPOST_FEED_SECONDS": "3600",
        "DOSSIERPOST_SWEEP_SECONDS": "3600",
    }
    (office.books / "winbooks").mkdir()
    await office.link(winbooks(), BAKER)
    return office


async def missing_after_a_crash(office: AccountantsOffice, step: str) -> int:
    """Crash at a step of documents that an event told of; how many are not there afterwards."""
    faults, owed = Faults(), 0

    async def act() -> None:
        nonlocal owed
        owed = await until_pushed(office) + 3
        faults.armed = step
        for seed in range(3):
            await received(office, seed)
        await anyio.sleep_forever()

    await live(office, faults, act)
    await office.sync()
    assert faults.has_killed
    return owed - len(office.placed())


@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_after_an_event_loses_and_repeats_nothing(
    pushing: AccountantsOffice, step: str
) -> None:
    assert await missing_after_a_crash(pushing, step) == 0
    assert (await pushing.sync()).listed == 0


async def test_a_service_that_relies_on_events_is_found(
    pushing: AccountantsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read_nothing(_: FollowHub) -> None:
        return

    monkeypatch.setattr(FollowHub, "_read_changes", read_nothing)

    assert await missing_after_a_crash(pushing, "reserved") > 0
