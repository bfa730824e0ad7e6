"""Stopping in time, and side tasks that cannot end the process."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import anyio
import pytest

from pipeline.domain.errors import ConfigurationError, TransientError
from pipeline.engine.running import RunningLine
from pipeline.engine.supervisor import Supervisor
from tests.unit.engine.toy_line import ToyLine


class House:
    """A supervisor over a toy line, and what it reports."""

    def __init__(self) -> None:
        self.toy = ToyLine()
        self.failures: list[tuple[str, Exception]] = []

    def supervise(self, running: RunningLine) -> Supervisor:
        return Supervisor(
            line=running,
            clock=self.toy.clock,
            report_failure=lambda name, error: self.failures.append((name, error)),
        )

    def after(self, seconds: float) -> Callable[[], Awaitable[None]]:
        async def stop_requested() -> None:
            await self.toy.clock.sleep(seconds)

        return stop_requested


@pytest.fixture
def house() -> House:
    return House()


async def test_a_stop_lets_what_is_in_flight_finish_and_takes_nothing_more(house: House) -> None:
    toy = house.toy
    toy.offer("hub/a", 100)
    toy.download_takes = lambda _: 3.0
    running = toy.assemble(toy.scheduler())
    supervisor = house.supervise(running)

    async with toy.clock.running():
        is_whole = await supervisor.run(house.after(4.0))

    assert is_whole
    assert 6 <= toy.clock.monotonic() < 7
    assert len(toy.completed) == 16
    assert len(toy.pending["hub/a"]) == 84
    (summary,) = toy.passes
    assert (summary.listed, summary.completed, summary.postponed) == (100, 16, 84)
    assert running.snapshot().in_flight == running.snapshot().queued == 0


async def test_what_does_not_finish_in_the_grace_period_is_cut_off(house: House) -> None:
    toy = house.toy
    toy.offer("hub/a", 100)
    toy.download_takes = lambda _: 3600.0
    supervisor = house.supervise(toy.assemble(toy.scheduler()))

    async with toy.clock.running():
        is_whole = await supervisor.run(house.after(60.0))

    assert not is_whole
    assert toy.clock.monotonic() == 68
    assert toy.completed == []


async def test_a_stop_during_a_listing_ends_it_and_says_that_the_pass_is_not_whole(
    house: House,
) -> None:
    toy = house.toy
    toy.offer("hub/a", 100)
    toy.list_takes = lambda _: 3600.0
    supervisor = house.supervise(toy.assemble(toy.scheduler()))

    async with toy.clock.running():
        is_whole = await supervisor.run(house.after(60.0))

    assert is_whole
    assert toy.clock.monotonic() == 60
    assert [s.is_partial for s in toy.passes] == [True]
    assert not toy.passes[0].is_clean


async def test_a_stop_does_not_wait_for_retries(house: House) -> None:
    toy = house.toy
    toy.offer("hub/a", 3)
    toy.refuses_download = lambda _: TransientError("busy", retry_after=timedelta(seconds=25))
    supervisor = house.supervise(toy.assemble(toy.scheduler()))

    async with toy.clock.running():
        is_whole = await supervisor.run(house.after(5.0))

    assert is_whole
    assert toy.clock.monotonic() == 5
    assert toy.passes[0].postponed == 3


async def test_a_line_that_ends_by_itself_ends_the_supervisor(house: House) -> None:
    toy = house.toy
    toy.offer("hub/a", 3)
    scheduler = toy.scheduler()
    scheduler.close_when_idle()
    supervisor = house.supervise(toy.assemble(scheduler))
    supervisor.beside("heartbeat", anyio.sleep_forever)

    async with toy.clock.running():
        assert await supervisor.run(anyio.sleep_forever)

    assert len(toy.completed) == 3


async def test_a_failing_side_task_is_started_again_with_growing_pauses(house: House) -> None:
    toy = house.toy
    starts: list[float] = []

    async def listen() -> None:
        starts.append(toy.clock.monotonic())
        raise ZeroDivisionError

    supervisor = house.supervise(toy.assemble(toy.scheduler()))
    supervisor.beside("events", listen)

    async with toy.clock.running():
        await supervisor.run(house.after(200.0))

    assert starts == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    assert {name for name, _ in house.failures} == {"events"}


async def test_a_side_task_that_ran_well_before_it_failed_is_started_again_soon(
    house: House,
) -> None:
    toy = house.toy
    starts: list[float] = []

    async def listen() -> None:
        starts.append(toy.clock.monotonic())
        await toy.clock.sleep(100)
        raise TransientError("gone")

    supervisor = house.supervise(toy.assemble(toy.scheduler()))
    supervisor.beside("events", listen)

    async with toy.clock.running():
        await supervisor.run(house.after(450.0))

    assert starts == [0, 101, 202, 303, 404]


async def test_a_side_task_cannot_end_the_process(house: House) -> None:
    toy = house.toy

    async def misconfigured() -> None:
        raise ConfigurationError("No such address.")

    async def done() -> None:
        """Ends at once, as the events of a hub without events do."""

    toy.offer("hub/a", 3)
    supervisor = house.supervise(toy.assemble(toy.scheduler()))
    supervisor.beside("poller", misconfigured)
    supervisor.beside("events", done)

    async with toy.clock.running():
        assert await supervisor.run(house.after(10.0))

    assert len(toy.completed) == 3
    assert house.failures


async def test_a_wrong_configuration_of_the_line_is_raised_bare(house: House) -> None:
    toy = house.toy
    toy.offer("hub/a", 3)
    toy.refuses_download = lambda _: ConfigurationError("No such profile.")
    supervisor = house.supervise(toy.assemble(toy.scheduler()))

    with pytest.raises(ConfigurationError, match="No such profile"):
        async with toy.clock.running():
            await supervisor.run(anyio.sleep_forever)


async def test_a_line_that_was_stopped_before_it_ran_ends_at_once(house: House) -> None:
    toy = house.toy
    toy.offer("hub/a", 3)
    running = toy.assemble(toy.scheduler())
    running.stop()

    await running.run()

    assert toy.listed.total() == 0
