import gzip
import hashlib

import aiohttp
import pytest

from pipeline.domain.documents import DocumentKind
from pipeline.hub.arrivals import NewDocument
from pipeline.hub.content import PART_BYTES
from pipeline.hub.server import EmbeddedHub
from pipeline.testing.clock import VirtualClock
from tests.unit.hub.hub_client import BOTH_LOOPS, HubClient

pytestmark = BOTH_LOOPS

IDENTITY = {"Accept-Encoding": "identity"}
BODIES = {
    "utf8-bom": b"\xef\xbb\xbf<a>\xc3\xa9</a>\r\n",
    "utf16": "<a>\u20ac</a>".encode("utf-16"),
    "latin1": b"<a>\xe9\x00</a>",
    "empty": b"",
    "all-bytes": bytes(range(256)) * 20,
    "one-part": b"x" * PART_BYTES,
    "parts": bytes(range(251)) * (3 * PART_BYTES // 251),
}


@pytest.fixture(params=BODIES)
def body(request: pytest.FixtureRequest) -> bytes:
    return BODIES[request.param]


async def test_bytes_come_back_exactly_as_they_were_sent(client: HubClient, body: bytes) -> None:
    await client.add("d1", "one", body)

    answer = await client.get("/v1/documents/one/content", headers=IDENTITY)

    assert answer.body == body
    assert answer.headers["ETag"] == f'"{hashlib.sha256(body).hexdigest()}"'
    assert answer.headers["Content-Length"] == str(len(body))
    assert answer.headers["X-Document-Version"] == "1"
    assert "Content-Encoding" not in answer.headers


async def test_bytes_are_the_same_when_they_are_read_again(client: HubClient) -> None:
    await client.add("d1", "one", b"<a/>")

    answers = [await client.get("/v1/documents/one/content") for _ in range(3)]

    assert {answer.body for answer in answers} == {b"<a/>"}


async def test_gzip_is_sent_when_it_is_asked_for(client: HubClient) -> None:
    body = b"<Invoice>" + b"abc" * 1000
    await client.add("d1", "one", body)

    async with client.raw.get(
        "/v1/documents/one/content",
        headers={
            "Authorization": f"Bearer {client.token}",
            "Accept-Encoding": "br;q=1, gzip;q=0.5",
        },
        auto_decompress=False,
    ) as response:
        packed = await response.read()

    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["ETag"].endswith('-gzip"')
    assert len(packed) < len(body)
    assert gzip.decompress(packed) == body


@pytest.mark.parametrize("offer", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0, br"])
async def test_gzip_is_not_sent_when_it_is_not_wanted(client: HubClient, offer: str) -> None:
    await client.add("d1", "one", b"<a/>")

    answer = await client.get("/v1/documents/one/content", headers={"Accept-Encoding": offer})

    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=3-9", 3, 9),
        ("bytes=100-", 100, 5119),
        ("bytes=-7", 5113, 5119),
        ("bytes=5000-99999", 5000, 5119),
        ("bytes=-99999", 0, 5119),
    ],
)
async def test_a_range_is_the_bytes_asked_for(
    client: HubClient, asked: str, first: int, last: int
) -> None:
    body = BODIES["all-bytes"]
    await client.add("d1", "one", body)

    answer = await client.get("/v1/documents/one/content", headers={"Range": asked})

    assert answer.status == 206
    assert answer.body == body[first : last + 1]
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/5120"
    assert "Content-Encoding" not in answer.headers


async def test_a_large_document_is_put_together_from_ranges(client: HubClient) -> None:
    body = BODIES["parts"]
    await client.add("d1", "one", body)
    middle = PART_BYTES + 17

    first = await client.get(
        "/v1/documents/one/content", headers={"Range": f"bytes=0-{middle - 1}"}
    )
    rest = await client.get("/v1/documents/one/content", headers={"Range": f"bytes={middle}-"})

    assert first.body + rest.body == body


@pytest.mark.parametrize("asked", ["bytes=5120-", "bytes=9999-10000"])
async def test_a_range_behind_the_end_is_refused_with_the_size(
    client: HubClient, asked: str
) -> None:
    await client.add("d1", "one", BODIES["all-bytes"])

    answer = await client.get("/v1/documents/one/content", headers={"Range": asked})

    assert answer.status == 416
    assert answer.headers["Content-Range"] == "bytes */5120"


@pytest.mark.parametrize("asked", ["bytes=1-2,4-5", "bytes=5-2", "lines=1-2", "bytes=a-b"])
async def test_a_range_that_is_not_understood_gives_the_whole(
    client: HubClient, asked: str
) -> None:
    await client.add("d1", "one", b"<a/>")

    answer = await client.get("/v1/documents/one/content", headers={"Range": asked})

    assert (answer.status, answer.body) == (200, b"<a/>")


async def test_a_range_of_other_content_gives_the_whole(client: HubClient) -> None:
    await client.add("d1", "one", b"<a/>")
    etag = (await client.get("/v1/documents/one/content", headers=IDENTITY)).headers["ETag"]
    asked = {"Range": "bytes=1-", **IDENTITY}

    same = await client.get("/v1/documents/one/content", headers={"If-Range": etag, **asked})
    other = await client.get("/v1/documents/one/content", headers={"If-Range": '"x"', **asked})

    assert (same.status, same.body) == (206, b"a/>")
    assert (other.status, other.body) == (200, b"<a/>")


async def test_content_that_the_client_has_is_not_sent(client: HubClient) -> None:
    await client.add("d1", "one", b"<a/>")
    etag = (await client.get("/v1/documents/one/content")).headers["ETag"]

    answer = await client.get("/v1/documents/one/content", headers={"If-None-Match": etag})

    assert (answer.status, answer.body) == (304, b"")


async def test_content_can_be_had_in_every_status(client: HubClient) -> None:
    await client.add("d1", "one", b"<a/>")
    await client.add("d1", "two", b"<b/>")
    await client.tell(("one", "1", "forwarded"), ("two", "1", "error"))

    assert (await client.get("/v1/documents/one/content")).body == b"<a/>"
    assert (await client.get("/v1/documents/two/content")).body == b"<b/>"


async def test_replaced_content_is_served_at_once(client: HubClient) -> None:
    await client.add("d1", "one", b"<a/>")
    await client.get("/v1/documents/one/content")
    await client.add("d1", "one", b"<b/>")

    answer = await client.get("/v1/documents/one/content")

    assert answer.body == b"<b/>"
    assert answer.headers["X-Document-Version"] == "2"


async def test_content_of_an_unknown_document_is_not_found(client: HubClient) -> None:
    assert (await client.get("/v1/documents/nothing/content")).status == 404


async def test_documents_never_run_in_a_browser(client: HubClient) -> None:
    await client.post(
        "/v1/dossiers/d1/documents?kind=other&id=page",
        data=b"<script>alert(1)</script>",
        headers={"Content-Type": "text/html"},
    )

    answer = await client.get("/v1/documents/page/content", headers=IDENTITY)

    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_memory_of_bodies_is_bounded(hub: EmbeddedHub, client: HubClient) -> None:
    remembered = hub._core.contents._remembered
    remembered._room = 3_000
    for number in range(5):
        await client.add("d1", f"n{number}", b"x" * 500)

    for number in range(5):
        await client.get(f"/v1/documents/n{number}/content")

    assert list(remembered._values) == ["n2", "n3", "n4"]
    assert remembered._room == 0


async def test_content_that_is_replaced_while_it_is_sent_is_torn_and_not_mixed(
    client: HubClient, hub: EmbeddedHub, clock: VirtualClock
) -> None:
    large = NewDocument("d1", "large", DocumentKind.OTHER, b"a" * (30 << 20), clock.now())
    await hub.seed(documents=[large])
    headers = {"Authorization": f"Bearer {client.token}"}

    async with client.raw.get("/v1/documents/large/content", headers=headers) as response:
        await response.content.readexactly(10)
        await client.add("d1", "large", b"b")
        with pytest.raises(aiohttp.ClientError):
            await response.read()
