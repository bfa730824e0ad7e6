"""S5: an answer that grows when it is unpacked is refused before it fills the memory."""

import gzip
import resource
import time
import zlib
from collections.abc import Callable

import pytest
from aiohttp import web
from yarl import URL

from pipeline.connectors.addresses import Reach
from pipeline.connectors.answers import AnswerTooLarge
from pipeline.connectors.http import HttpClient
from pipeline.domain.errors import TransientError
from pipeline.testing.http_server import serving

MEGABYTE = 2**20
BOMB_MEGABYTES = 300


def gzip_bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(bytes(MEGABYTE)) for _ in range(BOMB_MEGABYTES)]
    return b"".join([*parts, packer.flush()])


def deflate_bomb() -> bytes:
    packer = zlib.compressobj(9)
    parts = [packer.compress(bytes(MEGABYTE)) for _ in range(BOMB_MEGABYTES)]
    return b"".join([*parts, packer.flush()])


def client_of(url: URL) -> HttpClient:
    return HttpClient(Reach.of(str(url), allow_private=True))


pytestmark = pytest.mark.usefixtures("http_path")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize(
    ("encoding", "bomb"), [("gzip", gzip_bomb), ("deflate", deflate_bomb)], ids=["gzip", "deflate"]
)
async def test_a_compressed_bomb_is_refused_quickly_and_costs_no_memory(
    encoding: str, bomb: Callable[[], bytes]
) -> None:
    body = bomb()

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": encoding})

    async with serving(answer) as served, client_of(served.url) as client:
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", served.url, max_bytes=10 * MEGABYTE)
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert time.monotonic() - start < 1
    assert grown_kb < 20 * 1024


async def test_a_chunked_body_without_end_is_cut_at_the_cap() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(bytes(MEGABYTE))
        return response

    async with serving(endless) as served, client_of(served.url) as client:
        with pytest.raises(AnswerTooLarge):
            await client.request("GET", served.url, max_bytes=2 * MEGABYTE)


async def test_a_length_above_the_cap_is_refused_before_the_body() -> None:
    async def large(_request: web.Request) -> web.Response:
        return web.Response(body=bytes(MEGABYTE))

    async with serving(large) as served, client_of(served.url) as client:
        with pytest.raises(AnswerTooLarge, match=str(MEGABYTE)):
            await client.request("GET", served.url, max_bytes=MEGABYTE - 1)
        whole = await client.request("GET", served.url, max_bytes=MEGABYTE)

    assert len(whole.body) == MEGABYTE


async def test_a_compressed_answer_is_unpacked_and_an_uncompressed_one_is_asked_for() -> None:
    async def packed(_request: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(b"[]" * 50), headers={"Content-Encoding": "gzip"})

    async with serving(packed) as served, client_of(served.url) as client:
        answer = await client.request("GET", served.url)

    assert answer.body == b"[]" * 50
    assert served.requests[0][1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
async def test_a_body_that_is_not_what_it_says_is_tried_again(encoding: str) -> None:
    async def garbled(_request: web.Request) -> web.Response:
        return web.Response(body=b"not packed at all", headers={"Content-Encoding": encoding})

    async with serving(garbled) as served, client_of(served.url) as client:
        with pytest.raises(TransientError):
            await client.request("GET", served.url)
