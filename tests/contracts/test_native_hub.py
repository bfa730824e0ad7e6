"""The client of the native protocol, against the real embedded hub, holds the contract."""

import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import anyio
import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.native import CONNECTOR
from pipeline.connectors.limits import Limiters
from pipeline.domain.documents import Location
from pipeline.hub.accounts import HubCredentials
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Dossier, Failure, FailureMode, Package
from pipeline.ports.hub import Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import (
    DOSSIER,
    OTHER_DOSSIER,
    RETRY_AFTER,
    Seed,
    Trouble,
)
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.script import Operation

MODES: dict[Trouble, FailureMode] = {
    Trouble.SERVER_ERROR: "server_error",
    Trouble.TOO_MANY_REQUESTS: "too_many_requests",
    Trouble.UNAUTHORIZED: "unauthorized",
    Trouble.LOST_REPLY: "lost_reply",
    Trouble.RESET: "reset",
    Trouble.TRUNCATED: "truncated",
    Trouble.HTML: "html",
}
OPERATIONS = {
    Operation.LIST: "listDocuments",
    Operation.FETCH: "getContent",
    Operation.ACK: "setStatuses",
    Operation.HEALTH: "getOffice",
}
ACCOUNT = HubCredentials("manager", "a password", "office", "a secret")
PACKAGE = Package(id="p", name="Winbooks", locations={Location.PURCHASE_INVOICES: "/books/in"})


class NativeBench:
    """An embedded hub and a client of it."""

    troubles = frozenset(MODES)

    def __init__(self, server: EmbeddedHub) -> None:
        self.server = server
        self.clock = VirtualClock()
        values = {
            "url": server.url,
            "client_id": ACCOUNT.client_id,
            "client_secret": ACCOUNT.client_secret,
            "allow_private": "yes",
        }
        self.hub: Hub = CONNECTOR.connect(
            HubSetup("native", values, self.clock, MemoryCredentials(), Limiters(self.clock))
        )

    async def seed(self, dossier_id: str, seeds: Sequence[Seed]) -> None:
        now = self.clock.now()
        await self.server.seed(
            documents=[
                NewDocument(dossier_id, f"{dossier_id}/{s.name}", s.kind, s.body, received_at=now)
                for s in seeds
            ]
        )

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        self.server.fail(
            Failure(
                mode=MODES[trouble],
                operations=[OPERATIONS[operation]],
                count=1,
                seconds=RETRY_AFTER.total_seconds(),
            )
        )


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})],
    ids=["asyncio", "uvloop"],
)
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    backend: tuple[str, dict[str, bool]] = request.param
    return backend


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub's folder, made once: checking a new password is slow on purpose."""
    data = tmp_path_factory.mktemp("hub")

    async def prepare() -> None:
        async with EmbeddedHub(data, clock=VirtualClock(), credentials=ACCOUNT) as server:
            await server.seed(
                packages=[PACKAGE],
                dossiers=[
                    Dossier(id=d, enterprise_name=d.title(), accounting_package_id="p")
                    for d in (DOSSIER, OTHER_DOSSIER)
                ],
            )

    anyio.run(prepare)
    return data


class TestNativeHub(HubContract):
    @pytest.fixture
    async def bench(
        self, tmp_path: Path, prepared: Path, http_path: str
    ) -> AsyncIterator[NativeBench]:
        data = shutil.copytree(prepared, tmp_path / "hub")
        async with EmbeddedHub(data, clock=VirtualClock(), allow_failures=True) as server:
            bench = NativeBench(server)
            yield bench
            await bench.hub.close()
