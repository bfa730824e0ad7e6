"""What happens on the way to a hub and back."""

import socket

import anyio
import pytest
from aiohttp import web
from yarl import URL

from pipeline.connectors.addresses import Reach
from pipeline.connectors.http import HttpClient
from pipeline.connectors.patience import Patience
from pipeline.domain.errors import HubUnavailable, TransientError
from pipeline.testing.http_server import serving

pytestmark = pytest.mark.usefixtures("http_path")


def client_of(url: URL, patience: Patience | None = None) -> HttpClient:
    return HttpClient(Reach.of(str(url), allow_private=True), patience=patience)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


async def test_a_hub_that_is_not_there_is_unavailable() -> None:
    url = URL(f"http://127.0.0.1:{closed_port()}/")

    async with client_of(url) as client:
        with pytest.raises(HubUnavailable, match="Cannot connect to"):
            await client.request("GET", url)


async def test_a_hub_that_does_not_answer_is_given_up() -> None:
    async def sleep(_request: web.Request) -> web.Response:
        await anyio.sleep(5)
        return web.Response()

    async with serving(sleep) as served, client_of(served.url, Patience(read_s=0.05)) as client:
        with pytest.raises(HubUnavailable, match="in time"):
            await client.request("GET", served.url)


async def test_a_hub_that_sends_drop_by_drop_is_given_up() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await anyio.sleep(0.02)

    async with serving(drip) as served, client_of(served.url, Patience(total_s=0.2)) as client:
        with pytest.raises(HubUnavailable, match="in time"):
            await client.request("GET", served.url)


async def test_a_body_shorter_than_its_length_is_tried_again() -> None:
    async def short(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"x" * 50)
        response.force_close()
        return response

    async with serving(short) as served, client_of(served.url) as client:
        with pytest.raises(TransientError, match="broke off"):
            await client.request("GET", served.url)


async def test_an_answer_that_is_torn_off_is_tried_again() -> None:
    async def tear(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(tear) as served, client_of(served.url) as client:
        with pytest.raises(TransientError):
            await client.request("GET", served.url)


async def test_too_many_headers_are_refused() -> None:
    async def flood(_request: web.Request) -> web.Response:
        return web.Response(headers={f"X-{number}": "x" * 100 for number in range(500)})

    async with serving(flood) as served, client_of(served.url) as client:
        with pytest.raises(TransientError):
            await client.request("GET", served.url)


async def test_cookies_of_a_hub_are_not_kept() -> None:
    async def bake(_request: web.Request) -> web.Response:
        return web.Response(headers={"Set-Cookie": "id=1; Path=/"})

    async with serving(bake) as served, client_of(served.url) as client:
        await client.request("GET", served.url)
        await client.request("GET", served.url)

    assert all("Cookie" not in headers for _, headers in served.requests)


async def test_a_status_is_not_judged_here() -> None:
    async def fail(_request: web.Request) -> web.Response:
        return web.Response(status=418, text="short and stout")

    async with serving(fail) as served, client_of(served.url) as client:
        answer = await client.request("DELETE", served.url)

    assert (answer.status, answer.body, answer.is_ok) == (418, b"short and stout", False)
