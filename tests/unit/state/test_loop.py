"""The event loop is never blocked by the state."""

from pathlib import Path

import pytest
from blockbuster import BlockBuster

from pipeline.connectors.state.sqlite import SqliteState
from pipeline.domain.delivery import RowStatus
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state_values import bring_to, key


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_nothing_blocks_the_event_loop(tmp_path: Path, clock: VirtualClock) -> None:
    guard = BlockBuster()
    guard.activate()
    try:
        state = await SqliteState.open(tmp_path / "state", clock)
        await bring_to(state, key("1"), RowStatus.ACKED)
        await state.rows()
        await state.counts()
        await state.close()
    finally:
        guard.deactivate()
