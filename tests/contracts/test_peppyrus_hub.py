"""The client of Peppyrus, against its emulator, holds the contract of every hub."""

from collections.abc import AsyncIterator

import pytest

from pipeline.connectors.hubs.queue.profiles import PEPPYRUS
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER
from pipeline.testing.emulators.peppyrus import KEY, PeppyrusEmulator
from tests.contracts.queue_bench import KEY_TROUBLES, QueueBench, queue_bench


class TestPeppyrusHub(HubContract):
    @pytest.fixture
    async def bench(self) -> AsyncIterator[QueueBench]:
        clock = VirtualClock()
        emulator = PeppyrusEmulator(clock, DOSSIER, OTHER_DOSSIER)
        async with queue_bench(
            emulator, clock, PEPPYRUS, {"key": KEY}, root="v1", troubles=KEY_TROUBLES
        ) as bench:
            yield bench
