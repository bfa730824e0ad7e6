from datetime import timedelta

import aiohttp

from pipeline.hub import limits
from pipeline.hub.limits import Limits
from pipeline.ports.hub import Window
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import HubClient, Starts

TWO_WINDOWS = (Window(3, timedelta(seconds=10)), Window(5, timedelta(minutes=1)))


async def test_answers_tell_what_is_left_of_the_tightest_window(
    start: Starts, clock: VirtualClock
) -> None:
    async with start(limits=TWO_WINDOWS) as hub, aiohttp.ClientSession(hub.url) as session:
        client = HubClient(session)
        await client.sign_in()
        first = await client.get("/v1/office")
        await clock.advance(4)
        second = await client.get("/v1/office")

    told = [
        tuple(answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset"))
        for answer in (first, second)
    ]
    assert told == [("3", "2", "10"), ("3", "1", "6")]


async def test_too_many_requests_are_refused_until_the_window_ends(
    start: Starts, clock: VirtualClock
) -> None:
    async with start(limits=TWO_WINDOWS) as hub, aiohttp.ClientSession(hub.url) as session:
        client = HubClient(session)
        await client.sign_in()
        answers = [await client.get("/v1/office") for _ in range(4)]
        await clock.advance(10)
        later = [await client.get("/v1/office") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[3].headers["Retry-After"] == "10"
    assert answers[3].headers["X-RateLimit-Remaining"] == "0"
    assert [answer.status for answer in later] == [200, 200, 429]
    assert later[2].headers["Retry-After"] == "50"


async def test_limits_belong_to_the_client_and_not_to_its_tokens(start: Starts) -> None:
    async with start(limits=TWO_WINDOWS) as hub, aiohttp.ClientSession(hub.url) as session:
        client = HubClient(session)
        statuses = []
        for _ in range(4):
            await client.sign_in()
            statuses.append((await client.get("/v1/office")).status)

    assert statuses == [200, 200, 200, 429]


async def test_a_hub_without_limits_tells_none(start: Starts) -> None:
    async with start(limits=()) as hub, aiohttp.ClientSession(hub.url) as session:
        client = HubClient(session)
        await client.sign_in()
        answer = await client.get("/v1/office")

    assert not [name for name in answer.headers if name.startswith("X-RateLimit")]


def test_only_the_latest_keys_are_remembered(clock: VirtualClock) -> None:
    counts = Limits(TWO_WINDOWS, clock)

    for number in range(limits.MAX_KEYS + 5):
        counts.take(str(number))

    assert len(counts._counts) == limits.MAX_KEYS
    assert "4" not in counts._counts
