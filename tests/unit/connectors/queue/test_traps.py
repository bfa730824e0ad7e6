"""What queue hubs do to a client that believes their lists, and what must come of it."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import Delivery, Evidence, PlannedDelivery
from pipeline.domain.documents import Document, DocumentRef
from pipeline.domain.errors import DocumentRejected, TransientError
from pipeline.stages.acknowledge import Acknowledge
from pipeline.stages.download import Download
from pipeline.stages.list import ListDocuments
from pipeline.stages.reject import Reject
from pipeline.testing.clock import VirtualClock
from pipeline.testing.emulators.letspeppol import LetsPeppolEmulator
from pipeline.testing.emulators.queue import Fault
from pipeline.testing.emulators.scrada import WINDOWS, ScradaEmulator
from pipeline.testing.memory_state import MemoryState
from pipeline.testing.script import Operation
from tests.unit.connectors.queue.desk import COMPANY, OTHER, Desk, desk_of
from tests.unit.stages.bench import MemoryQuarantine, OneDossier

UNREAD, ARRIVING = 1202, 200
POISON = b"poison"
MAX_BYTES = 1000
STRANGER = "0208:0400000009"


@dataclass(frozen=True)
class Refused:
    """What a stage rejects, and why."""

    item: Document | DocumentRef
    error: DocumentRejected


@dataclass
class Office:
    """The stages around one hub, and what became of each document.

    ``arriving`` is how many documents come while others are being fetched.
    """

    desk: Desk
    dossier: Dossier
    forwarded: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    expected: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    arriving: int = 0
    _numbers: int = 0

    def __post_init__(self) -> None:
        hub = self.desk.hub
        hubs = {hub.name: hub}
        self.state = MemoryState(self.desk.clock)
        self.quarantine = MemoryQuarantine()
        self.reject = Reject(hubs, self.state, self.quarantine)
        self.acknowledge = Acknowledge(hubs, self.state, lambda _name: None)
        self.download = Download(hubs, MAX_BYTES)
        self.list = ListDocuments(
            hubs,
            self.state,
            OneDossier(self.dossier),
            self.acknowledge.again,
            self.reject.report_again,
        )

    def receive(self) -> None:
        """A document arrives; some cannot be delivered, and of those some cannot be fetched."""
        number = self._numbers
        self._numbers += 1
        document_id = f"document-{number:05}"
        body = f"<Invoice>{number}</Invoice>".encode()
        if number % 7 == 3:
            body = POISON
        elif number % 100 == 50:
            body = b"x" * (MAX_BYTES + 1)
        kept = self.desk.emulator.receive(COMPANY, document_id, body)
        if number % 100 == 60:
            kept.body = None
        is_good = kept.body is not None and kept.body.startswith(b"<")
        (self.expected if is_good else self.poison).add(document_id)

    async def run(self) -> int:
        """One pass; returns how many documents it settled."""
        settled = 0
        async for refs in self.list(self.dossier.tenant):
            results = [await self._settle(ref) for ref in refs]
            await self.acknowledge([each for each in results if each is not None])
            settled += len(refs)
        return settled

    async def _settle(self, ref: DocumentRef) -> Delivery | None:
        if self.arriving and int(ref.key.digest, 16) % 4 == 0:
            self.arriving -= 1
            self.receive()
        try:
            document = await self.download(ref)
        except DocumentRejected as error:
            await self._refuse(Refused(ref, error))
            return None
        if document.body == POISON:
            invalid = DocumentRejected("It is no invoice.", rule="xsd")
            await self._refuse(Refused(document, invalid))
            return None
        self.forwarded[ref.key.document_id] += 1
        return await self._deliver(document)

    async def _refuse(self, refused: Refused) -> None:
        self.errors[refused.item.key.document_id] += 1
        await self.reject([refused])

    async def _deliver(self, document: Document) -> Delivery:
        planned = PlannedDelivery(
            key=document.key,
            kind=document.ref.kind,
            received_at=document.ref.received_at,
            sha256=document.sha256,
            size_bytes=len(document.body),
            destination="books",
            files=(),
        )
        delivery = Delivery(document.key, "/books/x", Evidence.MOVED)
        await self.state.intend([planned], boot_id="boot")
        await self.state.delivered([delivery])
        return delivery


def _desk(name: str) -> Desk:
    if name != "letspeppol, oldest first":
        return desk_of(name)
    emulator = LetsPeppolEmulator(VirtualClock(), COMPANY, OTHER, is_oldest_first=True)
    return desk_of("letspeppol", emulator=emulator)


@pytest.fixture(
    params=[
        "recommand",
        "scrada",
        "peppyrus",
        "euroconnector",
        "letspeppol",
        "letspeppol, oldest first",
    ]
)
async def office(request: pytest.FixtureRequest) -> Office:
    desk = _desk(request.param)
    if isinstance(desk.emulator, ScradaEmulator):
        desk.emulator.windows = WINDOWS
    return Office(desk, await desk.dossier())


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_1202_unread_documents_arrive_once_while_new_ones_come_and_some_are_poison(
    office: Office,
) -> None:
    for _ in range(UNREAD):
        office.receive()
    office.arriving = ARRIVING
    for number in range(150):
        office.desk.emulator.receive(OTHER, f"other-{number}", b"<Invoice/>")
        office.desk.emulator.receive(STRANGER, f"stranger-{number}", b"<Invoice/>")
        office.desk.emulator.receive(COMPANY, f"sent-{number}", b"<I/>", is_incoming=False)
    office.desk.emulator.faults[Operation.ACK] += [Fault.LOST_REPLY, Fault.SERVER_ERROR]

    async with office.desk.clock.running():
        for _ in range(20):
            if not await office.run():
                break

    assert len(office.expected) + len(office.poison) == UNREAD + ARRIVING
    assert set(office.forwarded) == office.expected
    assert set(office.forwarded.values()) == {1}
    assert set(office.errors) == office.poison
    assert set(office.errors.values()) == {1}


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_list_in_which_everything_is_poison_does_not_hide_the_next_document(
    office: Office,
) -> None:
    for number in range(100):
        office.desk.emulator.receive(COMPANY, f"poison-{number}", POISON)
    for number in range(100):
        office.desk.emulator.receive(COMPANY, f"large-{number}", b"x" * (MAX_BYTES + 1))
    async with office.desk.clock.running():
        await office.run()
        office.desk.emulator.receive(COMPANY, "good", b"<Invoice/>")
        while await office.run():
            pass

    assert office.forwarded["good"] == 1
    assert len(office.errors) == 200
    assert len(office.quarantine.kept) == 100


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_hub_that_did_not_hear_of_poison_hears_it_at_the_next_pass(
    office: Office,
) -> None:
    kept = office.desk.emulator.receive(COMPANY, "poison", POISON)
    office.desk.emulator.faults[Operation.ACK].append(Fault.SERVER_ERROR)

    async with office.desk.clock.running():
        await office.run()
        taken_at_first = kept.taken
        await office.run()

    assert (taken_at_first, kept.taken) == (0, 1)
    assert office.errors["poison"] == 1


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_fault_while_listing_ends_the_pass_and_loses_nothing(office: Office) -> None:
    office.desk.emulator.receive(COMPANY, "good", b"<Invoice/>")
    office.desk.emulator.faults[Operation.LIST].append(Fault.RESET)

    async with office.desk.clock.running():
        with pytest.raises(TransientError):
            await office.run()
        await office.run()

    assert office.forwarded["good"] == 1
