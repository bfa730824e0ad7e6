"""Write: place documents in their folders, once and whole, whatever is cut or killed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.domain.documents import CheckedDocument, DocumentKey
from pipeline.domain.errors import ConfigurationError, TenantBlocked, TransientError
from pipeline.domain.paths import Platform
from pipeline.ports.clock import Clock
from pipeline.ports.destination import Destination, Destinations
from pipeline.ports.dossiers import DossierDirectory
from pipeline.ports.faults import FaultPoint, no_faults
from pipeline.ports.state import StateStore
from pipeline.stages.write.batch import Batch, Result
from pipeline.stages.write.folders import Folders
from pipeline.stages.write.plan import Plan, Planner
from pipeline.stages.write.routes import Routes


@dataclass(slots=True)
class Write:
    """Delivers batches; documents of one lane in one batch share every hop, flush and commit.

    ``root`` is the folder under which relative locations lie.
    """

    state: StateStore
    destinations: Destinations
    dossiers: DossierDirectory
    clock: Clock
    faultpoint: FaultPoint = no_faults
    platform: Platform = Platform.POSIX
    root: str | None = None
    _planner: Planner = field(init=False)
    _under_way: set[DocumentKey] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        routes = Routes(self.dossiers, self.destinations, self.platform, self.root)
        self._planner = Planner(routes, Folders(self.state))

    async def __call__(self, items: Sequence[CheckedDocument]) -> Sequence[Result]:
        """Deliver a batch; what became of each document, in order.

        A document is in its folder, durable, and its row says DELIVERED, when its `Delivery` is
        returned. `DocumentHeld` and `DocumentRejected` concern one document, `LocationUnusable`
        its dossier, `TransientError` says that nothing is decided yet.
        """
        mine = {item.key: item for item in items if item.key not in self._under_way}
        self._under_way.update(mine)
        try:
            results = await self._deliver(list(mine.values()))
        finally:
            self._under_way.difference_update(mine)
        return [results.get(item.key) or _under_way(item) for item in items]

    async def _deliver(self, items: Sequence[CheckedDocument]) -> dict[DocumentKey, Result]:
        results: dict[DocumentKey, Result] = {}
        lanes: dict[str, list[Plan]] = {}
        for item, plan in zip(items, await self._planner.plan(items), strict=True):
            if isinstance(plan, Plan):
                lanes.setdefault(plan.delivery.destination, []).append(plan)
            else:
                results[item.key] = plan
        for lane, plans in lanes.items():
            results |= await self._deliver_to(lane, plans)
        return results

    async def _deliver_to(self, lane: str, plans: Sequence[Plan]) -> dict[DocumentKey, Result]:
        try:
            async with self.destinations.get(lane).in_use():
                # Asked again: recovery may have had its turn while this batch waited for its own.
                return await self._run(self.destinations.get(lane), lane, plans)
        except (TransientError, TenantBlocked) as error:
            return dict.fromkeys((plan.delivery.key for plan in plans), error)

    async def _run(
        self, destination: Destination, lane: str, plans: Sequence[Plan]
    ) -> dict[DocumentKey, Result]:
        batch = Batch(destination, self.state, self.clock, self.faultpoint)
        try:
            await batch.run(plans)
        except BaseException as error:
            self.destinations.doubt(lane)
            if isinstance(error, ConfigurationError) or not isinstance(error, Exception):
                raise
            batch.fail(error)
        return batch.results


def _under_way(item: CheckedDocument) -> TransientError:
    return TransientError(f"Document {item.key.document_id} is being delivered already.")
