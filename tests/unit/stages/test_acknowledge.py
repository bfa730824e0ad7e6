from dataclasses import replace

from pipeline.domain.delivery import Delivery, Evidence, RowStatus
from pipeline.domain.documents import DocumentRef
from pipeline.domain.errors import HubUnavailable, TransientError
from pipeline.ports.faults import no_faults
from pipeline.stages.acknowledge import Acknowledge
from pipeline.testing.memory_hub import MEMORY_CAPABILITIES
from pipeline.testing.script import Operation
from tests.unit.stages.bench import Bench


def delivery(ref: DocumentRef) -> Delivery:
    return Delivery(ref.key, "/books/x", Evidence.MOVED)


def acknowledge(bench: Bench) -> Acknowledge:
    return Acknowledge({"memory": bench.hub}, bench.state, no_faults)


async def status(bench: Bench, ref: DocumentRef) -> RowStatus | None:
    row = await bench.state.row(ref.key)
    return row.status if row else None


async def test_the_hub_is_told_in_batches_of_its_size() -> None:
    bench = Bench(replace(MEMORY_CAPABILITIES, ack_batch=2))
    refs = [bench.hub.add("d1", f"doc-{number}", b"%d" % number) for number in range(5)]
    for ref in refs:
        await bench.deliver(ref)

    results = await acknowledge(bench)([delivery(ref) for ref in refs])

    assert results == [ref.key for ref in refs]
    assert bench.hub.script.calls[Operation.ACK] == 3
    assert {await status(bench, ref) for ref in refs} == {RowStatus.ACKED}


async def test_a_hub_that_is_down_leaves_the_row_delivered_to_be_told_later() -> None:
    bench = Bench()
    ref = bench.hub.add("d1", "doc", b"x")
    await bench.deliver(ref)
    bench.hub.script.fail(Operation.ACK, HubUnavailable("The hub is down."))

    (failed,) = await acknowledge(bench)([delivery(ref)])
    (told,) = await acknowledge(bench)([delivery(ref)])

    assert isinstance(failed, HubUnavailable)
    assert told == ref.key
    assert await status(bench, ref) is RowStatus.ACKED


async def test_a_lost_reply_is_repaired_by_telling_again() -> None:
    bench = Bench()
    ref = bench.hub.add("d1", "doc", b"x")
    await bench.deliver(ref)
    bench.hub.script.fail(Operation.ACK, TransientError("reset"), is_after=True)

    await acknowledge(bench)([delivery(ref)])
    assert await status(bench, ref) is RowStatus.DELIVERED
    await acknowledge(bench)([delivery(ref)])

    assert await status(bench, ref) is RowStatus.ACKED


async def test_an_unknown_document_counts_as_told() -> None:
    bench = Bench()
    ref = bench.hub.add("d1", "doc", b"x")
    gone = replace(ref, key=ref.key._replace(document_id="gone"))
    await bench.deliver(gone)

    await acknowledge(bench)([delivery(gone)])

    assert await status(bench, gone) is RowStatus.ACKED


async def test_one_failing_batch_does_not_fail_the_next() -> None:
    bench = Bench(replace(MEMORY_CAPABILITIES, ack_batch=1))
    first, second = (bench.hub.add("d1", name, name.encode()) for name in ("first", "second"))
    for ref in (first, second):
        await bench.deliver(ref)
    bench.hub.script.fail(Operation.ACK, TransientError("busy"), subject="first")

    results = await acknowledge(bench)([delivery(first), delivery(second)])

    assert isinstance(results[0], TransientError)
    assert results[1] == second.key
