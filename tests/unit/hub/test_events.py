from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import anyio
import orjson
import pytest

from pipeline.hub import events_api
from pipeline.hub.server import EmbeddedHub
from tests.unit.hub.hub_client import BOTH_LOOPS, HubClient, Starts

pytestmark = BOTH_LOOPS


class Events:
    """The events of one stream, as (name, data, id)."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> tuple[str, Any, str | None]:
        fields: dict[str, str] = {}
        with anyio.fail_after(5):
            async for line in self.response.content:
                text = line.decode().rstrip("\r\n")
                if not text and fields:
                    return fields["event"], orjson.loads(fields["data"]), fields.get("id")
                name, _, value = text.partition(": ")
                if name:
                    fields[name] = value
        raise EOFError

    async def comment(self) -> str:
        with anyio.fail_after(5):
            async for line in self.response.content:
                if line.startswith(b":"):
                    return line.decode()
        raise EOFError


@asynccontextmanager
async def listening(client: HubClient, last: str | None = None) -> AsyncIterator[Events]:
    headers = {"Authorization": f"Bearer {client.token}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    async with client.raw.get("/v1/events", headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        yield Events(response)


async def test_a_document_that_arrives_is_told_at_once(client: HubClient) -> None:
    async with listening(client) as events:
        await client.add("d2", "one")

        name, data, _ = await events.next()

    assert (name, data) == ("document.available", {"dossier_id": "d2"})


async def test_the_id_of_an_event_is_a_cursor_of_the_feed(client: HubClient) -> None:
    async with listening(client) as events:
        await client.add("d2", "one")
        _, _, last = await events.next()

    page = await client.get("/v1/changes", params={"cursor": last})

    assert page.json["dossier_ids"] == []
    assert page.json["cursor"] == last


async def test_changed_dossiers_are_told(client: HubClient) -> None:
    async with listening(client) as events:
        await client.put("/v1/dossiers/d9", json={"enterprise_name": "New"})

        name, data, last = await events.next()

    assert (name, data) == ("dossiers.changed", {})
    assert last is not None


async def test_a_stream_resumes_after_the_last_event_that_was_seen(client: HubClient) -> None:
    async with listening(client) as events:
        await client.add("d1", "one")
        _, _, last = await events.next()
    await client.add("d2", "two")
    await client.add("d3", "three")

    async with listening(client, last) as events:
        told = [await events.next(), await events.next()]

    assert [data["dossier_id"] for _, data, _ in told] == ["d2", "d3"]
    assert told[0][2] is None
    assert told[1][2] is not None


async def test_a_stream_with_an_unknown_id_tells_everything(client: HubClient) -> None:
    await client.add("d1", "one")

    async with listening(client, "of-another-hub") as events:
        told = [await events.next(), await events.next()]

    assert [name for name, _, _ in told] == ["dossiers.changed", "document.available"]


async def test_a_stream_without_an_id_starts_now(client: HubClient) -> None:
    await client.add("d1", "before")

    async with listening(client) as events:
        await client.add("d2", "after")
        _, data, _ = await events.next()

    assert data == {"dossier_id": "d2"}


async def test_a_quiet_stream_shows_that_it_lives(start: Starts) -> None:
    async with start(ping_s=0.05) as hub, aiohttp.ClientSession(hub.url) as session:
        client = HubClient(session)
        await client.sign_in()

        async with listening(client) as events:
            assert await events.comment()


async def test_streams_end_when_the_hub_stops(start: Starts) -> None:
    async with aiohttp.ClientSession() as session:
        async with start() as hub:
            client = HubClient(session)
            client.token = await token_of(hub)
            response = await session.get(
                f"{hub.url}/v1/events", headers={"Authorization": f"Bearer {client.token}"}
            )
        with anyio.fail_after(5):
            rest = await response.read()

    assert b"event:" not in rest


async def token_of(hub: EmbeddedHub) -> str:
    async with aiohttp.ClientSession(hub.url) as session:
        return await HubClient(session).sign_in()


async def test_more_streams_than_allowed_are_asked_to_poll(
    client: HubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_api, "MAX_STREAMS", 1)

    async with listening(client):
        refused = await client.get("/v1/events")

    assert refused.status == 503
    assert "Retry-After" in refused.headers


async def test_a_client_that_left_gives_its_stream_back(
    start: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_api, "MAX_STREAMS", 1)
    async with start(ping_s=0.02) as hub, aiohttp.ClientSession(hub.url) as session:
        client = HubClient(session)
        await client.sign_in()
        async with listening(client):
            pass

        statuses: list[int] = []
        while 200 not in statuses and len(statuses) < 100:
            statuses.append(await stream_status(client))

    assert statuses[-1] == 200


async def stream_status(client: HubClient) -> int:
    await anyio.sleep(0.01)
    headers = {"Authorization": f"Bearer {client.token}"}
    async with client.raw.get("/v1/events", headers=headers) as response:
        return response.status
