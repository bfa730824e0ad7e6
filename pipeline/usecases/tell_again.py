"""Tell hubs again what they may not have heard: a reply was lost, or the hub was down."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pipeline.domain.delivery import DocumentRow, RowStatus
from pipeline.domain.documents import DocumentKey
from pipeline.ports.state import StateStore
from pipeline.stages.acknowledge import Acknowledge
from pipeline.stages.reject import Reject

_PAGE = 500

Tell = Callable[[Sequence[DocumentRow]], Awaitable[None]]


def _everything(_tenant: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class TellAgain:
    """Sweeps the state for deliveries and errors that are not confirmed by their hub.

    Nothing is at risk meanwhile: the documents are in their folders, or their reasons are kept.
    What the line tells at the same moment is told twice, which hubs must bear. A hub that is not
    configured any more is not told, and of several processes each tells of its own dossiers:
    ``is_mine`` knows them by tenant.
    """

    state: StateStore
    acknowledge: Acknowledge
    reject: Reject
    is_mine: Callable[[str], bool] = _everything

    async def __call__(self) -> int:
        """One sweep; returns how many rows were told. A hub that is down is told by the next."""
        delivered = await self._sweep(self.acknowledge.again, RowStatus.DELIVERED)
        failed = await self._sweep(
            self.reject.report_again, RowStatus.ERROR, RowStatus.HELD, is_reported=False
        )
        return delivered + failed

    async def _sweep(
        self, tell: Tell, *statuses: RowStatus, is_reported: bool | None = None
    ) -> int:
        count = 0
        after: DocumentKey | None = None
        while page := await self.state.rows(
            statuses=statuses, is_reported=is_reported, after=after, limit=_PAGE
        ):
            told = [row for row in page if self._is_to_tell(row.key)]
            await tell(told)
            count += len(told)
            after = page[-1].key
        return count

    def _is_to_tell(self, key: DocumentKey) -> bool:
        return key.hub in self.acknowledge.hubs and self.is_mine(f"{key.hub}/{key.dossier}")
