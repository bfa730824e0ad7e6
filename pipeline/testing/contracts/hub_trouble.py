"""What a hub connector does when the hub, or the way to it, has a fault."""

import pytest

from pipeline.domain.errors import TransientError
from pipeline.ports.hub import Acknowledgement
from pipeline.testing.contracts.hub_bench import (
    DOSSIER,
    RETRY_AFTER,
    HubBench,
    Seed,
    Trouble,
    acknowledge,
    dossier_of,
    listing,
    needs,
    needs_acknowledgement,
    numbered,
)
from pipeline.testing.script import Operation

MEGABYTE = 2**20


class HubTroubleContract:
    """The part of `hub.HubContract` that makes trouble."""

    async def test_a_truncated_body_is_tried_again(self, bench: HubBench) -> None:
        needs(bench, Trouble.TRUNCATED)
        await bench.seed(DOSSIER, [Seed("a.xml", b"x" * 10_000)])
        ref = (await listing(bench.hub))[0]
        await bench.trouble(Trouble.TRUNCATED, Operation.FETCH)

        with pytest.raises(TransientError):
            await bench.hub.fetch(ref, max_bytes=MEGABYTE)

        assert len((await bench.hub.fetch(ref, max_bytes=MEGABYTE)).body) == 10_000

    async def test_an_acknowledgement_whose_answer_is_lost_is_made_again(
        self, bench: HubBench
    ) -> None:
        needs(bench, Trouble.LOST_REPLY)
        needs_acknowledgement(bench)
        await bench.seed(DOSSIER, [Seed("a.xml")])
        refs = await listing(bench.hub)
        await bench.trouble(Trouble.LOST_REPLY, Operation.ACK)

        with pytest.raises(TransientError):
            await acknowledge(bench.hub, refs)
        outcomes = await acknowledge(bench.hub, refs)

        assert outcomes[0].is_settled
        assert not await listing(bench.hub)

    @pytest.mark.parametrize("trouble", [Trouble.SERVER_ERROR, Trouble.RESET, Trouble.HTML])
    @pytest.mark.parametrize("operation", [Operation.LIST, Operation.ACK])
    async def test_a_fault_of_the_hub_passes(
        self, bench: HubBench, trouble: Trouble, operation: Operation
    ) -> None:
        needs(bench, trouble)
        if operation is Operation.ACK:
            needs_acknowledgement(bench)
        await bench.seed(DOSSIER, numbered(3))
        refs = await listing(bench.hub)
        await bench.trouble(trouble, operation)

        with pytest.raises(TransientError):
            await (
                listing(bench.hub) if operation is Operation.LIST else acknowledge(bench.hub, refs)
            )

        assert operation is Operation.ACK or await listing(bench.hub) == refs
        assert all(outcome.is_settled for outcome in await acknowledge(bench.hub, refs))
        if bench.hub.capabilities.acknowledgement is not Acknowledgement.NONE:
            assert not await listing(bench.hub)

    async def test_a_refused_token_is_renewed_without_anybody_noticing(
        self, bench: HubBench
    ) -> None:
        needs(bench, Trouble.UNAUTHORIZED)
        await bench.seed(DOSSIER, numbered(2))
        await bench.trouble(Trouble.UNAUTHORIZED, Operation.LIST)

        assert len(await listing(bench.hub)) == 2

    async def test_a_hub_that_asks_to_wait_is_left_alone_so_long(self, bench: HubBench) -> None:
        needs(bench, Trouble.TOO_MANY_REQUESTS)
        dossier = await dossier_of(bench.hub)
        await bench.trouble(Trouble.TOO_MANY_REQUESTS, Operation.LIST)

        with pytest.raises(TransientError) as asked:
            await bench.hub.list(dossier, None, 10)
        start = bench.clock.monotonic()
        async with bench.clock.running():
            await bench.hub.list(dossier, None, 10)

        assert asked.value.retry_after == RETRY_AFTER
        assert bench.clock.monotonic() - start >= RETRY_AFTER.total_seconds()

    async def test_health_never_raises(self, bench: HubBench) -> None:
        needs(bench, Trouble.SERVER_ERROR)
        await bench.trouble(Trouble.SERVER_ERROR, Operation.HEALTH)

        assert not (await bench.hub.health()).is_reachable
