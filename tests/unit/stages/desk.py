"""A desk to try the write stage and recovery on: a simulated volume, a state in memory."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from pipeline.connectors.destinations.filesystem import FilesystemDestination, Flush
from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.delivery import Delivery, DocumentRow
from pipeline.domain.documents import (
    Attachment,
    CheckedDocument,
    Document,
    DocumentKey,
    DocumentKind,
    DocumentRef,
    KeyData,
    Location,
    ValidationReport,
    Verdict,
)
from pipeline.ports.state import StateStore
from pipeline.stages.write import Write
from pipeline.testing.destinations import ListedDestinations
from pipeline.testing.memory_state import MemoryState
from pipeline.testing.sim_disk import Killed, SimDisk
from pipeline.testing.sim_volume import Change, Kind, Node, SimVolume
from pipeline.usecases.recover_deliveries import OnUncertain, RecoverDeliveries, RecoveryReport
from tests.sim.world import InstantClock

T = TypeVar("T")

ROOT = "/data"
LANE = "books"
STAGING = f"{ROOT}/.dossierpost"
INBOX = f"{ROOT}/F1/in"
PACKAGE = AccountingPackage(
    id="package",
    name="Winbooks",
    locations={Location.PURCHASE_INVOICES: f"{ROOT}/[accounting_file_id]/in"},
)
RECEIVED = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def dossier(number: int = 1, package: AccountingPackage | None = PACKAGE) -> Dossier:
    return Dossier(
        "hub", f"d{number}", f"Client {number}", accounting_file_id=f"F{number}", package=package
    )


def item(
    number: int,
    *,
    dossier_id: str = "d1",
    body: bytes | None = None,
    pdf: bytes | None = None,
    kind: DocumentKind = DocumentKind.PURCHASE_INVOICE,
    version: str = "1",
    key_data: KeyData | None = None,
    is_released: bool = False,
) -> CheckedDocument:
    """A document that was looked at; numbers make documents different."""
    content = body if body is not None else f"body {number}".encode()
    ref = DocumentRef(
        key=DocumentKey("hub", dossier_id, f"document-{number}", version),
        kind=kind,
        received_at=RECEIVED,
        offset=str(number),
        is_released=is_released,
    )
    attachments = (Attachment("invoice.pdf", "application/pdf", pdf),) if pdf else ()
    report = ValidationReport(
        Verdict.VALID,
        key_data=key_data or KeyData(supplier_name="Baker", number=f"2026-{number}"),
        attachments=attachments,
    )
    return CheckedDocument(Document(ref, content, hashlib.sha256(content).hexdigest()), report)


def name_of(number: int, suffix: str = "", extension: str = ".xml") -> str:
    """The file name of `item` ``number``."""
    short_id = item(number).key.short_id
    return f"20260105-080000_Baker_2026-{number}{suffix}_{short_id}{extension}"


class CountedState:
    """A state that counts its calls."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._state, name)


class Desk:
    """One machine; `start` begins another process on it."""

    def __init__(self) -> None:
        self.clock = InstantClock()
        self.volume = SimVolume()
        self.volume.make_folders(ROOT)
        self.memory = MemoryState(self.clock, installation_id="installation")
        self.dossiers = {each.id: each for each in (dossier(1), dossier(2))}
        self.hops = 0
        self.faultpoints: list[str] = []
        self.on_step: Callable[[str, str], None] = lambda _call, _name: None
        self.on_faultpoint: Callable[[str], None] = lambda _name: None
        self.start()

    def start(self) -> None:
        """Begin a process; `recover` must run before `write`."""
        self.counted = CountedState(self.memory)
        self.state = cast("StateStore", self.counted)
        self.disk = SimDisk(self.volume, self._step)
        self.destination = FilesystemDestination(
            name=LANE,
            root=ROOT,
            disk=self.disk,
            clock=self.clock,
            hop=self._hop,
            flush=Flush.FILES,
            faultpoint=self._faultpoint,
        )
        self.destinations = ListedDestinations({ROOT: self.destination})
        self.write = Write(self.state, self.destinations, self, self.clock, self._faultpoint)

    def _step(self, call: str, name: str) -> None:
        self.on_step(call, name)

    def _faultpoint(self, name: str) -> None:
        self.faultpoints.append(name)
        self.on_faultpoint(name)

    async def _hop(self, call: Callable[[], T], /) -> T:
        self.hops += 1
        return call()

    def get(self, _hub: str, dossier_id: str) -> Dossier | None:
        """The directory of dossiers."""
        return self.dossiers.get(dossier_id)

    def configure(self, **changes: Any) -> None:
        """Change the accounting package of both dossiers."""
        self.dossiers = {
            key: replace(each, package=replace(PACKAGE, **changes))
            for key, each in self.dossiers.items()
        }

    def recovery(
        self, on_uncertain: OnUncertain = OnUncertain.REDELIVER, *, take_over: bool = False
    ) -> RecoverDeliveries:
        """The use case of this process."""
        return RecoverDeliveries(
            self.state, self.clock, on_uncertain=on_uncertain, take_over=take_over
        )

    async def recover(
        self, on_uncertain: OnUncertain = OnUncertain.REDELIVER, *, take_over: bool = False
    ) -> RecoveryReport:
        """Recover, as at the start or when the breaker closes."""
        report = await self.recovery(on_uncertain, take_over=take_over)(self.destination)
        self.destinations.doubted.discard(LANE)
        return report

    async def restart(self, *, lose_state: bool = False) -> None:
        """Kill the process and begin another, which has not recovered yet."""
        self.disk.kill()
        if lose_state:
            self.memory = MemoryState(self.clock, installation_id="installation")
        self.on_step = lambda _call, _name: None
        self.on_faultpoint = lambda _name: None
        self.start()

    async def kill_at(self, faultpoint: str, *items: CheckedDocument) -> None:
        """Write until a step has just become true, then kill the process and begin another."""

        def strike(name: str) -> None:
            if name == faultpoint:
                raise Killed

        self.on_faultpoint = strike
        try:
            results = await self.write(items)
        except Killed:
            await self.restart()
        else:
            raise AssertionError(f"{faultpoint} was never reached: {results}")

    async def deliver(self, *items: CheckedDocument) -> list[Delivery]:
        """Write documents that nothing stops."""
        results = await self.write(items)
        assert all(isinstance(result, Delivery) for result in results), results
        return [result for result in results if isinstance(result, Delivery)]

    def fail(self, call: str, number: int, *, times: int = 1, name: str = "") -> None:
        """Let the next calls of a kind fail with an errno."""
        left = [times]

        def step(this: str, entry: str) -> None:
            if this == call and name in entry and left[0] > 0:
                left[0] -= 1
                raise OSError(number, "simulated", entry)

        self.on_step = step

    # -- the volume -----------------------------------------------------------------------------
    def files(self, folder: str = INBOX) -> dict[str, bytes]:
        node = self.volume.find(folder)
        entries = node.entries.items() if node else ()
        return {name: each.content for name, each in entries if each.kind is Kind.FILE}

    def tokens(self) -> list[str]:
        return [name for name in self.files(STAGING) if name.endswith(".part")]

    def put(self, folder: str, name: str, body: bytes) -> None:
        node = self.volume.make_folders(folder)
        file = Node(Kind.FILE, content=body, durable=body)
        self.volume.change(Change(added=((node, name, file),)))

    def remove(self, folder: str, name: str) -> None:
        node = self.volume.find(folder)
        assert node is not None
        self.volume.change(Change(taken=((node, name),)))

    async def row(self, number: int) -> DocumentRow:
        row = await self.memory.row(item(number).key)
        assert row is not None
        return row


def placed_as(results: Sequence[object]) -> list[str]:
    """Paths of the deliveries among results."""
    return [result.path for result in results if isinstance(result, Delivery)]
