"""The client of Scrada, against its emulator, holds the contract of every hub."""

from collections.abc import AsyncIterator

import pytest

from pipeline.connectors.hubs.queue.profiles import SCRADA
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER
from pipeline.testing.emulators.scrada import ACCOUNT, ScradaEmulator
from pipeline.testing.script import Operation
from tests.contracts.queue_bench import KEY_TROUBLES, QueueBench, queue_bench


class TestScradaHub(HubContract):
    @pytest.fixture
    async def bench(self) -> AsyncIterator[QueueBench]:
        clock = VirtualClock()
        emulator = ScradaEmulator(clock, DOSSIER, OTHER_DOSSIER)
        key, password = ACCOUNT
        async with queue_bench(
            emulator,
            clock,
            SCRADA,
            {"key": key, "password": password},
            root="v1",
            troubles=KEY_TROUBLES,
            health=Operation.LIST,
        ) as bench:
            yield bench
