"""Batches share a destination; recovery has it alone."""

import anyio
import anyio.lowlevel
import pytest

from pipeline.connectors.destinations.filesystem.turns import Turns


@pytest.fixture
def turns() -> Turns:
    return Turns()


async def test_batches_are_under_way_together(turns: Turns) -> None:
    async with turns.shared(), turns.shared():
        pass


async def test_recovery_waits_for_batches_and_keeps_others_out(turns: Turns) -> None:
    events: list[str] = []

    async def recover() -> None:
        async with turns.exclusive():
            events.append("recovery begins")
            await anyio.lowlevel.checkpoint()
            events.append("recovery ends")

    async def batch() -> None:
        async with turns.shared():
            events.append("second batch")

    async with anyio.create_task_group() as tasks, turns.shared():
        tasks.start_soon(recover)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(batch)
        await anyio.wait_all_tasks_blocked()
        events.append("first batch ends")

    assert events == ["first batch ends", "recovery begins", "recovery ends", "second batch"]


async def test_a_batch_that_fails_leaves(turns: Turns) -> None:
    with pytest.raises(ValueError, match="a bug"):
        async with turns.shared():
            raise ValueError("a bug")

    with anyio.fail_after(1):
        async with turns.exclusive():
            pass
