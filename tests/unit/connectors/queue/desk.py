"""Queue hubs of every vendor on a desk: emulator and client in one process, time is virtual."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import anyio.lowlevel
from multidict import CIMultiDict
from yarl import URL

from pipeline.connectors.answers import Answer, AnswerTooLarge
from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.http import LARGEST_ANSWER
from pipeline.connectors.hubs.queue import CONNECTORS, assemble
from pipeline.connectors.hubs.queue.hub import QueueHub
from pipeline.connectors.hubs.queue.profile import Profile
from pipeline.connectors.hubs.queue.profiles import PROFILES
from pipeline.connectors.limits import Limiters
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import Location
from pipeline.domain.errors import TransientError
from pipeline.testing.clock import VirtualClock
from pipeline.testing.emulators.catalogue import EMULATED
from pipeline.testing.emulators.queue import Asked, QueueEmulator
from pipeline.testing.memory_credentials import MemoryCredentials

COMPANY = "0208:0400000001"
OTHER = "0208:0400000002"
PACKAGE = AccountingPackage("p", "Winbooks", {Location.PURCHASE_INVOICES: "/books/in"})
ADDRESS = URL("https://hub.example")


class InProcess:
    """Asks an emulator without a network; see `pipeline.connectors.http.HttpClient`."""

    def __init__(self, emulator: QueueEmulator) -> None:
        self._emulator = emulator

    async def request(
        self,
        method: str,
        url: URL,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        max_bytes: int = LARGEST_ANSWER,
    ) -> Answer:
        await anyio.lowlevel.checkpoint()  # no network answers at once
        reply = self._emulator.answer(Asked.of(method, url, headers or {}, body))
        if reply.is_lost or reply.is_cut:
            raise TransientError("The connection broke.")
        if len(reply.body) > max_bytes:
            raise AnswerTooLarge(f"more than {max_bytes} bytes")
        sent = CIMultiDict({"Content-Type": reply.content_type, **reply.headers})
        return Answer(reply.status, sent, reply.body, reply.reason or "")

    async def close(self) -> None:
        pass


@dataclass
class Desk:
    """An emulator and its client."""

    emulator: QueueEmulator
    hub: QueueHub
    clock: VirtualClock

    async def dossier(self, company: str = COMPANY) -> Dossier:
        return {d.id: d async for page in self.hub.tenants() for d in page}[company]

    def paths(self, method: str) -> list[str]:
        """Paths that were asked with a method, in order."""
        return ["/".join(asked.path) for _, asked in self.emulator.asked if asked.method == method]


def desk_of(
    name: str,
    *companies: str,
    links: Mapping[str, object] | None = None,
    change: Callable[[Profile], Profile] = lambda profile: profile,
    emulator: QueueEmulator | None = None,
    **values: str,
) -> Desk:
    """The desk of a vendor; all companies are linked unless ``links`` say otherwise."""
    served = emulator or EMULATED[name].emulator(VirtualClock(), *(companies or (COMPANY, OTHER)))
    clock = served.clock
    assert isinstance(clock, VirtualClock)
    profile = change(next(each for each in PROFILES if each.name == name))
    connector = next(each for each in CONNECTORS if each.name == name)
    linked = links if links is not None else {company: {} for company in served.companies}
    given = {**EMULATED[name].settings(ADDRESS), "dossiers": json.dumps(linked), **values}
    setup = HubSetup(name, given, clock, MemoryCredentials(), Limiters(clock))
    complete = connector.completed(replace(setup, package=PACKAGE))
    return Desk(served, assemble(profile, complete, InProcess(served)), clock)
