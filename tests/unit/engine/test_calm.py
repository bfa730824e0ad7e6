"""However often a key is asked for, it is woken at once and then once in a while."""

from datetime import timedelta

import anyio

from pipeline.engine.calm import Calm
from pipeline.testing.clock import VirtualClock

GAP = timedelta(seconds=10)


class Bench:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.woken: list[tuple[float, str]] = []
        self.calm = Calm[str](self.clock, GAP, self._wake)

    def _wake(self, key: str) -> None:
        self.woken.append((self.clock.monotonic(), key))


async def test_a_flood_wakes_twice_and_nothing_is_remembered_of_it() -> None:
    bench = Bench()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.calm.work)
        for _ in range(10_000):
            bench.calm.ask("a")
        bench.calm.ask("b")

        await bench.clock.advance(60)

        assert bench.woken == [(0, "a"), (0, "b"), (10, "a")]
        assert len(bench.calm) == 0
        tasks.cancel_scope.cancel()


async def test_what_goes_on_for_long_wakes_once_a_gap() -> None:
    bench = Bench()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.calm.work)
        for _ in range(60):
            bench.calm.ask("a")
            await bench.clock.advance(1)

        assert [moment for moment, _ in bench.woken] == [0, 10, 20, 30, 40, 50, 60]
        tasks.cancel_scope.cancel()


async def test_a_key_that_had_its_rest_is_woken_at_once() -> None:
    bench = Bench()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.calm.work)
        bench.calm.ask("a")
        await bench.clock.advance(11)

        bench.calm.ask("a")

        assert bench.woken == [(0, "a"), (11, "a")]
        tasks.cancel_scope.cancel()
