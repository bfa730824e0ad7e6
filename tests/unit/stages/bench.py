"""What stage tests share: twins, one dossier, and rows brought to a status."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.delivery import Delivery, DocumentRow, Evidence, PlannedDelivery, Rejection
from pipeline.domain.documents import DocumentKey, DocumentRef, Location
from pipeline.ports.hub import HubCapabilities
from pipeline.testing.clock import VirtualClock
from pipeline.testing.memory_hub import MEMORY_CAPABILITIES, MemoryHub
from pipeline.testing.memory_state import MemoryState

PACKAGE = AccountingPackage("p", "Winbooks", {Location.PURCHASE_INVOICES: "/books/[kind]"})
DOSSIER = Dossier("memory", "d1", "Bakery BV", package=PACKAGE)


class OneDossier:
    """A directory of one dossier."""

    def __init__(self, dossier: Dossier = DOSSIER) -> None:
        self._dossier = dossier

    def get(self, hub: str, dossier_id: str) -> Dossier | None:
        found = (hub, dossier_id) == (self._dossier.hub, self._dossier.id)
        return self._dossier if found else None


class MemoryQuarantine:
    """Keeps bytes in memory."""

    def __init__(self) -> None:
        self.kept: dict[DocumentKey, bytes] = {}

    async def keep(self, key: DocumentKey, body: bytes) -> str:
        self.kept[key] = body
        return f"quarantine/{key.digest}"


@dataclass
class Bench:
    """A hub, a state, and what was told again."""

    capabilities: HubCapabilities = MEMORY_CAPABILITIES
    acknowledged_again: list[DocumentKey] = field(default_factory=list)
    reported_again: list[DocumentKey] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = VirtualClock()
        self.hub = MemoryHub(dossiers=[DOSSIER], capabilities=self.capabilities)
        self.state = MemoryState(self.clock)
        self.quarantine = MemoryQuarantine()

    async def note_acknowledged(self, rows: Sequence[DocumentRow]) -> None:
        self.acknowledged_again += [row.key for row in rows]

    async def note_reported(self, rows: Sequence[DocumentRow]) -> None:
        self.reported_again += [row.key for row in rows]

    async def deliver(self, ref: DocumentRef, *, acknowledge: bool = False) -> None:
        """Bring a document's row to DELIVERED, or to ACKED."""
        planned = PlannedDelivery(
            key=ref.key,
            kind=ref.kind,
            received_at=ref.received_at,
            sha256=ref.sha256 or "",
            size_bytes=ref.size_bytes or 0,
            destination="/books",
            files=(),
        )
        await self.state.intend([planned], boot_id="boot")
        await self.state.delivered([Delivery(ref.key, "/books/x", Evidence.MOVED)])
        if acknowledge:
            await self.state.acked([ref.key])

    async def reject(self, ref: DocumentRef, *, held: bool = False, reported: bool = True) -> None:
        """Bring a document's row to ERROR, or to HELD."""
        rejection = Rejection(
            key=ref.key,
            kind=ref.kind,
            received_at=ref.received_at,
            rule="xsd",
            reason="It is broken.",
            is_held=held,
        )
        await self.state.rejected([rejection])
        if reported:
            await self.state.reported([ref.key])
