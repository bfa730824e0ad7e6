"""The process under test: the production stages, destination and recovery, wired for a world."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from anyio import create_task_group

from pipeline.connectors.destinations.filesystem import FilesystemDestination, Flush
from pipeline.domain.customers import Dossier
from pipeline.domain.delivery import Delivery
from pipeline.domain.documents import (
    Attachment,
    CheckedDocument,
    Document,
    DocumentKey,
    DocumentRef,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import DocumentRejected, TransientError
from pipeline.stages.acknowledge import Acknowledge
from pipeline.stages.list import ListDocuments
from pipeline.stages.reject import Reject
from pipeline.stages.write import Write
from pipeline.testing.destinations import ListedDestinations
from pipeline.testing.memory_hub import HubStatus
from pipeline.usecases.recover_deliveries import OnUncertain, RecoverDeliveries
from tests.sim.channels import key_data_of
from tests.sim.world import LANE, ROOT, World

T = TypeVar("T")
PASSES = 60


async def inline(call: Callable[[], T], /) -> T:
    """A hop that stays: the simulation has one thread."""
    return call()


@dataclass(frozen=True, slots=True)
class Rejected:
    """What `Reject` is handed."""

    item: CheckedDocument
    error: DocumentRejected


class Process:
    """One life of the program, from its start until nothing is left to do, or its end."""

    def __init__(
        self,
        world: World,
        make_destination: Callable[..., FilesystemDestination] = FilesystemDestination,
    ) -> None:
        self._world = world
        self._hubs = world.hubs
        self._state = world.state_of_process()
        self._dossiers = {each.tenant: each for client in world.clients for each in client}
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
        self._acknowledge = Acknowledge(self._hubs, self._state, lambda _name: None)
        self._reject = Reject(self._hubs, self._state, self)
        self._list = ListDocuments(
            self._hubs, self._state, self, self._acknowledge.again, self._reject.report_again
        )

    def get(self, hub: str, dossier_id: str) -> Dossier | None:
        """The directory of dossiers."""
        return self._dossiers.get(f"{hub}/{dossier_id}")

    async def keep(self, key: DocumentKey, _body: bytes) -> str:
        """The quarantine: what is rejected stays at its hub."""
        return key.digest

    async def live(self) -> None:
        """Recover, then deliver everything the hub lists."""
        self._destinations.doubt(LANE)
        await self._state.save_dossiers(list(self._dossiers.values()))
        for _ in range(PASSES):
            try:
                await self._settle()
                for client in self._world.clients:
                    await self._sync_client(client)
            except TransientError as error:
                self._world.trace.append(f"{self._world.steps}: {error}")
            if not self._is_anything_left():
                await self._destination.close()
                return
        raise AssertionError("the program does not come to an end")

    def _is_anything_left(self) -> bool:
        stored = [each for hub in self._hubs.values() for each in hub.stored()]
        waiting = any(each.status is HubStatus.WAITING for each in stored)
        wanted = any(row.is_wanted for row in self._world.state._all())
        return waiting or wanted or LANE in self._destinations.doubted

    async def _settle(self) -> None:
        if LANE in self._destinations.doubted:
            await self._recover(self._destination)
            self._destinations.doubted.discard(LANE)
            async for rows in self._recover.unacknowledged():
                await self._acknowledge.again(rows)

    async def _sync_client(self, client: Sequence[Dossier]) -> None:
        """All channels of a client at the same moment."""
        async with create_task_group() as tasks:
            for dossier in client:
                tasks.start_soon(self._sync, dossier)

    async def _sync(self, dossier: Dossier) -> None:
        try:
            async for refs in self._list(dossier.tenant):
                if refs:
                    await self._deliver([self._checked(ref) for ref in refs])
        except TransientError as error:
            self._world.trace.append(f"{self._world.steps}: {error}")

    async def _deliver(self, items: Sequence[CheckedDocument]) -> None:
        results = await self._write(items)
        rejected = []
        for item, result in zip(items, results, strict=True):
            if isinstance(result, Exception):
                self._world.trace.append(f"{self._world.steps}: {result}")
            if isinstance(result, DocumentRejected):
                rejected.append(Rejected(item, result))
            else:
                assert isinstance(result, Delivery | TransientError), result
        if rejected:
            await self._reject(rejected)
        await self._acknowledge([each for each in results if isinstance(each, Delivery)])

    def _checked(self, ref: DocumentRef) -> CheckedDocument:
        stored = next(each for each in self._hubs[ref.key.hub].stored() if each.ref.key == ref.key)
        pdf = self._world.pdf_of(self._dossiers[f"{ref.key.hub}/{ref.key.dossier}"], ref.key)
        attachments = (Attachment("a.pdf", "application/pdf", pdf),) if pdf else ()
        document = Document(ref, stored.body, stored.ref.sha256 or "")
        number = int(ref.key.document_id.rpartition("-")[2])
        report = ValidationReport(
            Verdict.VALID, key_data=key_data_of(number), attachments=attachments
        )
        return CheckedDocument(document, report)
