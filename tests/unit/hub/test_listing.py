import anyio
import pytest

from pipeline.domain.documents import DocumentKind
from pipeline.hub.arrivals import NewDocument, add_documents
from pipeline.hub.server import EmbeddedHub
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import HubClient


async def test_documents_are_listed_oldest_first_with_what_a_client_needs(
    client: HubClient,
) -> None:
    await client.add("d1", "first", b"<a/>")
    await client.add("d1", "second", b"<b/>")

    answer = await client.get("/v1/dossiers/d1/documents")

    assert [one["id"] for one in answer.json["documents"]] == ["first", "second"]
    first = answer.json["documents"][0]
    assert first["version"] == "1"
    assert first["status"] == "to_fetch"
    assert first["size"] == 4
    assert answer.json["next"] is None


async def test_telling_statuses_while_paging_neither_skips_nor_repeats(client: HubClient) -> None:
    for number in range(25):
        await client.add("d1", f"n{number:02}")
    seen: list[str] = []
    after: str | None = ""

    while after is not None:
        answer = await client.get(
            "/v1/dossiers/d1/documents",
            params={"limit": "4", **({"after": after} if after else {})},
        )
        page = [one["id"] for one in answer.json["documents"]]
        seen += page
        await client.tell(*((one, "1", "forwarded") for one in page[::2]))
        after = answer.json["next"]

    assert seen == [f"n{number:02}" for number in range(25)]
    assert await client.listed("d1") == [f"n{number:02}" for number in range(25) if number % 4 % 2]


async def test_documents_that_arrive_while_paging_come_last(client: HubClient) -> None:
    for number in range(4):
        await client.add("d1", f"n{number}")
    first = await client.get("/v1/dossiers/d1/documents?limit=2")
    await client.add("d1", "late")

    rest = await client.get(f"/v1/dossiers/d1/documents?after={first.json['next']}")

    assert [one["id"] for one in rest.json["documents"]] == ["n2", "n3", "late"]


async def test_a_cursor_that_is_not_understood_starts_at_the_beginning(client: HubClient) -> None:
    await client.add("d1", "one")

    answer = await client.get("/v1/dossiers/d1/documents?after=%25%25nonsense")

    assert [one["id"] for one in answer.json["documents"]] == ["one"]


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many", "", "٣"])
async def test_a_limit_out_of_range_is_refused(client: HubClient, limit: str) -> None:
    answer = await client.get("/v1/dossiers/d1/documents", params={"limit": limit})

    assert answer.status == 400
    assert "limit" in answer.json["detail"]


async def test_a_dossier_that_does_not_share_lists_nothing_until_it_does(client: HubClient) -> None:
    await client.add("d1", "one")
    await client.put("/v1/dossiers/d1", json={"enterprise_name": "E", "shares_documents": False})

    refused = await client.get("/v1/dossiers/d1/documents")
    hidden = await client.get("/v1/changes")
    await client.put("/v1/dossiers/d1", json={"enterprise_name": "E", "shares_documents": True})
    again = await client.get("/v1/changes", params={"cursor": hidden.json["cursor"]})

    assert refused.status == 403
    assert refused.json["type"] == "urn:dossierpost:problem:not-shared"
    assert hidden.json["dossier_ids"] == []
    assert again.json["dossier_ids"] == ["d1"]
    assert await client.listed("d1") == ["one"]


async def test_an_unknown_dossier_is_not_found(client: HubClient) -> None:
    assert (await client.get("/v1/dossiers/nobody/documents")).status == 404


async def test_the_change_feed_names_dossiers_with_something_to_fetch(client: HubClient) -> None:
    await client.add("d2", "one")
    await client.add("d1", "two")
    await client.add("d2", "three")

    answer = await client.get("/v1/changes")

    assert answer.json["dossier_ids"] == ["d1", "d2"]
    assert answer.json["more"] is False
    assert answer.json["dossiers_changed"] is True


async def test_an_unchanged_feed_answers_304_with_the_cursor_as_etag(client: HubClient) -> None:
    await client.add("d1", "one")
    known = await client.get("/v1/changes")

    answer = await client.get(
        "/v1/changes",
        params={"cursor": known.json["cursor"]},
        headers={"If-None-Match": known.headers["ETag"]},
    )

    assert answer.status == 304
    assert answer.body == b""


async def test_the_feed_in_pages_never_answers_304_before_its_end(client: HubClient) -> None:
    for dossier in ("d1", "d2", "d3"):
        await client.add(dossier, f"of-{dossier}")
    seen: list[str] = []
    cursor, etag, more = None, "", True

    while more:
        answer = await client.get(
            "/v1/changes",
            params={"limit": "1", **({"cursor": cursor} if cursor else {})},
            headers={"If-None-Match": etag},
        )
        assert answer.status == 200
        seen += answer.json["dossier_ids"]
        cursor, etag, more = answer.json["cursor"], answer.headers["ETag"], answer.json["more"]

    assert seen == ["d1", "d2", "d3"]


async def test_the_feed_goes_on_from_its_cursor(client: HubClient) -> None:
    await client.add("d1", "one")
    known = (await client.get("/v1/changes")).json["cursor"]
    await client.add("d3", "two")

    answer = await client.get("/v1/changes", params={"cursor": known})

    assert answer.json["dossier_ids"] == ["d3"]
    assert answer.json["dossiers_changed"] is False


async def test_a_dossier_that_was_emptied_is_not_in_the_feed(client: HubClient) -> None:
    await client.add("d1", "one")
    await client.tell(("one", "1", "forwarded"))

    assert (await client.get("/v1/changes")).json["dossier_ids"] == []


@pytest.mark.parametrize("cursor", ["nonsense", "Yy5vdGhlci45OS45OQ", "%00", "Yy4uLg"])
async def test_a_foreign_cursor_of_the_feed_answers_like_none(
    client: HubClient, cursor: str
) -> None:
    await client.add("d1", "one")

    answer = await client.get("/v1/changes", params={"cursor": cursor})

    assert answer.json["dossier_ids"] == ["d1"]
    assert answer.json["dossiers_changed"] is True


async def test_a_changed_package_is_told_in_the_feed_once(client: HubClient) -> None:
    known = (await client.get("/v1/changes")).json["cursor"]
    await client.put(
        "/v1/packages/winbooks", json={"name": "Winbooks", "locations": {"other_documents": "/x"}}
    )

    told = await client.get("/v1/changes", params={"cursor": known})
    after = await client.get("/v1/changes", params={"cursor": told.json["cursor"]})

    assert told.json["dossiers_changed"] is True
    assert after.json["dossiers_changed"] is False


async def test_a_write_whose_caller_was_cancelled_is_told_in_the_feed(
    client: HubClient, hub: EmbeddedHub, clock: VirtualClock
) -> None:
    known = await client.get("/v1/changes")
    document = NewDocument("d1", "one", DocumentKind.OTHER, b"x", clock.now())

    with anyio.CancelScope() as scope:
        scope.cancel()
        await hub._core.change(lambda store: add_documents(store, [document]))
    answer = await client.get(
        "/v1/changes",
        params={"cursor": known.json["cursor"]},
        headers={"If-None-Match": known.headers["ETag"]},
    )

    assert answer.status == 200
    assert answer.json["dossier_ids"] == ["d1"]
