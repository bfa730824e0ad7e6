"""SFTP holds the contract of every hub: against OpenSSH, and against a server of mishaps."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.sftp import CONNECTOR
from pipeline.connectors.limits import Limiters
from pipeline.connectors.stores.sightings import MINIMUM_AGE_S
from pipeline.domain.customers import Dossier
from pipeline.ports.hub import Hub
from pipeline.testing.cable import Cable, Cut, cable_to
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER, Seed, Trouble
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.openssh import PACKAGE, PROGRAM, OpenSshServer, openssh_server
from pipeline.testing.programs import find_program
from pipeline.testing.script import Operation
from pipeline.testing.sftp_server import PASSWORD, USER, Mishap, Request, SftpSite, sftp_server

MISHAPS = {
    Trouble.RESET: Mishap.HANG_UP,
    Trouble.LOST_REPLY: Mishap.HANG_UP_AFTER,
    Trouble.TRUNCATED: Mishap.CUT_SHORT,
}
REQUESTS = {
    Operation.LIST: Request.LIST,
    Operation.FETCH: Request.READ,
    Operation.ACK: Request.TAKE_AWAY,
}


class SftpBench:
    """A hub on a server, and a hand that puts files into the folder it serves."""

    troubles = frozenset[Trouble]()

    def __init__(self, files: Path, state: Path, values: Mapping[str, str]) -> None:
        self.files = files
        self.clock = VirtualClock()
        self.hub: Hub = CONNECTOR.connect(
            HubSetup(
                "sftp",
                {"host": "127.0.0.1", "purchase_invoices": "/books/in", **values},
                self.clock,
                MemoryCredentials(),
                Limiters(self.clock),
                state_dir=state,
            )
        )
        for dossier_id in (DOSSIER, OTHER_DOSSIER):
            (files / dossier_id).mkdir(parents=True)

    async def seed(self, dossier_id: str, seeds: Sequence[Seed]) -> None:
        for seed in seeds:
            (self.files / dossier_id / seed.name).write_bytes(seed.body)
        await self.hub.list(Dossier(self.hub.name, dossier_id, ""), None, 1)
        await self.clock.advance(MINIMUM_AGE_S)

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        pytest.fail(f"this server makes no {trouble} of {operation}")


class CableBench(SftpBench):
    """The same, behind a cable that can be cut."""

    troubles = frozenset({Trouble.RESET, Trouble.LOST_REPLY})

    def __init__(self, cable: Cable, files: Path, state: Path, values: Mapping[str, str]) -> None:
        super().__init__(files, state, {**values, "port": str(cable.port)})
        self.cable = cable

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        self.cable.cut(Cut.REQUEST if trouble is Trouble.RESET else Cut.ANSWER)


class MishapBench(SftpBench):
    """The same, on a server that has mishaps."""

    troubles = frozenset(MISHAPS)

    def __init__(self, site: SftpSite, state: Path, values: Mapping[str, str]) -> None:
        super().__init__(site.root, state, values)
        self.site = site

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        self.site.mishaps[REQUESTS[operation]] = MISHAPS[trouble]


@pytest.fixture(scope="module")
def openssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSshServer]:
    if find_program(PROGRAM) is None:
        pytest.skip(f"NOT VERIFIED AGAINST OPENSSH: install the package {PACKAGE}")
    with openssh_server(tmp_path_factory.mktemp("openssh")) as server:
        yield server


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": True})], ids=["uvloop"])
class TestSftpHubOnOpenSsh(HubContract):
    @pytest.fixture
    async def bench(self, openssh: OpenSshServer, tmp_path: Path) -> AsyncIterator[SftpBench]:
        values = {
            "user": openssh.user,
            "key_file": str(openssh.key_file),
            "root": str(tmp_path / "files"),
        }
        async with cable_to(openssh.port) as cable:
            bench = CableBench(cable, tmp_path / "files", tmp_path / "state", values)
            yield bench
            await bench.hub.close()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
class TestSftpHubOnAServerOfMishaps(HubContract):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[MishapBench]:
        async with sftp_server(SftpSite(tmp_path / "files")) as site:
            values = {
                "port": str(site.port),
                "user": USER,
                "password": PASSWORD,
                "after": "delete",
            }
            bench = MishapBench(site, tmp_path / "state", values)
            yield bench
            await bench.hub.close()
