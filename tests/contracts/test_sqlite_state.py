"""The state in SQLite holds the contract of every state."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pipeline.connectors.state.sqlite import SqliteState
from pipeline.ports.state import StateStore
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state import StateContract


class TestSqliteState(StateContract):
    @pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
    def anyio_backend(self, request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
        return "asyncio", {"use_uvloop": request.param}

    @pytest.fixture
    async def state(self, tmp_path: Path, clock: VirtualClock) -> AsyncIterator[StateStore]:
        state = await SqliteState.open(tmp_path / "state", clock)
        yield state
        await state.close()
