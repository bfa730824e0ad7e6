import anyio
import pytest
from yarl import URL

from pipeline.hub.monitor import MAX_INSTALLATIONS
from pipeline.hub.server import EmbeddedHub
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import HubClient

BEAT = {
    "installation_id": "server-1",
    "version": "0.1.0",
    "to_fetch": 3,
    "errors": 1,
    "forwarded": 40,
}


async def test_the_office_tells_its_name_and_the_clock_of_the_hub(client: HubClient) -> None:
    answer = await client.get("/v1/office")

    assert answer.json["name"] == "The office"
    assert answer.json["now"] == "2026-01-01T00:00:00Z"


async def test_health_needs_no_token(client: HubClient) -> None:
    client.token = None

    assert (await client.get("/healthz")).json == {"status": "ok"}


async def test_one_location_for_invoices_fills_in_that_of_sales(client: HubClient) -> None:
    fields = {
        "name": "Adsolut",
        "locations": {"purchase_invoices": "/in", "sales_invoices": "/out"},
        "same_location_for_invoices": True,
    }

    created = await client.post("/v1/packages", json=fields)
    packages = (await client.get("/v1/packages")).json["packages"]

    assert created.status == 201
    assert created.json["locations"] == {"purchase_invoices": "/in", "sales_invoices": "/in"}
    assert [one["name"] for one in packages] == ["Adsolut", "Winbooks"]


async def test_a_package_with_four_locations_comes_back_as_saved(client: HubClient) -> None:
    fields = {
        "name": "Four",
        "locations": {
            "purchase_invoices": r"\\server\books\[enterprise_name]\in",
            "sales_invoices": r"\\server\books\[enterprise_name]\out",
            "bank_statements": r"\\server\books\[enterprise_identifier]\coda",
            "other_documents": r"\\server\books\[accounting_file_id]\other",
        },
        "extracts_embedded_pdf": True,
        "shares_folders": True,
        "blocks_on_fatal": True,
        "delivers_duplicates": True,
        "file_name": "[received]_[number]",
    }

    saved = await client.put("/v1/packages/four", json=fields)

    assert saved.json == fields | {"id": "four", "same_location_for_invoices": False}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"name": "", "locations": {}},
        {"name": "x", "locations": {"attic": "/x"}},
        {"name": "x", "locations": {"other_documents": ""}},
        {"name": "x", "locations": {"other_documents": "x" * 1001}},
        {"name": "x" * 301, "locations": {}},
    ],
)
async def test_a_package_that_is_not_one_is_refused(client: HubClient, fields: object) -> None:
    assert (await client.put("/v1/packages/p", json=fields)).status == 400


async def test_dossiers_come_in_pages_in_the_order_in_which_they_were_added(
    client: HubClient,
) -> None:
    await client.put("/v1/dossiers/a", json={"enterprise_name": "Last"})
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = (
            await client.get(
                "/v1/dossiers", params={"limit": "3", **({"after": after} if after else {})}
            )
        ).json
        seen += [one["id"] for one in page["dossiers"]]
        after = page["next"]

    assert seen == ["d1", "d2", "d3", "a"]


async def test_a_dossier_comes_back_as_saved(client: HubClient) -> None:
    fields = {
        "enterprise_name": "Bakkerij Écru",
        "enterprise_identifier": "BE0123456749",
        "accounting_file_id": "1042",
        "shares_documents": False,
        "accounting_package_id": "winbooks",
    }

    created = await client.post("/v1/dossiers", json=fields)
    found = await client.get(f"/v1/dossiers/{created.json['id']}")

    assert created.status == 201
    assert found.json == fields | {"id": created.json["id"]}


async def test_a_dossier_with_an_unknown_package_is_refused(client: HubClient) -> None:
    answer = await client.put(
        "/v1/dossiers/d1", json={"enterprise_name": "E", "accounting_package_id": "none"}
    )

    assert answer.status == 409
    assert (await client.get("/v1/dossiers/d1")).json["accounting_package_id"] == "winbooks"


@pytest.mark.parametrize("path", ["/v1/dossiers/none", "/v1/documents/none", "/v1/nothing"])
async def test_what_is_not_there_is_a_problem_document(client: HubClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_method_that_is_not_served_names_those_that_are(client: HubClient) -> None:
    async with client.raw.delete("/v1/office") as response:
        assert response.status == 405
        assert "GET" in response.headers["Allow"]
        assert response.content_type == "application/problem+json"


async def test_the_monitor_shows_installations_latest_first(
    client: HubClient, clock: VirtualClock
) -> None:
    await client.post("/v1/heartbeat", json=BEAT)
    await clock.advance(60)
    await client.post("/v1/heartbeat", json=BEAT | {"installation_id": "server-2"})
    await client.post("/v1/heartbeat", json=BEAT | {"installation_id": "server-2", "errors": 2})

    monitor = (await client.get("/v1/monitor")).json

    assert monitor["dossiers"] == 3
    assert monitor["installations"] == [
        BEAT | {"installation_id": "server-2", "errors": 2, "last_seen": "2026-01-01T00:01:00Z"},
        BEAT | {"last_seen": "2026-01-01T00:00:00Z"},
    ]


async def test_installations_longest_unseen_are_forgotten(
    client: HubClient, clock: VirtualClock
) -> None:
    for number in range(MAX_INSTALLATIONS + 2):
        await clock.advance(1)
        await client.post("/v1/heartbeat", json=BEAT | {"installation_id": f"s{number}"})

    ids = [
        one["installation_id"] for one in (await client.get("/v1/monitor")).json["installations"]
    ]

    assert len(ids) == MAX_INSTALLATIONS
    assert "s1" not in ids


async def test_a_heartbeat_that_is_none_is_refused(client: HubClient) -> None:
    assert (await client.post("/v1/heartbeat", json=BEAT | {"errors": -1})).status == 400


@pytest.mark.parametrize("asked", ["POST /v1/heartbeat", "GET /v1/events"])
async def test_a_client_that_leaves_while_it_asks_is_no_error(
    asked: str, hub: EmbeddedHub, client: HubClient, caplog: pytest.LogCaptureFixture
) -> None:
    url = URL(hub.url)
    assert url.host is not None
    assert url.port is not None
    head = f"{asked} HTTP/1.1\r\nHost: {url.authority}\r\nAuthorization: Bearer {client.token}\r\n"
    body = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"

    for looked_up in (False, True):
        async with await anyio.connect_tcp(url.host, url.port) as stream:
            await stream.send((head + (body if "POST" in asked else "\r\n")).encode())
            if looked_up:
                await client.get("/v1/office")
        await client.get("/v1/office")

    assert [each for each in caplog.records if each.name.startswith("aiohttp")] == []
