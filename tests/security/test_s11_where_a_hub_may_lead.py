"""S11: a hub cannot make this program talk to anything but the hub."""

import socket

import pytest
from aiohttp import web
from yarl import URL

from pipeline.connectors.addresses import AddressRefused, Reach, is_public
from pipeline.connectors.http import HttpClient
from pipeline.domain.errors import ConfigurationError, HubUnavailable, TransientError
from pipeline.testing.http_server import serving

PRIVATE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",  # noqa: S104 -- refused, not bound
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
]


pytestmark = pytest.mark.usefixtures("http_path")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def client_of(url: URL) -> HttpClient:
    return HttpClient(Reach.of(str(url), allow_private=True))


def info(address: str) -> tuple[int, int, int, str, tuple[str, int]]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, socket.SOCK_STREAM, 0, "", (address, 443)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_socket_is_made_for_an_address_that_is_not_public(address: str) -> None:
    make = Reach.of("https://hub.example").socket_factory()

    with pytest.raises(AddressRefused):
        make(info(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_a_public_address_is_accepted(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "https://127.1/",
        "https://0x7f.1/",
        "https://localhost/",
    ],
)
async def test_a_hub_that_leads_here_is_refused_in_every_spelling(url: str) -> None:
    async with HttpClient(Reach.of(url)) as client:
        with pytest.raises(TransientError, match=r"private address|not a canonical"):
            await client.request("GET", URL(url))


async def test_a_name_that_turns_private_later_is_refused_at_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def rebound(_host: object, port: int, *_hints: object, **_more: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebound)

    async with HttpClient(Reach.of("https://hub.example")) as client:
        with pytest.raises(HubUnavailable, match="private address"):
            await client.request("GET", URL("https://hub.example/"))


@pytest.mark.parametrize(
    "target",
    [
        "https://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "https://evil.example/",
        "//evil.example/",
        "http://127.0.0.1:1/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://user:pass@127.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://[::1",
    ],
)
async def test_a_redirect_out_of_reach_is_not_followed(target: str) -> None:
    async def redirect(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target})

    async with serving(redirect) as served, client_of(served.url) as client:
        with pytest.raises(TransientError):
            await client.request("GET", served.url)

    assert len(served.requests) == 1


async def test_a_redirect_within_the_hub_is_followed_three_times_and_keeps_the_sign_in() -> None:
    async def count_down(request: web.Request) -> web.Response:
        left = int(request.path.strip("/"))
        if not left:
            return web.Response(text="here")
        return web.Response(status=307, headers={"Location": f"/{left - 1}"})

    async with serving(count_down) as served, client_of(served.url) as client:
        answer = await client.request(
            "GET", served.url / "3", headers={"Authorization": "Bearer secret"}
        )
        with pytest.raises(TransientError, match="more than 3 times"):
            await client.request("GET", served.url / "4")

    assert answer.body == b"here"
    assert {headers.get("Authorization") for _, headers in served.requests[:4]} == {"Bearer secret"}


async def test_the_sign_in_does_not_travel_to_another_host() -> None:
    async def storage(_request: web.Request) -> web.Response:
        return web.Response(text="the document")

    async with serving(storage) as second:

        async def redirect(_request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": str(second.url / "signed")})

        async with serving(redirect) as first:
            reach = Reach.of(str(first.url), str(second.url), allow_private=True)
            sent = {"authorization": "Bearer secret", "Cookie": "id=1"}
            async with HttpClient(reach) as client:
                answer = await client.request("GET", first.url, headers=sent)

    assert answer.body == b"the document"
    assert not {"authorization", "cookie"} & {name.lower() for name in second.requests[0][1]}


async def test_a_message_is_never_sent_on_to_where_a_redirect_leads() -> None:
    async def redirect(_request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with serving(redirect) as served, client_of(served.url) as client:
        answer = await client.request("POST", served.url, body=b"secret")

    assert answer.status == 307
    assert len(served.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://hub.example/",
        "http://127.0.0.1/",
        "ftp://hub.example/",
        "hub.example",
        "https://",
        "https://user:pass@hub.example/",
    ],
)
def test_a_hub_without_https_is_refused_when_it_is_configured(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Reach.of(url)

    assert "pass" not in str(refused.value)


def test_plain_http_never_reaches_a_public_address() -> None:
    make = Reach.of("http://hub.example", allow_private=True).socket_factory()

    with pytest.raises(AddressRefused, match="https is required"):
        make(info("93.184.216.34"))


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="direct")

    async with serving(answer) as served, client_of(served.url) as client:
        direct = await client.request("GET", served.url)

    assert direct.body == b"direct"
