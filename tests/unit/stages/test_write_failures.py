"""Write: when a destination or the state fails, nothing is lost and nothing repeated."""

import errno

import pytest

from pipeline.domain.delivery import Delivery, Evidence, RowStatus
from pipeline.domain.errors import (
    ConfigurationError,
    DestinationUnavailable,
    TransientError,
)
from tests.unit.stages.desk import INBOX, LANE, Desk, item, name_of, placed_as


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.recover()
    return desk


# -- the destination fails -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("call", "number", "words"),
    [
        ("create", errno.ENOSPC, "is full"),
        ("statvfs", errno.EHOSTDOWN, "does not answer"),
        ("write", errno.EROFS, "is read-only"),
        ("rename", errno.EXDEV, "more than one volume"),
        ("rename", errno.EHOSTDOWN, "does not answer"),
        ("rename answered", errno.ETIMEDOUT, "does not answer"),
    ],
)
async def test_a_volume_that_fails_keeps_everything_for_later(
    desk: Desk, call: str, number: int, words: str
) -> None:
    desk.fail(call, number)

    results = await desk.write([item(1), item(2)])

    assert all(isinstance(result, DestinationUnavailable) for result in results)
    assert words in str(results[0])
    assert LANE in desk.destinations.doubted

    await desk.recover()
    again = await desk.deliver(item(1), item(2))

    assert sorted(desk.files()) == [name_of(1), name_of(2)]
    assert placed_as(again) == [f"{INBOX}/{name_of(1)}", f"{INBOX}/{name_of(2)}"]


async def test_a_move_whose_answer_was_lost_is_not_done_twice(desk: Desk) -> None:
    await desk.deliver(item(9))
    desk.fail("rename answered", errno.EHOSTDOWN, name=name_of(1))
    await desk.write([item(1)])
    desk.remove(INBOX, name_of(1))

    await desk.recover()
    [delivery] = await desk.deliver(item(1))

    assert delivery.evidence is Evidence.PRESUMED
    assert name_of(1) not in desk.files()


async def test_nothing_is_written_while_the_destination_is_in_doubt(desk: Desk) -> None:
    desk.destinations.doubt(LANE)

    [result] = await desk.write([item(1)])

    assert isinstance(result, DestinationUnavailable)
    assert desk.tokens() == []


async def test_one_file_that_cannot_be_flushed_is_fetched_again(desk: Desk) -> None:
    await desk.deliver(item(9))
    desk.fail("fsync", errno.EIO, name=".part")

    first, second = await desk.write([item(1), item(2)])

    assert isinstance(first, TransientError)
    assert "fetched" in str(first)
    assert isinstance(second, Delivery)
    assert desk.tokens() == []


# -- the state fails -----------------------------------------------------------------------------
class FailingState:
    """Raises at one call."""

    def __init__(self, desk: Desk, call: str, error: Exception) -> None:
        self._desk, self._call, self._error = desk, call, error

    def __getattr__(self, name: str) -> object:
        if name == self._call:
            raise self._error
        return getattr(self._desk.memory, name)


@pytest.mark.parametrize("call", ["intend", "delivered"])
async def test_a_state_that_cannot_write_now_loses_and_repeats_nothing(
    desk: Desk, call: str
) -> None:
    await desk.deliver(item(9))
    desk.write.state = FailingState(desk, call, TransientError("the disk is full"))  # type: ignore[assignment]

    [result] = await desk.write([item(1)])
    assert isinstance(result, TransientError)

    desk.write.state = desk.state
    await desk.recover()
    await desk.deliver(item(1))

    assert sorted(desk.files()) == sorted([name_of(9), name_of(1)])
    assert (await desk.row(1)).status is RowStatus.DELIVERED


async def test_a_bug_after_the_intent_is_left_to_recovery(desk: Desk) -> None:
    await desk.deliver(item(9))
    desk.write.state = FailingState(desk, "delivered", ValueError("a bug"))  # type: ignore[assignment]

    [result] = await desk.write([item(1)])

    assert isinstance(result, DestinationUnavailable)
    assert LANE in desk.destinations.doubted


async def test_a_bug_before_the_intent_is_that_of_the_document(desk: Desk) -> None:
    await desk.deliver(item(9))
    desk.write.state = FailingState(desk, "intend", ValueError("a bug"))  # type: ignore[assignment]

    [result] = await desk.write([item(1)])

    assert isinstance(result, ValueError)


async def test_a_wrong_configuration_stops_the_process(desk: Desk) -> None:
    await desk.deliver(item(9))
    desk.write.state = FailingState(desk, "intend", ConfigurationError("newer schema"))  # type: ignore[assignment]

    with pytest.raises(ConfigurationError):
        await desk.write([item(1)])
