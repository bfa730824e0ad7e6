"""The hub in memory holds the contract of every hub."""

from collections.abc import Sequence

import pytest

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import Location
from pipeline.domain.errors import HubUnavailable, PipelineError, TransientError
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER, Seed, Trouble
from pipeline.testing.memory_hub import MemoryHub
from pipeline.testing.script import Operation

PACKAGE = AccountingPackage("p", "Winbooks", {Location.PURCHASE_INVOICES: "/books/in"})
ERRORS: dict[Trouble, PipelineError] = {
    Trouble.SERVER_ERROR: HubUnavailable("the hub has a fault"),
    Trouble.RESET: TransientError("the connection was reset"),
    Trouble.TRUNCATED: TransientError("the body is too short"),
    Trouble.LOST_REPLY: TransientError("no answer"),
}


class MemoryBench:
    """A hub in memory and the hand of the test on it."""

    troubles = frozenset(ERRORS)

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.hub = MemoryHub(
            dossiers=[
                Dossier("memory", dossier_id, dossier_id.title(), package=PACKAGE)
                for dossier_id in (DOSSIER, OTHER_DOSSIER)
            ]
        )

    async def seed(self, dossier_id: str, seeds: Sequence[Seed]) -> None:
        for seed in seeds:
            self.hub.add(dossier_id, seed.name, seed.body, kind=seed.kind)

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        is_after = trouble is Trouble.LOST_REPLY
        self.hub.script.fail(operation, ERRORS[trouble], is_after=is_after)


class TestMemoryHub(HubContract):
    @pytest.fixture
    def bench(self) -> MemoryBench:
        return MemoryBench()
