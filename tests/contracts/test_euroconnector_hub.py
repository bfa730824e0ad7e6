"""The client of Euroconnector, against its emulator, holds the contract of every hub."""

from collections.abc import AsyncIterator

import pytest

from pipeline.connectors.hubs.queue.profiles import EUROCONNECTOR
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER
from pipeline.testing.emulators.euroconnector import ACCOUNT, EuroconnectorEmulator
from pipeline.testing.script import Operation
from tests.contracts.queue_bench import QueueBench, queue_bench


class TestEuroconnectorHub(HubContract):
    @pytest.fixture
    async def bench(self) -> AsyncIterator[QueueBench]:
        clock = VirtualClock()
        emulator = EuroconnectorEmulator(clock, DOSSIER, OTHER_DOSSIER)
        async with queue_bench(
            emulator,
            clock,
            EUROCONNECTOR,
            {"user": ACCOUNT["userName"], "secret": ACCOUNT["secretKey"]},
            root="api/public/v1",
            health=Operation.LIST,
        ) as bench:
            yield bench
