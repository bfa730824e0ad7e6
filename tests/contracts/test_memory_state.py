"""The state in memory holds the contract of every state."""

import pytest

from pipeline.ports.state import StateStore
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.state import StateContract
from pipeline.testing.memory_state import MemoryState


class TestMemoryState(StateContract):
    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def state(self, clock: VirtualClock) -> StateStore:
        return MemoryState(clock)
