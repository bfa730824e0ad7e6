"""The memory for events is bounded, and forgets the oldest first."""

from datetime import timedelta

from pipeline.connectors.webhooks.form import WebhookForm
from pipeline.connectors.webhooks.replays import Replays
from pipeline.testing.clock import VirtualClock


def test_no_more_than_so_many_events_are_remembered() -> None:
    replays = Replays(WebhookForm(), VirtualClock(), most=3)

    for number in range(10):
        assert replays.is_new("", {}, b"%d" % number)

    assert len(replays) == 3
    assert [replays.is_new("", {}, b"%d" % number) for number in (9, 8, 7)] == [False] * 3
    assert replays.is_new("", {}, b"0")


async def test_what_lies_outside_of_the_window_is_forgotten() -> None:
    clock = VirtualClock()
    replays = Replays(WebhookForm(window=timedelta(hours=1)), clock)
    replays.is_new("", {}, b"old")

    await clock.advance(3601)

    assert replays.is_new("", {}, b"new")
    assert len(replays) == 1
