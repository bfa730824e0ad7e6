"""The client of LetsPeppol, against its emulator, holds the contract of every hub."""

from collections.abc import AsyncIterator

import pytest

from pipeline.connectors.hubs.queue.profiles import LETSPEPPOL
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER
from pipeline.testing.emulators.letspeppol import ACCOUNT, LetsPeppolEmulator
from pipeline.testing.script import Operation
from tests.contracts.queue_bench import QueueBench, queue_bench


class TestLetsPeppolHub(HubContract):
    @pytest.fixture(params=[False, True], ids=["newest first", "oldest first"])
    async def bench(self, request: pytest.FixtureRequest) -> AsyncIterator[QueueBench]:
        clock = VirtualClock()
        emulator = LetsPeppolEmulator(clock, DOSSIER, OTHER_DOSSIER, is_oldest_first=request.param)
        user, password = ACCOUNT
        async with queue_bench(
            emulator,
            clock,
            LETSPEPPOL,
            {"user": user, "password": password, "sign_in_url": "{url}"},
            root="sapi",
            carries_bytes=False,
            health=Operation.LIST,
        ) as bench:
            yield bench
