"""The receiver behind HTTP: whoever is slow, large or curious gets nothing."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import aiohttp
import anyio
import pytest
from anyio.abc import SocketStream

from pipeline.connectors.webhooks.server import LARGEST, Reception, webhooks_served
from pipeline.domain.errors import ConfigurationError
from tests.unit.connectors.webhooks.bench import (
    SIGNED,
    SIGNED_TOKEN,
    UNSIGNED,
    UNSIGNED_TOKEN,
    Bench,
)

EVENT = b'{"companyId":"c_1"}'
ADDRESS = f"/webhooks/{UNSIGNED}/{UNSIGNED_TOKEN}"
HURRY = Reception(patience_s=0.4)


class Client:
    """Sends webhooks to a receiver."""

    def __init__(self, bench: Bench, port: int) -> None:
        self.bench = bench
        self.port = port

    async def send(
        self, path: str = ADDRESS, body: bytes = EVENT, method: str = "POST", **headers: str
    ) -> tuple[int, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method, f"http://127.0.0.1:{self.port}{path}", data=body, headers=named
            ) as answer,
        ):
            return answer.status, await answer.read()

    async def open(self) -> SocketStream:
        return await anyio.connect_tcp("127.0.0.1", self.port)


@asynccontextmanager
async def served(terms: Reception | None = None) -> AsyncIterator[Client]:
    bench = Bench()
    listening = webhooks_served(bench.receiver, host="127.0.0.1", port=0, reception=terms)
    async with listening as port:
        yield Client(bench, port)


async def rest_of(stream: SocketStream) -> bytes:
    """What is answered until the connection ends, however it does."""
    answer = b""
    try:
        while True:
            answer += await stream.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return answer


async def test_an_event_is_accepted_with_an_empty_answer() -> None:
    async with served() as client:
        assert await client.send() == (200, b"")

        assert [hint.dossier_id for _, hint in client.bench.heard] == ["c_1"]
        assert client.bench.meters.counted == {(UNSIGNED, "woken"): 1}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 404),
        ("POST", "/webhooks", 404),
        ("POST", f"/webhooks/{UNSIGNED}/guess", 404),
        ("POST", f"/webhooks/nobody/{UNSIGNED_TOKEN}", 404),
        ("POST", f"{ADDRESS}/more", 404),
        ("POST", f"/hooks/{UNSIGNED}/{UNSIGNED_TOKEN}", 404),
        ("GET", ADDRESS, 404),
        ("PUT", ADDRESS, 404),
        ("POST", f"/webhooks/{SIGNED}/{SIGNED_TOKEN}", 401),
    ],
)
async def test_what_is_refused_is_refused_without_a_word(
    method: str, path: str, status: int
) -> None:
    async with served() as client:
        assert await client.send(path, method=method) == (status, b"")
        assert client.bench.heard == []


async def test_a_replay_is_refused() -> None:
    async with served() as client:
        await client.send()

        assert await client.send() == (409, b"")


async def test_an_event_of_the_largest_size_is_read_and_a_larger_one_is_not() -> None:
    async with served() as client:
        padded = EVENT + b" " * (LARGEST - len(EVENT))

        assert await client.send(body=padded) == (200, b"")
        assert await client.send(body=padded + b" ") == (413, b"")
        assert client.bench.meters.counted[UNSIGNED, "too_large"] == 1


async def test_a_sender_of_far_too_much_hears_that() -> None:
    async with served() as client:
        assert await client.send(body=b" " * 1_000_000) == (413, b"")


async def test_a_body_without_a_length_is_read_up_to_the_largest_size() -> None:
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    async with served() as client, await client.open() as stream:
        await stream.send(head)
        for _ in range(3):
            await stream.send(b"8000\r\n" + b" " * 0x8000 + b"\r\n")

        assert (await rest_of(stream)).startswith(b"HTTP/1.1 413 ")
        assert client.bench.heard == []


async def test_a_compressed_body_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    async with served() as client:
        assert len(bomb) < LARGEST

        assert await client.send(body=bomb, Content_Encoding="gzip") == (415, b"")


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"POST /webhooks/recomm",
        f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nX-More: ".encode(),
    ],
    ids=["nothing", "half a line", "half a header"],
)
async def test_a_connection_that_trickles_is_ended(beginning: bytes) -> None:
    async with served(HURRY) as client, await client.open() as stream:
        began = monotonic()
        if beginning:
            await stream.send(beginning)

        answer = await rest_of(stream)

        assert answer == b""
        assert 0.3 < monotonic() - began < 5


async def test_a_body_that_trickles_is_refused_in_time() -> None:
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode()
    async with served(HURRY) as client, await client.open() as stream:
        await stream.send(head + b"{")

        assert (await rest_of(stream)).startswith(b"HTTP/1.1 408 ")
        assert client.bench.meters.counted == {(UNSIGNED, "too_slow"): 1}


async def test_connections_that_wait_keep_nobody_out_for_long() -> None:
    terms = Reception(connections=4, patience_s=0.4)
    async with served(terms) as client:
        waiting = [await client.open() for _ in range(4)]
        async with await client.open() as one_too_many:
            assert await rest_of(one_too_many) == b""
        for stream in waiting:
            assert await rest_of(stream) == b""
            await stream.aclose()

        assert await client.send() == (200, b"")


async def test_a_connection_carries_one_event() -> None:
    one = f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(EVENT)}\r\n\r\n".encode()
    async with served() as client, await client.open() as stream:
        await stream.send((one + EVENT) * 3)

        assert (await rest_of(stream)).count(b"HTTP/1.1 ") == 1


async def test_a_request_that_is_none_is_answered_with_4xx() -> None:
    async with served() as client, await client.open() as stream:
        await stream.send(b"\x16\x03\x01\x02\x00\x01 hello\r\n\r\n")

        assert (await rest_of(stream)).startswith(b"HTTP/1.0 400 ")


async def test_a_flood_is_answered_at_once_and_refused_beyond_the_limit() -> None:
    async with served() as client, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{client.port}{ADDRESS}"
        seen: dict[int, int] = {}
        slowest = 0.0

        async def send_part(start: int) -> None:
            nonlocal slowest
            for number in range(start, start + 80):
                began = monotonic()
                async with session.post(url, data=b'{"companyId":"c","n":%d}' % number) as answer:
                    seen[answer.status] = seen.get(answer.status, 0) + 1
                slowest = max(slowest, monotonic() - began)

        async with anyio.create_task_group() as tasks:
            for part in range(15):
                tasks.start_soon(send_part, part * 80)

        assert seen == {200: 1_000, 429: 200}
        assert slowest < 1


async def test_nothing_of_a_request_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with served() as client, await client.open() as stream:
        await client.send()
        await client.send(f"/webhooks/{UNSIGNED}/guessed-token")
        await stream.send(f"POST {ADDRESS}\r\n\r\n".encode())
        await rest_of(stream)

    assert UNSIGNED_TOKEN not in caplog.text
    assert "guessed-token" not in caplog.text


async def test_a_port_that_is_taken_is_a_configuration_error() -> None:
    async with served() as client:
        with pytest.raises(ConfigurationError, match="DOSSIERPOST_WEBHOOK_PORT"):
            async with webhooks_served(client.bench.receiver, host="127.0.0.1", port=client.port):
                pass
