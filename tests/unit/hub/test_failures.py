from pathlib import Path

import aiohttp
import pytest

from pipeline.domain.errors import ConfigurationError
from pipeline.hub.server import EmbeddedHub
from pipeline.hub.wire import Failure
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import BOTH_LOOPS, CREDENTIALS, HubClient

pytestmark = BOTH_LOOPS

BODY = b"<Invoice>" + b"x" * 50_000 + b"</Invoice>"
CONTENT = "/v1/documents/one/content"
IDENTITY = {"Accept-Encoding": "identity"}


@pytest.fixture(autouse=True)
async def document(client: HubClient) -> None:
    await client.add("d1", "one", BODY)


async def download(client: HubClient) -> tuple[int, bytes]:
    """As a plain client sees it: the failures break the rules of the file."""
    headers = {"Authorization": f"Bearer {client.token}"} | IDENTITY
    async with client.raw.get(CONTENT, headers=headers) as response:
        return response.status, await response.read()


async def test_too_many_requests_tells_when_to_come_back(
    client: HubClient, hub: EmbeddedHub
) -> None:
    hub.fail(Failure("too_many_requests", seconds=7))

    answer = await client.get("/v1/office")

    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


async def test_a_failure_happens_as_often_as_asked_and_where_asked(
    client: HubClient, hub: EmbeddedHub
) -> None:
    hub.fail(Failure("server_error", operations=["getOffice"], count=2))

    elsewhere = (await client.get("/v1/packages")).status
    statuses = [(await client.get("/v1/office")).status for _ in range(4)]

    assert elsewhere == 200
    assert statuses == [500, 500, 200, 200]


async def test_chances_are_repeatable(client: HubClient, hub: EmbeddedHub) -> None:
    runs = []
    for _ in range(2):
        hub.fail(Failure("server_error", probability=0.5), seed=11)
        runs.append([(await client.get("/v1/office")).status for _ in range(20)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


async def test_a_401_storm_ends_when_it_is_over(client: HubClient, hub: EmbeddedHub) -> None:
    hub.fail(Failure("unauthorized", count=3))

    statuses = [(await client.get("/v1/office")).status for _ in range(4)]

    assert statuses == [401, 401, 401, 200]


async def test_slow_waits_on_the_clock(
    client: HubClient, hub: EmbeddedHub, clock: VirtualClock
) -> None:
    hub.fail(Failure("slow", seconds=30))

    async with clock.running():
        answer = await client.get("/v1/office")

    assert answer.status == 200
    assert clock.monotonic() == 30


async def test_html_comes_with_200(client: HubClient, hub: EmbeddedHub) -> None:
    hub.fail(Failure("html"))

    status, body = await download(client)

    assert status == 200
    assert body.startswith(b"<!doctype html>")


async def test_a_lost_reply_was_processed(client: HubClient, hub: EmbeddedHub) -> None:
    hub.fail(Failure("lost_reply", operations=["setStatuses"], count=1))
    report = {"documents": [{"id": "one", "version": "1", "status": "forwarded"}]}

    lost = await client.post("/v1/documents/status", json=report)

    assert lost.status == 500
    assert await client.tell(("one", "1", "forwarded")) == ["already"]


@pytest.mark.parametrize("mode", ["reset", "wrong_length"])
async def test_a_torn_body_is_an_error_for_the_client(
    client: HubClient, hub: EmbeddedHub, mode: str
) -> None:
    hub.fail(Failure(mode, operations=["getContent"]))  # type: ignore[arg-type]

    with pytest.raises(aiohttp.ClientError):
        await download(client)


async def test_a_truncated_body_looks_whole(client: HubClient, hub: EmbeddedHub) -> None:
    hub.fail(Failure("truncated", operations=["getContent"]))

    status, body = await download(client)

    assert (status, body) == (200, BODY[: len(BODY) // 2])


async def test_duplicates_stand_on_one_page(client: HubClient, hub: EmbeddedHub) -> None:
    hub.fail(Failure("duplicates", operations=["listDocuments"]))

    assert await client.listed("d1") == ["one", "one"]


@pytest.mark.parametrize("path", ["/v1/dossiers/d1/documents?limit=1", "/v1/dossiers?limit=1"])
async def test_a_stuck_cursor_leads_to_the_same_page(
    client: HubClient, hub: EmbeddedHub, path: str
) -> None:
    await client.add("d1", "two")
    await client.add("d1", "three")
    first = (await client.get(path)).json["next"]
    hub.fail(Failure("stuck_cursor"))

    second = await client.get(f"{path}&after={first}")

    assert second.json["next"] == first


async def test_a_stuck_feed_says_more_for_ever(client: HubClient, hub: EmbeddedHub) -> None:
    cursor = (await client.get("/v1/changes")).json["cursor"]
    hub.fail(Failure("stuck_cursor"))

    page = await client.get("/v1/changes", params={"cursor": cursor})

    assert (page.json["cursor"], page.json["more"]) == (cursor, True)


async def test_a_document_changes_its_version_after_it_was_fetched(
    client: HubClient, hub: EmbeddedHub
) -> None:
    hub.fail(Failure("changed_version", operations=["getContent"], count=1))

    first = await client.get(CONTENT, headers=IDENTITY)
    second = await client.get(CONTENT, headers=IDENTITY)

    assert (first.body, second.body) == (BODY, BODY + b"\n")
    assert second.headers["X-Document-Version"] == "2"
    assert await client.tell(("one", "1", "forwarded")) == ["gone"]
    assert await client.listed("d1") == ["one"]


async def test_a_document_changes_under_its_version_after_it_was_forwarded(
    client: HubClient, hub: EmbeddedHub
) -> None:
    await client.tell(("one", "1", "forwarded"))
    hub.fail(Failure("changed_content", operations=["getContent"], count=1))
    await client.get(CONTENT)

    [listed] = (await client.get("/v1/dossiers/d1/documents")).json["documents"]

    assert (listed["version"], listed["size"]) == ("1", len(BODY) + 1)
    assert (await client.get(CONTENT)).body == BODY + b"\n"


async def test_failures_are_switched_over_the_wire(client: HubClient) -> None:
    switched = await client.post(
        "/v1/test/failures", json={"failures": [{"mode": "server_error", "count": 1}]}
    )
    statuses = [(await client.get("/v1/office")).status for _ in range(2)]
    await client.sign_in("sync")

    assert switched.status == 204
    assert statuses == [500, 200]
    assert (await client.post("/v1/test/failures", json={"failures": []})).status == 403


@pytest.mark.parametrize("sent", [{"failures": [{"mode": "fire"}]}, {"failures": [{}] * 51}])
async def test_unknown_failures_are_refused(client: HubClient, sent: object) -> None:
    assert (await client.post("/v1/test/failures", json=sent)).status == 400


async def test_an_honest_hub_cannot_be_made_to_misbehave(
    clock: VirtualClock, tmp_path: Path
) -> None:
    async with (
        EmbeddedHub(tmp_path / "honest", clock=clock, credentials=CREDENTIALS) as honest,
        aiohttp.ClientSession(honest.url) as session,
    ):
        client = HubClient(session)
        await client.sign_in()
        answer = await client.post("/v1/test/failures", json={"failures": []})

        with pytest.raises(ConfigurationError, match="allow_failures"):
            honest.fail()

    assert answer.status == 404
