"""Acknowledge: tell the hub what is durable in its folder, last of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.delivery import Delivery, DocumentRow, Evidence
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import PipelineError, TransientError
from pipeline.ports.faults import FaultPoint
from pipeline.ports.hub import AckOutcome, Forwarded, Hub
from pipeline.ports.state import StateStore


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Tells hubs in batches, then commits ACKED.

    Nothing is at risk when it fails: the row stays DELIVERED and the hub is told again when it
    lists the document again, or by the next sweep.
    """

    hubs: Mapping[str, Hub]
    state: StateStore
    faultpoint: FaultPoint

    async def __call__(
        self, deliveries: Sequence[Delivery]
    ) -> Sequence[DocumentKey | PipelineError]:
        """Acknowledge a batch; one key or `TransientError` each, in order."""
        results: dict[DocumentKey, DocumentKey | PipelineError] = {}
        for hub_name in dict.fromkeys(delivery.key.hub for delivery in deliveries):
            mine = [delivery for delivery in deliveries if delivery.key.hub == hub_name]
            results |= await self._tell(self.hubs[hub_name], mine)
        return [results[delivery.key] for delivery in deliveries]

    async def again(self, rows: Sequence[DocumentRow]) -> None:
        """Tell hubs that list delivered documents once more: their acknowledgement was lost."""
        await self(
            [
                Delivery(row.key, row.path or "", row.evidence or Evidence.SEEN, row.offset)
                for row in rows
            ]
        )

    async def _tell(
        self, hub: Hub, deliveries: Sequence[Delivery]
    ) -> dict[DocumentKey, DocumentKey | PipelineError]:
        results: dict[DocumentKey, DocumentKey | PipelineError] = {}
        size = hub.capabilities.ack_batch
        for start in range(0, len(deliveries), size):
            batch = deliveries[start : start + size]
            try:
                results |= await self._tell_batch(hub, batch)
            except PipelineError as error:
                results |= {delivery.key: error for delivery in batch}
        return results

    async def _tell_batch(
        self, hub: Hub, batch: Sequence[Delivery]
    ) -> dict[DocumentKey, DocumentKey | PipelineError]:
        outcomes = await hub.ack([Forwarded(each.key, each.offset) for each in batch])
        self.faultpoint("ack_sent")
        await self.state.acked(
            [each.key for each, outcome in zip(batch, outcomes, strict=True) if outcome.is_settled]
        )
        self.faultpoint("acked")
        return {
            each.key: each.key if outcome.is_settled else _not_told(each, outcome)
            for each, outcome in zip(batch, outcomes, strict=True)
        }


def _not_told(delivery: Delivery, outcome: AckOutcome) -> TransientError:
    return TransientError(
        f"Hub {delivery.key.hub} did not take the acknowledgement of document "
        f"{delivery.key.document_id} ({outcome}). The file is in its folder; the hub is told again."
    )
