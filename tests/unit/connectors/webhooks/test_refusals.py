"""A flood of refused events is a line a minute in the log."""

from structlog.testing import capture_logs

from pipeline.connectors.webhooks.refusals import Refusals
from pipeline.testing.clock import VirtualClock


async def test_the_first_refusal_is_logged_at_once_and_the_others_once_a_minute() -> None:
    clock = VirtualClock()
    refusals = Refusals(clock)

    with capture_logs() as lines:
        for _ in range(10_000):
            refusals.note("peppol", "forged")
        await clock.advance(60)
        refusals.note("peppol", "forged")
        refusals.note("peppol", "replayed")

    assert [(line["reason"], line["count"]) for line in lines] == [
        ("forged", 1),
        ("forged", 10_000),
        ("replayed", 1),
    ]
