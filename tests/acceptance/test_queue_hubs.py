"""Every queue hub from its list to real folders: 1,202 unread, more arriving, some of them poison.

Scrada's windows of requests are left out: they have a test of their own, in virtual time.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.app import installation
from pipeline.app.hubs import HubPart
from pipeline.app.installation import Installation, open_installation
from pipeline.app.service import SyncResult, sync_once
from pipeline.connectors.clock import SystemClock
from pipeline.connectors.declarations import HubSetup
from pipeline.connectors.hubs.queue import CONNECTORS, build
from pipeline.connectors.hubs.queue.profiles import PROFILES
from pipeline.connectors.limits import Limiters
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import DocumentKind, Location
from pipeline.domain.shards import WHOLE
from pipeline.ports.clock import Clock
from pipeline.ports.hub import AckOutcome, Forwarded, Hub, ListPage
from pipeline.settings import Settings
from pipeline.testing.emulators.catalogue import EMULATED
from pipeline.testing.emulators.letspeppol import LetsPeppolEmulator
from pipeline.testing.emulators.queue import Asked, Fault, Kept, QueueEmulator, Reply
from pipeline.testing.memory_credentials import MemoryCredentials
from pipeline.testing.script import Operation
from tests.acceptance.office import customer, document_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

COMPANY, OTHER, STRANGER = "0208:0400000001", "0208:0400000002", "0208:0400000009"
PACKAGE = AccountingPackage("p", "Winbooks", {Location.PURCHASE_INVOICES: "books/purchase"})
MAX_PASSES = 12
LARGEST = 2**14
_BODY = document_of(customer(1), DocumentKind.PURCHASE_INVOICE, seed=1).body
PROFILE = {profile.name: profile for profile in PROFILES}
CONNECTOR = {connector.name: connector for connector in CONNECTORS}


def invoice(number: int) -> bytes:
    """A good invoice with a number of its own."""
    return re.sub(rb"<cbc:ID>[^<]+", f"<cbc:ID>F-{number}".encode(), _BODY, count=1)


ARRIVING_AT_ONCE = 25


class FillingUp:
    """A hub at which more documents arrive while those before are taken."""

    def __init__(self, emulator: QueueEmulator) -> None:
        self.emulator = emulator
        self.arriving = 0
        self.good: dict[str, bytes] = {}
        self.poison: dict[str, Kept] = {}
        self._answer = emulator.answer

    def receive(self) -> None:
        """A document arrives; some are no XML, some are too large, some cannot be had at all."""
        number = len(self.good) + len(self.poison)
        name = f"document-{number:05}"
        body = invoice(number)
        is_cut, is_large, is_gone = number % 7 == 3, number % 100 == 50, number % 100 == 60
        sent = body[:-5] if is_cut else body.ljust(LARGEST + 1) if is_large else body
        kept = self.emulator.receive(COMPANY, name, sent)
        if is_gone:
            kept.body = None
        if is_cut or is_large or is_gone:
            self.poison[name] = kept
        else:
            self.good[name] = body

    def answer(self, asked: Asked) -> Reply:
        """Answer as the emulator does, after other documents arrived."""
        if asked.method != "GET":
            for _ in range(min(self.arriving, ARRIVING_AT_ONCE)):
                self.arriving -= 1
                self.receive()
        return self._answer(asked)


@dataclass
class Office:
    """An installation with one queue hub, and folders on a real disk."""

    folder: Path
    hub: FillingUp
    passes: list[SyncResult] = field(default_factory=list)

    async def sync(self) -> SyncResult:
        """One run of ``dossierpost sync --once``."""
        async with self.opened() as opened:
            self.passes.append(await sync_once(opened, everything=True))
        return self.passes[-1]

    async def sync_until_nothing_is_new(self) -> None:
        """Run again and again; what cannot be delivered must not keep that from ending."""
        for _ in range(MAX_PASSES):
            if not (await self.sync()).listed:
                return

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Installation]:
        environment = {
            "DOSSIERPOST_STATE_DIR": str(self.folder / "state"),
            "DOSSIERPOST_ROOT": str(self.folder / "root"),
            "DOSSIERPOST_MAX_DOCUMENT_BYTES": str(LARGEST),
            "DOSSIERPOST_RETRY_ATTEMPTS": "2",
            "DOSSIERPOST_QUEUE_DOCUMENTS": "16",  # documents are taken while others are listed
        }
        async with open_installation(Settings.load(environment)) as opened:
            yield opened

    def placed(self) -> Counter[bytes]:
        """The content of every file that the accounting software can see."""
        files = (self.folder / "root" / "books").glob("[!.]*/*")
        return Counter(path.read_bytes() for path in files if path.is_file())

    async def errors(self) -> Counter[str]:
        async with self.opened() as opened:
            rows = await opened.state.rows(limit=10_000)
        return Counter(row.key.document_id for row in rows if row.rule)


def emulator_of(name: str) -> tuple[str, QueueEmulator]:
    connector, _, order = name.partition(", ")
    if order:
        made = LetsPeppolEmulator(SystemClock(), COMPANY, OTHER, is_oldest_first=True)
        return connector, made
    return connector, EMULATED[connector].emulator(SystemClock(), COMPANY, OTHER)


@asynccontextmanager
async def opened_office(
    folder: Path,
    name: str,
    patch: pytest.MonkeyPatch,
    planted: Callable[[Hub], Any] = lambda hub: hub,
) -> AsyncIterator[Office]:
    connector, emulator = emulator_of(name)
    hub = FillingUp(emulator)
    patch.setattr(emulator, "answer", hub.answer)
    (folder / "root" / "books").mkdir(parents=True)
    async with emulator.serving() as url:
        values = EMULATED[connector].settings(url, COMPANY)
        profile = replace(PROFILE[connector], windows=())

        @asynccontextmanager
        async def open_parts(
            _: Settings, clock: Clock, *_more: object
        ) -> AsyncIterator[Mapping[str, HubPart]]:
            setup = HubSetup(
                "queue", values, clock, MemoryCredentials(), Limiters(clock), package=PACKAGE
            )
            connected = build(profile, CONNECTOR[connector].completed(setup))
            yield {"queue": HubPart(planted(connected), WHOLE)}
            await connected.close()

        patch.setattr(installation, "open_parts", open_parts)
        yield Office(folder, hub)


async def broken_promises(office: Office, *, unread: int, arriving: int) -> list[str]:
    """Let documents wait and arrive, run until nothing is new, and say what is wrong then."""
    hub, emulator = office.hub, office.hub.emulator
    for _ in range(unread):
        hub.receive()
    for number in range(150):
        emulator.receive(STRANGER, f"stranger-{number}", b"<Invoice/>")
        emulator.receive(COMPANY, f"sent-{number}", b"<Invoice/>", is_incoming=False)
    hub.arriving = arriving
    emulator.faults[Operation.ACK] += [Fault.LOST_REPLY, Fault.SERVER_ERROR]
    first = await office.sync()
    await office.sync_until_nothing_is_new()

    waiting = {kept.id for kept in emulator.untaken(COMPANY) if kept.is_incoming}
    checks = {
        "some that waited at the start were passed over": first.forwarded + first.errors >= unread,
        "not all arrived": len(hub.good) + len(hub.poison) == unread + arriving,
        "not each good one is in its folder once": office.placed() == Counter(hub.good.values()),
        "not each poison one is an Error once": await office.errors() == Counter([*hub.poison]),
        "one was forwarded twice": sum(each.forwarded for each in office.passes) == len(hub.good),
        "one was rejected twice": sum(each.errors for each in office.passes) == len(hub.poison),
        "the hub was not told of all": waiting <= hub.poison.keys(),
    }
    return [text for text, holds in checks.items() if not holds]


@pytest.mark.parametrize("name", [*PROFILE, "letspeppol, oldest first"])
async def test_1202_unread_documents_arrive_once_while_new_ones_come_and_some_are_poison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async with opened_office(tmp_path, name, monkeypatch) as office:
        assert await broken_promises(office, unread=1202, arriving=200) == []


# -- planted bugs -----------------------------------------------------------------------------
class _Planted:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hub, name)


class PagesWhileItIsHandled(_Planted):
    """Asks for the second page of what is unread after the first was marked as read."""

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        start, size = int(cursor or 0), min(limit, 50)
        refs = (await self._hub.list(dossier, None, 10_000)).refs
        end = start + size
        return ListPage(refs[start:end], str(end) if end < len(refs) else None)


class TellsTheHubAtOnce(_Planted):
    """Marks as read what was listed, and sees what it can fetch later."""

    async def list(self, dossier: Dossier, cursor: str | None, limit: int) -> ListPage:
        page = await self._hub.list(dossier, cursor, limit)
        await self._hub.ack([Forwarded(ref.key) for ref in page.refs])
        return ListPage(page.refs[:-1], page.cursor)


class NeverTells(_Planted):
    """Believes that the hub was told."""

    async def ack(self, documents: Sequence[Forwarded]) -> Sequence[AckOutcome]:
        return [AckOutcome.OK] * len(documents)


@pytest.mark.parametrize("planted", [PagesWhileItIsHandled, TellsTheHubAtOnce, NeverTells])
async def test_a_planted_bug_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: Callable[[Hub], Any]
) -> None:
    async with opened_office(tmp_path, "recommand", monkeypatch, planted) as office:
        assert await broken_promises(office, unread=250, arriving=0) != []
