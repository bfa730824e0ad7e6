"""The hand of the test on a hub in memory."""

from datetime import timedelta

import pytest

from pipeline.domain.customers import Dossier
from pipeline.domain.errors import HubUnavailable, TransientError
from pipeline.ports.hub import Acknowledgement, AckOutcome, Consumption, Forwarded, HubCapabilities
from pipeline.testing.memory_hub import EPOCH, HubStatus, MemoryHub
from pipeline.testing.script import Operation

ACME = Dossier(hub="memory", id="acme", enterprise_name="Acme")


def hub_that(acknowledgement: Acknowledgement) -> MemoryHub:
    capabilities = HubCapabilities(Consumption.FEED, acknowledgement, ack_batch=10)
    return MemoryHub(dossiers=[ACME], capabilities=capabilities)


async def test_a_scripted_failure_hits_its_document_only_and_as_often_as_asked() -> None:
    hub = MemoryHub(dossiers=[ACME])
    first, second = hub.add("acme", "a", b"1"), hub.add("acme", "b", b"2")
    hub.script.fail(Operation.FETCH, HubUnavailable("down"), times=2, subject="b")

    assert (await hub.fetch(first, max_bytes=10)).body == b"1"
    for _ in range(2):
        with pytest.raises(HubUnavailable):
            await hub.fetch(second, max_bytes=10)

    assert (await hub.fetch(second, max_bytes=10)).body == b"2"
    assert hub.script.calls[Operation.FETCH] == 4


async def test_a_lost_answer_leaves_the_document_acknowledged() -> None:
    hub = MemoryHub(dossiers=[ACME])
    ref = hub.add("acme", "a", b"1")
    hub.script.fail(Operation.ACK, TransientError("reset"), is_after=True)

    with pytest.raises(TransientError):
        await hub.ack([Forwarded(ref.key)])

    assert hub.status(ref.key) is HubStatus.FORWARDED
    assert await hub.ack([Forwarded(ref.key)]) == [AckOutcome.ALREADY]


async def test_an_offset_takes_everything_up_to_and_including_it() -> None:
    hub = hub_that(Acknowledgement.OFFSET)
    first, second, third = (hub.add("acme", name, b"x") for name in "abc")

    await hub.ack([Forwarded(second.key, second.offset)])

    statuses = [hub.status(ref.key) for ref in (first, second, third)]
    assert statuses == [HubStatus.FORWARDED, HubStatus.FORWARDED, HubStatus.WAITING]


async def test_a_destructive_acknowledgement_deletes() -> None:
    hub = hub_that(Acknowledgement.DESTRUCTIVE)
    ref = hub.add("acme", "a", b"1")

    assert await hub.ack([Forwarded(ref.key)]) == [AckOutcome.OK]

    assert await hub.ack([Forwarded(ref.key)]) == [AckOutcome.GONE]
    assert not hub.stored()


async def test_a_hub_without_acknowledgement_lists_for_ever() -> None:
    hub = hub_that(Acknowledgement.NONE)
    ref = hub.add("acme", "a", b"1")

    await hub.ack([Forwarded(ref.key)])

    assert (await hub.list(ACME, None, 10)).refs == (ref,)


async def test_redelivery_lists_again_what_came_since_a_moment() -> None:
    hub = MemoryHub(dossiers=[ACME])
    hub.add("acme", "old", b"1", received_at=EPOCH - timedelta(days=2))
    recent = hub.add("acme", "recent", b"2", received_at=EPOCH)
    await hub.ack([Forwarded(d.ref.key) for d in hub.stored()])

    assert await hub.redeliver(ACME, EPOCH) == 1

    assert (await hub.list(ACME, None, 10)).refs == (recent,)
