"""A file with a known digest: fetched whole, however often the connection breaks, or not at all."""

import hashlib
from pathlib import Path

import anyio
import pytest
from aiohttp import web
from yarl import URL

from pipeline.connectors.downloads import Download
from pipeline.domain.errors import ConfigurationError, HubUnavailable, TransientError
from pipeline.testing.http_server import Answering, serving

CONTENT = bytes(range(256)) * 400
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def download(url: URL, folder: Path, **changes: object) -> Download:
    given = {"sha256": DIGEST, "part": folder / "part", "max_bytes": 2**20, "allow_private": True}
    return Download(str(url), **{**given, **changes})  # type: ignore[arg-type]  # as each test has them


async def whole(request: web.Request) -> web.Response:
    """A server that knows ranges."""
    start = int((request.headers.get("Range") or "bytes=0-")[len("bytes=") : -1])
    if start >= len(CONTENT):
        return web.Response(status=416)
    return web.Response(body=CONTENT[start:], status=206 if start else 200)


async def no_ranges(_request: web.Request) -> web.Response:
    return web.Response(body=CONTENT)


async def breaking(request: web.Request) -> web.StreamResponse:
    """Sends a third and breaks off."""
    response = web.StreamResponse(headers={"Content-Length": str(len(CONTENT))})
    await response.prepare(request)
    await response.write(CONTENT[: len(CONTENT) // 3])
    await anyio.sleep(0.05)  # what a client has not read when the connection breaks is lost to it
    assert request.transport is not None
    request.transport.close()
    return response


async def test_a_file_is_fetched_whole(tmp_path: Path) -> None:
    async with serving(whole) as served:
        assert await download(served.url / "rules.sch", tmp_path).run() == CONTENT

    assert (tmp_path / "part").read_bytes() == CONTENT
    assert (tmp_path / "part").stat().st_mode & 0o777 == 0o600


async def test_what_broke_off_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async with serving(breaking) as served:
        with pytest.raises(TransientError):
            await download(served.url, tmp_path).run()
    begun = (tmp_path / "part").stat().st_size

    async with serving(whole) as served:
        assert await download(served.url, tmp_path).run() == CONTENT

    assert 0 < begun < len(CONTENT)
    assert [headers["Range"] for _, headers in served.requests] == [f"bytes={begun}-"]


@pytest.mark.parametrize("answer", [whole, no_ranges], ids=["ranges", "no ranges"])
@pytest.mark.parametrize(
    "part",
    [CONTENT[:1000], b"x" * 1000, CONTENT, CONTENT + b"more"],
    ids=["half of it", "half of another one", "all of it", "more than it"],
)
async def test_whatever_was_begun_ends_as_the_right_file(
    tmp_path: Path, answer: Answering, part: bytes
) -> None:
    (tmp_path / "part").write_bytes(part)

    async with serving(answer) as served:
        assert await download(served.url, tmp_path).run() == CONTENT


async def test_another_file_than_was_meant_is_thrown_away(tmp_path: Path) -> None:
    async with serving(whole) as served:
        with pytest.raises(ConfigurationError, match=f"SHA-256 is {DIGEST}, expected is 0000"):
            await download(served.url, tmp_path, sha256="0" * 64).run()

    assert list(tmp_path.iterdir()) == []
    assert len(served.requests) == 1


async def test_more_than_is_accepted_is_not_read_on(tmp_path: Path) -> None:
    async with serving(whole) as served:
        with pytest.raises(ConfigurationError, match="more than 1000 bytes"):
            await download(served.url, tmp_path, max_bytes=1000).run()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, ConfigurationError),
        (403, ConfigurationError),
        (503, TransientError),
        (429, TransientError),
    ],
)
async def test_an_answer_without_the_file_says_whether_to_try_again(
    tmp_path: Path, status: int, error: type[Exception]
) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving(refuse) as served:
        with pytest.raises(error, match=f"answers {status}"):
            await download(served.url, tmp_path).run()


async def test_the_file_may_lie_at_another_host_than_its_address_says(tmp_path: Path) -> None:
    async with serving(whole) as storage, serving(_to(storage.url)) as publisher:
        assert await download(publisher.url, tmp_path).run() == CONTENT


async def test_a_redirect_that_leaves_https_behind_is_refused(tmp_path: Path) -> None:
    async with serving(_to(URL("ftp://rules.example/rules.sch"))) as served:
        with pytest.raises(TransientError, match="not safe"):
            await download(served.url, tmp_path).run()


async def test_a_private_address_is_refused_unless_it_was_allowed(tmp_path: Path) -> None:
    url = URL("https://127.0.0.1:1/rules.sch")

    with pytest.raises(HubUnavailable, match="private address"):
        await download(url, tmp_path, allow_private=False).run()


def _to(url: URL) -> Answering:
    async def redirect(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": str(url)})

    return redirect
