import pytest

from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import HubClient


async def test_a_forwarded_document_leaves_the_listing(client: HubClient) -> None:
    await client.add("d1", "one")
    await client.add("d1", "two")

    outcomes = await client.tell(("one", "1", "forwarded"))

    assert outcomes == ["ok"]
    assert await client.listed("d1") == ["two"]


async def test_telling_a_status_twice_changes_nothing(client: HubClient) -> None:
    await client.add("d1", "one")
    await client.tell(("one", "1", "forwarded"))

    again = await client.tell(("one", "1", "forwarded"), ("one", "1", "forwarded"))

    assert again == ["already", "already"]
    assert len((await client.get("/v1/documents/one")).json["history"]) == 2


async def test_forwarded_is_final(client: HubClient) -> None:
    await client.add("d1", "one")
    await client.tell(("one", "1", "forwarded"))

    outcomes = await client.tell(("one", "1", "error"))

    assert outcomes == ["conflict"]
    assert (await client.get("/v1/documents/one")).json["status"] == "forwarded"


async def test_an_error_may_still_be_forwarded(client: HubClient) -> None:
    await client.add("d1", "one")

    outcomes = await client.tell(("one", "1", "error"), ("one", "1", "forwarded"))

    assert outcomes == ["ok", "ok"]
    assert (await client.get("/v1/documents/one")).json["status"] == "forwarded"


@pytest.mark.parametrize("version", ["2", "0", "01", "", "x"])
async def test_a_version_that_is_not_the_current_one_is_gone(
    client: HubClient, version: str
) -> None:
    await client.add("d1", "one")

    assert await client.tell(("one", version, "forwarded")) == ["gone"]
    assert await client.listed("d1") == ["one"]


async def test_outcomes_come_in_order_and_one_bad_report_hurts_no_other(
    client: HubClient,
) -> None:
    await client.add("d1", "one")
    await client.add("d2", "two")

    outcomes = await client.tell(
        ("two", "1", "error"), ("nothing", "1", "forwarded"), ("one", "1", "forwarded")
    )

    assert outcomes == ["ok", "gone", "ok"]


async def test_the_history_tells_every_status_with_its_time_rule_and_text(
    client: HubClient, clock: VirtualClock
) -> None:
    await client.add("d1", "one")
    await clock.advance(60)
    report = {
        "id": "one",
        "version": "1",
        "status": "error",
        "rule": "BR-CO-15",
        "text": "The sum is wrong.",
    }
    await client.post("/v1/documents/status", json={"documents": [report]})
    await clock.advance(60)
    await client.tell(("one", "1", "forwarded"))

    detail = (await client.get("/v1/documents/one")).json

    assert [(line["status"], line["at"]) for line in detail["history"]] == [
        ("to_fetch", "2026-01-01T00:00:00Z"),
        ("error", "2026-01-01T00:01:00Z"),
        ("forwarded", "2026-01-01T00:02:00Z"),
    ]
    assert detail["history"][1]["rule"] == "BR-CO-15"
    assert detail["history"][1]["text"] == "The sum is wrong."
    assert detail["is_listed"] is False


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"documents": []},
        {"documents": [{"id": "a", "version": "1", "status": "forwarded"}] * 101},
        {"documents": [{"id": "a", "version": "1", "status": "to_fetch"}]},
        {"documents": [{"id": "", "version": "1", "status": "error"}]},
        {"documents": [{"id": "a", "status": "error"}]},
        {"documents": [{"id": "a", "version": "1", "status": "error", "text": "x" * 4001}]},
        [],
    ],
)
async def test_reports_that_are_not_understood_are_refused(client: HubClient, sent: object) -> None:
    answer = await client.post("/v1/documents/status", json=sent)

    assert answer.status == 400


@pytest.mark.parametrize(
    "sent", [b"", b"{", b"\xff\xfe", b'"\\ud800"', b"[" * 100_000, b"null"], ids=repr
)
async def test_a_body_that_is_no_json_is_refused(client: HubClient, sent: bytes) -> None:
    answer = await client.post("/v1/documents/status", data=sent)

    assert answer.status == 400


async def test_counts_follow_the_statuses(client: HubClient) -> None:
    for number in range(5):
        await client.add("d1", f"n{number}")
    await client.tell(
        ("n0", "1", "forwarded"),
        ("n1", "1", "error"),
        ("n2", "1", "error"),
        ("n2", "1", "forwarded"),
    )

    counts = (await client.get("/v1/monitor")).json["documents"]

    assert counts == {"to_fetch": 2, "error": 1, "forwarded": 2}


async def test_redelivery_lists_documents_since_a_moment_again(
    client: HubClient, clock: VirtualClock
) -> None:
    await client.add("d1", "old")
    await clock.advance(1800)
    for dossier, one in (("d1", "forwarded"), ("d1", "failed"), ("d1", "waiting"), ("d2", "other")):
        await client.add(dossier, one)
    await client.tell(
        ("old", "1", "forwarded"), ("forwarded", "1", "forwarded"), ("failed", "1", "error")
    )
    cursor = (await client.get("/v1/changes")).json["cursor"]

    answer = await client.post(
        "/v1/redeliver", json={"dossier_id": "d1", "since": "2026-01-01T01:30:00+01:00"}
    )

    assert answer.json == {"documents": 2}
    listed = (await client.get("/v1/dossiers/d1/documents")).json["documents"]
    assert [(one["id"], one["status"]) for one in listed] == [
        ("forwarded", "forwarded"),
        ("failed", "to_fetch"),
        ("waiting", "to_fetch"),
    ]
    feed = await client.get("/v1/changes", params={"cursor": cursor})
    assert feed.json["dossier_ids"] == ["d1"]


async def test_a_redelivered_document_is_settled_by_telling_its_status_again(
    client: HubClient,
) -> None:
    await client.add("d1", "one")
    await client.tell(("one", "1", "forwarded"))
    await client.post("/v1/redeliver", json={"since": "2020-01-01T00:00:00Z"})
    assert await client.listed("d1") == ["one"]

    assert await client.tell(("one", "1", "forwarded")) == ["already"]
    assert await client.listed("d1") == []
    assert (await client.get("/v1/changes")).json["dossier_ids"] == []


async def test_redelivery_of_everything_takes_all_dossiers_that_share(client: HubClient) -> None:
    for dossier in ("d1", "d2", "d3"):
        await client.add(dossier, f"of-{dossier}")
        await client.tell((f"of-{dossier}", "1", "error"))
    await client.put("/v1/dossiers/d2", json={"enterprise_name": "E", "shares_documents": False})

    answer = await client.post("/v1/redeliver", json={"since": "2020-01-01T00:00:00Z"})

    assert answer.json == {"documents": 2}
    assert (await client.get("/v1/changes")).json["dossier_ids"] == ["d1", "d3"]
    counts = (await client.get("/v1/monitor")).json["documents"]
    assert counts == {"to_fetch": 2, "error": 1, "forwarded": 0}


async def test_a_redelivered_error_is_to_be_fetched_and_its_history_tells(
    client: HubClient,
) -> None:
    await client.add("d1", "one")
    await client.tell(("one", "1", "error"))
    await client.post("/v1/redeliver", json={"since": "2020-01-01T00:00:00Z"})

    history = (await client.get("/v1/documents/one")).json["history"]

    assert [line["status"] for line in history] == ["to_fetch", "error", "to_fetch"]
    assert await client.tell(("one", "1", "error")) == ["ok"]


@pytest.mark.parametrize("since", ["2026-01-01T00:00:00", "yesterday", 5, None])
async def test_a_moment_without_zone_is_refused(client: HubClient, since: object) -> None:
    answer = await client.post("/v1/redeliver", json={"since": since})

    assert answer.status == 400
