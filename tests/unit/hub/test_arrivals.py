import gzip
import io
from collections.abc import AsyncIterator
from urllib.parse import unquote

import aiohttp
import anyio
import pytest
from yarl import URL

from pipeline.domain.documents import DocumentKind
from pipeline.hub import answers
from pipeline.hub.application import MAX_UPLOAD_BYTES
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.server import EmbeddedHub
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import HubClient

HOSTILE = [
    "../../etc/passwd",
    "..",
    ".",
    "a/b",
    "a\\b",
    "CON",
    "name\nwith: lines",
    "nul\x00nul",
    "\u202eevil",
    "e\u0301 \u00e9 \U0001f600",
    "'; DROP TABLE documents; --",
    "%2e%2e%2f",
    "?query#fragment",
    "x" * 300,
]


async def test_a_document_sent_as_bytes_is_kept(client: HubClient) -> None:
    answer = await client.post(
        "/v1/dossiers/d1/documents",
        params={
            "kind": "bank_statement",
            "file_name": "001.cod",
            "received_at": "2025-12-31T23:00:00+01:00",
        },
        data=b"00000",
        headers={"Content-Type": "application/vnd.coda"},
    )

    document = answer.json
    assert answer.status == 201
    assert document["kind"] == "bank_statement"
    assert document["file_name"] == "001.cod"
    assert document["content_type"] == "application/vnd.coda"
    assert document["received_at"] == "2025-12-31T22:00:00Z"
    assert await client.listed("d1") == [document["id"]]


async def test_a_document_sent_as_a_form_is_kept(client: HubClient) -> None:
    form = aiohttp.FormData()
    form.add_field("kind", "other")
    form.add_field("document", b"%PDF", filename="note.pdf", content_type="application/pdf")

    answer = await client.post("/v1/dossiers/d1/documents", data=form)
    content = await client.get(f"/v1/documents/{answer.json['id']}/content")

    assert answer.status == 201
    assert answer.json["file_name"] == "note.pdf"
    assert answer.json["content_type"] == "application/pdf"
    assert content.body == b"%PDF"


@pytest.mark.parametrize(
    "fields",
    [{"document": b"x"}, {"kind": "letter", "document": b"x"}, {"kind": "other"}],
    ids=["no-kind", "unknown-kind", "no-file"],
)
async def test_a_form_without_what_is_needed_is_refused(
    client: HubClient, fields: dict[str, str | bytes]
) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        file_name = "f" if isinstance(value, bytes) else None
        form.add_field(name, value, filename=file_name)

    assert (await client.post("/v1/dossiers/d1/documents", data=form)).status == 400


@pytest.mark.parametrize(
    "query",
    [
        "",
        "kind=letter",
        "kind=other&id=",
        "kind=other&received_at=2026-01-01T00:00:00",
        f"kind=other&id={'x' * 301}",
    ],
)
async def test_a_document_that_is_not_described_is_refused(client: HubClient, query: str) -> None:
    answer = await client.post(f"/v1/dossiers/d1/documents?{query}", data=b"x")

    assert answer.status == 400


async def test_a_document_for_an_unknown_dossier_is_refused(client: HubClient) -> None:
    assert (await client.add("nobody", "one")).status == 404


async def test_sending_the_same_again_changes_nothing(client: HubClient) -> None:
    await client.add("d1", "one", b"<a/>")
    await client.tell(("one", "1", "forwarded"))

    again = await client.add("d1", "one", b"<a/>")

    assert again.status == 200
    assert again.json["status"] == "forwarded"
    assert await client.listed("d1") == []


@pytest.mark.parametrize("status", [None, "error", "forwarded"])
async def test_other_content_under_a_known_id_is_a_new_version_to_fetch(
    client: HubClient, clock: VirtualClock, status: str | None
) -> None:
    await client.add("d1", "one", b"<a/>")
    await client.add("d1", "two", b"<a/>")
    if status is not None:
        await client.tell(("one", "1", status))
    await clock.advance(5)

    answer = await client.add("d1", "one", b"<b/>")

    assert answer.status == 201
    assert answer.json["version"] == "2"
    assert await client.listed("d1") == ["two", "one"]
    assert await client.tell(("one", "1", "forwarded")) == ["gone"]
    assert await client.tell(("one", "2", "forwarded")) == ["ok"]
    counts = (await client.get("/v1/monitor")).json["documents"]
    assert counts == {"to_fetch": 1, "error": 0, "forwarded": 1}
    history = (await client.get("/v1/documents/one")).json["history"]
    assert [line["version"] for line in history if line["status"] == "to_fetch"] == ["1", "2"]


async def test_an_id_of_another_dossier_is_refused(client: HubClient) -> None:
    await client.add("d1", "one", b"<a/>")

    answer = await client.add("d2", "one", b"<a/>")

    assert answer.status == 409
    assert answer.json["type"] == "urn:dossierpost:problem:id-taken"


async def test_a_document_of_ten_mebibytes_is_taken_and_one_byte_more_is_not(
    client: HubClient,
) -> None:
    fits = await client.add("d1", "fits", b"x" * MAX_UPLOAD_BYTES)
    too_large = await client.add("d1", "large", b"x" * (MAX_UPLOAD_BYTES + 1))

    assert fits.status == 201
    assert too_large.status == 413
    assert too_large.json["type"] == "urn:dossierpost:problem:too-large"
    assert await client.listed("d1") == ["fits"]


async def test_a_compressed_body_that_grows_too_large_is_refused(client: HubClient) -> None:
    answer = await client.post(
        "/v1/dossiers/d1/documents?kind=other&id=bomb",
        data=gzip.compress(b"\0" * (64 << 20)),
        headers={"Content-Encoding": "gzip"},
    )

    assert answer.status == 413
    assert await client.listed("d1") == []


async def test_json_larger_than_a_mebibyte_is_refused(client: HubClient) -> None:
    answer = await client.post("/v1/documents/status", data=io.BytesIO(b" " * ((1 << 20) + 1)))

    assert answer.status == 413


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name)[:20])
async def test_hostile_names_are_data_and_come_back_as_they_are(
    client: HubClient, name: str
) -> None:
    added = await client.post(
        "/v1/dossiers/d1/documents",
        params={"kind": "other", "id": name, "file_name": name},
        data=b"<a/>",
    )

    [listed] = (await client.get("/v1/dossiers/d1/documents")).json["documents"]
    assert added.json["id"] == listed["id"] == name
    assert listed["file_name"] == name
    assert await client.tell((name, "1", "forwarded")) == ["ok"]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name)[:20])
async def test_hostile_enterprise_names_come_back_as_they_are(client: HubClient, name: str) -> None:
    answer = await client.put(
        "/v1/dossiers/d1",
        json={
            "enterprise_name": name,
            "enterprise_identifier": name,
            "accounting_file_id": name,
        },
    )

    assert answer.status == 200
    assert (await client.get("/v1/dossiers/d1")).json["enterprise_name"] == name


@pytest.mark.parametrize("path", ["..%2F..%2Fetc", "a%2Fb", "%00", "%F0%9F%98%80", "%25"])
async def test_a_hostile_id_in_a_path_is_one_id(
    client: HubClient, hub: EmbeddedHub, path: str
) -> None:
    await client.post(
        "/v1/dossiers/d1/documents", params={"kind": "other", "id": unquote(path)}, data=b"<a/>"
    )
    url = URL(f"{hub.url}/v1/documents/{path}/content", encoded=True)
    headers = {"Authorization": f"Bearer {client.token}"}
    async with client.raw.get(url, headers=headers) as response:
        assert (response.status, await response.read()) == (200, b"<a/>")


@pytest.mark.parametrize("sent", ["text/xml\u00e9", "no slash"])
async def test_a_hostile_content_type_does_not_break_the_download(
    client: HubClient, sent: str
) -> None:
    await client.post(
        "/v1/dossiers/d1/documents?kind=other&id=one", data=b"x", headers={"Content-Type": sent}
    )

    answer = await client.get("/v1/documents/one/content")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path", ["/v1/documents/status", "/v1/dossiers/d1/documents?kind=other", "/oauth/token"]
)
async def test_a_body_that_does_not_come_is_given_up(
    client: HubClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(answers, "BODY_TIMEOUT_S", 0.05)

    async def nothing() -> AsyncIterator[bytes]:
        yield b"a"
        await anyio.sleep_forever()

    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = await client.post(path, data=nothing(), headers=kind)

    assert answer.status in (400, 408)


async def test_a_full_disk_is_told_and_nothing_is_half_kept(
    client: HubClient, hub: EmbeddedHub
) -> None:
    (pages,) = await hub._core.database.write(
        lambda store: store.execute("PRAGMA page_count").fetchone()
    )
    await hub._core.database.write(
        lambda store: store.execute(f"PRAGMA max_page_count = {pages}").fetchone()
    )

    answer = await client.add("d1", "one", b"x" * 100_000)

    assert answer.status == 503
    assert "Retry-After" in answer.headers
    assert await client.listed("d1") == []


async def test_ten_thousand_documents_are_seeded_in_batches(
    hub: EmbeddedHub, client: HubClient, clock: VirtualClock
) -> None:
    documents = (
        NewDocument(f"d{number % 3 + 1}", f"n{number}", DocumentKind.OTHER, b"x", clock.now())
        for number in range(10_000)
    )

    added = await hub.seed(documents=documents)

    assert added == 10_000
    assert (await client.get("/v1/monitor")).json["documents"]["to_fetch"] == 10_000
