"""The CodaBox connector, against an emulator with its traps, holds the contract of every hub."""

from collections.abc import AsyncIterator, Sequence

import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.codabox import CONNECTOR
from pipeline.connectors.limits import Limiters
from pipeline.domain.customers import AccountingPackage
from pipeline.domain.documents import Location
from pipeline.ports.hub import Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER, Seed, Trouble
from pipeline.testing.emulators.codabox import ACCOUNT, SOFTWARE, CodaboxEmulator
from pipeline.testing.emulators.queue import Fault
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.script import Operation

PACKAGE = AccountingPackage("p", "Winbooks", dict.fromkeys(Location, "/books/in"))
TROUBLES = frozenset(Trouble) - {Trouble.UNAUTHORIZED}


class CodaboxBench:
    """An emulated CodaBox and a client of it."""

    troubles = TROUBLES

    def __init__(self, emulator: CodaboxEmulator, clock: VirtualClock, url: str) -> None:
        self.emulator = emulator
        self.clock = clock
        self.hub: Hub = connected(url, clock)

    async def seed(self, dossier_id: str, seeds: Sequence[Seed]) -> None:
        for seed in seeds:
            self.emulator.deliver(dossier_id, seed.name, seed.body, seed.kind)

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        self.emulator.faults[operation].append(Fault(trouble.value))


def connected(url: str, clock: VirtualClock, **values: str) -> Hub:
    user, password = ACCOUNT
    given = {
        "url": f"{url}/v2",
        "user": user,
        "password": password,
        "software": SOFTWARE,
        "allow_private": "yes",
        **values,
    }
    limiters = Limiters(clock)
    return CONNECTOR.connect(
        HubSetup("codabox", given, clock, MemoryCredentials(), limiters, package=PACKAGE)
    )


@pytest.fixture
async def bench() -> AsyncIterator[CodaboxBench]:
    clock = VirtualClock()
    emulator = CodaboxEmulator(clock, DOSSIER, OTHER_DOSSIER)
    async with emulator.serving() as url:
        bench = CodaboxBench(emulator, clock, str(url).rstrip("/"))
        yield bench
        await bench.hub.close()


class TestCodaboxHub(HubContract):
    @pytest.fixture
    async def bench(self, bench: CodaboxBench) -> CodaboxBench:
        return bench
