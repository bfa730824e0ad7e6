"""The client of Recommand, against its emulator, holds the contract of every hub."""

from collections.abc import AsyncIterator

import pytest

from pipeline.connectors.hubs.queue.profiles import RECOMMAND
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER
from pipeline.testing.emulators.recommand import ACCOUNT, RecommandEmulator
from tests.contracts.queue_bench import KEY_TROUBLES, QueueBench, queue_bench


class TestRecommandHub(HubContract):
    @pytest.fixture
    async def bench(self) -> AsyncIterator[QueueBench]:
        clock = VirtualClock()
        emulator = RecommandEmulator(clock, DOSSIER, OTHER_DOSSIER)
        key, secret = ACCOUNT
        async with queue_bench(
            emulator,
            clock,
            RECOMMAND,
            {"key": key, "secret": secret},
            root="api/v1",
            troubles=KEY_TROUBLES,
            carries_bytes=False,
        ) as bench:
            yield bench
