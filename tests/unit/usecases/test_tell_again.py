from dataclasses import replace

from pipeline.domain.delivery import RowStatus
from pipeline.domain.errors import HubUnavailable
from pipeline.ports.faults import no_faults
from pipeline.stages.acknowledge import Acknowledge
from pipeline.stages.reject import Reject
from pipeline.testing.script import Operation
from pipeline.usecases.tell_again import TellAgain
from tests.unit.stages.bench import Bench


def tell_again(bench: Bench) -> TellAgain:
    hubs = {"memory": bench.hub}
    return TellAgain(
        bench.state,
        Acknowledge(hubs, bench.state, no_faults),
        Reject(hubs, bench.state, bench.quarantine),
    )


async def test_a_delivery_that_the_hub_never_confirmed_is_told_again() -> None:
    bench = Bench()
    ref = bench.hub.add("d1", "doc", b"x")
    await bench.deliver(ref)

    told = await tell_again(bench)()

    assert told == 1
    assert (await bench.state.counts()).get(RowStatus.ACKED) == 1
    assert [each.key for each in bench.hub.acked] == [ref.key]


async def test_an_error_that_the_hub_never_heard_of_is_told_again_once() -> None:
    bench = Bench()
    await bench.reject(bench.hub.add("d1", "doc", b"x"), reported=False)

    assert await tell_again(bench)() == 1
    assert await tell_again(bench)() == 0
    assert len(bench.hub.reported) == 1


async def test_a_hub_that_is_down_is_told_by_the_next_sweep() -> None:
    bench = Bench()
    await bench.deliver(bench.hub.add("d1", "doc", b"x"))
    bench.hub.script.fail(Operation.ACK, HubUnavailable("The hub is down."))

    await tell_again(bench)()
    assert (await bench.state.counts()).get(RowStatus.DELIVERED) == 1
    await tell_again(bench)()

    assert (await bench.state.counts()).get(RowStatus.ACKED) == 1


async def test_a_hub_that_is_not_configured_any_more_is_not_told() -> None:
    bench = Bench()
    await bench.deliver(bench.hub.add("d1", "doc", b"x"))
    await bench.reject(bench.hub.add("d1", "bad", b"x"), reported=False)
    sweep = TellAgain(
        bench.state,
        Acknowledge({}, bench.state, no_faults),
        Reject({}, bench.state, bench.quarantine),
    )

    assert await sweep() == 0
    assert (await bench.state.counts()).get(RowStatus.DELIVERED) == 1


async def test_each_of_several_processes_tells_of_its_own_dossiers() -> None:
    bench = Bench()
    refs = [bench.hub.add(dossier, "doc", b"x") for dossier in ("d1", "d2")]
    for ref in refs:
        await bench.deliver(ref)

    told = await replace(tell_again(bench), is_mine=lambda tenant: tenant == "memory/d2")()

    assert told == 1
    assert [each.key for each in bench.hub.acked] == [refs[1].key]
