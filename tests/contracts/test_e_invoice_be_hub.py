"""The e-invoice.be connector, against an emulator with its traps, holds the hub contract."""

from collections.abc import AsyncIterator, Sequence

import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.e_invoice_be import CONNECTOR
from pipeline.connectors.limits import Limiters
from pipeline.domain.customers import AccountingPackage
from pipeline.domain.documents import Location
from pipeline.ports.hub import Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub import HubContract
from pipeline.testing.contracts.hub_bench import DOSSIER, OTHER_DOSSIER, Seed, Trouble
from pipeline.testing.emulators.e_invoice_be import EInvoiceBeEmulator
from pipeline.testing.emulators.queue import Fault
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.script import Operation

PACKAGE = AccountingPackage("p", "Winbooks", dict.fromkeys(Location, "/books/in"))
TROUBLES = frozenset(Trouble) - {Trouble.UNAUTHORIZED}


class EInvoiceBeBench:
    """An emulated e-invoice.be and a client of it."""

    troubles = TROUBLES

    def __init__(self, emulator: EInvoiceBeEmulator, clock: VirtualClock, url: str) -> None:
        self.emulator = emulator
        self.clock = clock
        self.hub: Hub = connected(url, clock)

    async def seed(self, dossier_id: str, seeds: Sequence[Seed]) -> None:
        for seed in seeds:
            self.emulator.arrive(dossier_id, seed.name, seed.body, kind=seed.kind)

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        self.emulator.faults[operation].append(Fault(trouble.value))


def connected(url: str, clock: VirtualClock, **values: str) -> Hub:
    keys = f"{DOSSIER}=key-{DOSSIER} {OTHER_DOSSIER}=key-{OTHER_DOSSIER}"
    given = {"url": url, "keys": keys, "allow_private": "yes", **values}
    limiters = Limiters(clock)
    return CONNECTOR.connect(
        HubSetup("e_invoice_be", given, clock, MemoryCredentials(), limiters, package=PACKAGE)
    )


@pytest.fixture
async def bench() -> AsyncIterator[EInvoiceBeBench]:
    clock = VirtualClock()
    emulator = EInvoiceBeEmulator(clock, DOSSIER, OTHER_DOSSIER)
    async with emulator.serving() as url:
        bench = EInvoiceBeBench(emulator, clock, str(url).rstrip("/"))
        yield bench
        await bench.hub.close()


class TestEInvoiceBeHub(HubContract):
    @pytest.fixture
    async def bench(self, bench: EInvoiceBeBench) -> EInvoiceBeBench:
        return bench
