"""The process under test: the production stages, destination and recovery, wired for a world."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pipeline.connectors.destinations.filesystem import FilesystemDestination, Flush
from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import Delivery, DocumentRow
from pipeline.domain.documents import (
    Attachment,
    CheckedDocument,
    Document,
    DocumentRef,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import TransientError
from pipeline.ports.hub import ErrorReport
from pipeline.stages.acknowledge import Acknowledge
from pipeline.stages.list import ListDocuments
from pipeline.stages.write import Write
from pipeline.testing.destinations import ListedDestinations
from pipeline.testing.memory_hub import HubStatus
from pipeline.usecases.recover_deliveries import OnUncertain, RecoverDeliveries
from tests.sim.world import HUB, LANE, ROOT, World

T = TypeVar("T")
PASSES = 60


async def inline(call: Callable[[], T], /) -> T:
    """A hop that stays: the simulation has one thread."""
    return call()


class Process:
    """One life of the program, from its start until nothing is left to do, or its end."""

    def __init__(
        self,
        world: World,
        make_destination: Callable[..., FilesystemDestination] = FilesystemDestination,
    ) -> None:
        self._world = world
        self._hub = world.hub
        self._state = world.state_of_process()
        self._dossiers = {dossier.id: dossier for dossier in world.dossiers}
        self._destination = make_destination(
            name=LANE,
            root=ROOT,
            disk=world.disk,
            clock=world.clock,
            hop=inline,
            flush=world.rng.choice((Flush.FILES, Flush.VOLUME)),
        )
        self._destinations = ListedDestinations({ROOT: self._destination})
        holds = world.weather.holds_uncertain
        self._recover = RecoverDeliveries(
            self._state,
            world.clock,
            on_uncertain=OnUncertain.HOLD if holds else OnUncertain.REDELIVER,
        )
        self._write = Write(self._state, self._destinations, self, world.clock)
        self._acknowledge = Acknowledge({HUB: self._hub}, self._state, lambda _name: None)
        self._list = ListDocuments(
            {HUB: self._hub}, self._state, self, self._acknowledge.again, self._report
        )

    def get(self, _hub: str, dossier_id: str) -> Dossier | None:
        """The directory of dossiers."""
        return self._dossiers.get(dossier_id)

    async def live(self) -> None:
        """Recover, then deliver everything the hub lists."""
        self._destinations.doubt(LANE)
        for _ in range(PASSES):
            try:
                await self._settle()
                for dossier in self._dossiers.values():
                    await self._sync(dossier)
            except TransientError as error:
                self._world.trace.append(f"{self._world.steps}: {error}")
            if not self._is_anything_left():
                await self._destination.close()
                return
        raise AssertionError("the program does not come to an end")

    async def _report(self, rows: Sequence[DocumentRow]) -> None:
        await self._hub.report_error([ErrorReport(row.key, "held", "held") for row in rows])
        await self._state.reported([row.key for row in rows])

    def _is_anything_left(self) -> bool:
        waiting = any(each.status is HubStatus.WAITING for each in self._hub.stored())
        return waiting or LANE in self._destinations.doubted

    async def _settle(self) -> None:
        if LANE in self._destinations.doubted:
            await self._recover(self._destination)
            self._destinations.doubted.discard(LANE)
            async for rows in self._recover.unacknowledged():
                await self._acknowledge.again(rows)

    async def _sync(self, dossier: Dossier) -> None:
        async for refs in self._list(dossier.tenant):
            if refs:
                results = await self._write([self._checked(ref) for ref in refs])
                self._note(results)
                await self._acknowledge([each for each in results if isinstance(each, Delivery)])

    def _note(self, results: Sequence[Delivery | Exception]) -> None:
        for result in results:
            if isinstance(result, TransientError):
                self._world.trace.append(f"{self._world.steps}: {result}")
            assert not isinstance(result, Exception) or isinstance(result, TransientError), result

    def _checked(self, ref: DocumentRef) -> CheckedDocument:
        stored = next(each for each in self._hub.stored() if each.ref.key == ref.key)
        pdf = self._world.pdf_of(self._dossiers[ref.key.dossier], ref.key)
        attachments = (Attachment("a.pdf", "application/pdf", pdf),) if pdf else ()
        document = Document(ref, stored.body, stored.ref.sha256 or "")
        return CheckedDocument(document, ValidationReport(Verdict.VALID, attachments=attachments))
