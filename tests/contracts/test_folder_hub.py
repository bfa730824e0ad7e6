"""A directory tree holds the contract of every hub."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.folder import CONNECTOR
from pipeline.connectors.limits import Limiters
from pipeline.connectors.stores.sightings import MINIMUM_AGE_S
from pipeline.domain.customers import Dossier
from pipeline.ports.hub import Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER, Seed, Trouble
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.script import Operation


class FolderBench:
    """Two folders, and a hand that puts files into them."""

    troubles = frozenset[Trouble]()

    def __init__(self, root: Path, *, after: str) -> None:
        self.root = root
        self.clock = VirtualClock()
        values = {"root": str(root), "after": after, "purchase_invoices": "/books/in"}
        self.hub: Hub = CONNECTOR.connect(
            HubSetup("folder", values, self.clock, MemoryCredentials(), Limiters(self.clock))
        )
        for dossier_id in (DOSSIER, OTHER_DOSSIER):
            (root / dossier_id).mkdir()

    async def seed(self, dossier_id: str, seeds: Sequence[Seed]) -> None:
        for seed in seeds:
            (self.root / dossier_id / seed.name).write_bytes(seed.body)
        await self.hub.list(Dossier(self.hub.name, dossier_id, ""), None, 1)
        await self.clock.advance(MINIMUM_AGE_S)

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        pytest.fail(f"a folder makes no {trouble} of {operation}")


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
class TestFolderHub(HubContract):
    @pytest.fixture(params=["move", "delete"])
    def bench(self, tmp_path: Path, request: pytest.FixtureRequest) -> FolderBench:
        return FolderBench(tmp_path, after=request.param)
