"""What the contract tests of the queue hubs share: a vendor's emulator and a client of it."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.queue import CONNECTORS, build
from pipeline.connectors.hubs.queue.profile import Profile
from pipeline.connectors.limits import Limiters
from pipeline.ports.hub import Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.contracts.hub_bench import (
    DOSSIER,
    OTHER_DOSSIER,
    RETRY_AFTER,
    Seed,
    Trouble,
)
from pipeline.testing.emulators.queue import Fault, QueueEmulator
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.script import Operation

LOCATIONS = {"locations": {"purchase_invoices": "/books/in"}}
LINKS = json.dumps({DOSSIER: LOCATIONS, OTHER_DOSSIER: LOCATIONS})
_CONNECTORS = {connector.name: connector for connector in CONNECTORS}
KEY_TROUBLES = frozenset(Trouble) - {Trouble.UNAUTHORIZED}
"""What can go wrong at a hub whose key does not change."""


@dataclass
class QueueBench:
    """An emulator, and the connector of its profile."""

    emulator: QueueEmulator
    hub: Hub
    clock: VirtualClock
    troubles: frozenset[Trouble]
    carries_bytes: bool
    health: Operation

    async def seed(self, dossier_id: str, seeds: Sequence[Seed]) -> None:
        for seed in seeds:
            if not self.carries_bytes and not _is_text(seed.body):
                pytest.skip("this hub keeps documents as text: such bytes never reach it")
            self.emulator.receive(
                dossier_id, f"{dossier_id}/{seed.name}", seed.body, kind=seed.kind
            )

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        place = self.health if operation is Operation.HEALTH else operation
        self.emulator.faults[place].append(Fault(trouble.value))


@asynccontextmanager
async def queue_bench(
    emulator: QueueEmulator,
    clock: VirtualClock,
    profile: Profile,
    values: Mapping[str, str],
    *,
    root: str,
    troubles: frozenset[Trouble] = frozenset(Trouble),
    carries_bytes: bool = True,
    health: Operation = Operation.HEALTH,
) -> AsyncIterator[QueueBench]:
    """A bench over HTTP; ``root`` is the path of the API at the emulator.

    Limits have a test of their own, in virtual time; here time stands still, so there are none.
    """
    emulator.wait = RETRY_AFTER
    async with emulator.serving() as url:
        given = {
            "url": str(url / root),
            "allow_private": "yes",
            "dossiers": LINKS,
            **{name: value.replace("{url}", str(url.origin())) for name, value in values.items()},
        }
        setup = HubSetup(profile.name, given, clock, MemoryCredentials(), Limiters(clock))
        hub = build(replace(profile, windows=()), _CONNECTORS[profile.name].completed(setup))
        yield QueueBench(emulator, hub, clock, troubles, carries_bytes, health)
        await hub.close()


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
