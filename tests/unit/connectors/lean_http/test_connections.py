"""What the lean client does with a server that speaks in bytes, and means well or does not."""

from collections.abc import Callable
from contextlib import suppress

import anyio
import pytest
from yarl import URL

from pipeline.connectors.addresses import Reach
from pipeline.connectors.answers import Answer, AnswerTooLarge
from pipeline.connectors.http import HttpClient
from pipeline.connectors.lean_http import connection as kept
from pipeline.connectors.patience import Patience
from pipeline.domain.errors import HubUnavailable, TransientError
from tests.unit.connectors.lean_http.raw_server import (
    Visit,
    answering,
    raw_serving,
    split_everywhere,
    within_a_while,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
QUICK = Patience(connect_s=5, read_s=0.1, total_s=5)


def client_of(url: URL, *, connections: int = 4, patience: Patience | None = None) -> HttpClient:
    reach = Reach.of(str(url), allow_private=True)
    return HttpClient(reach, connections=connections, patience=patience)


async def asked(url: URL, times: int = 1, **options: object) -> list[Answer]:
    async with client_of(url, **options) as client:  # type: ignore[arg-type]  # as above
        return [await client.request("GET", url, max_bytes=1000) for _ in range(times)]


# -- the request ----------------------------------------------------------------------------------
async def test_a_request_says_who_asks_and_asks_for_plain_bytes() -> None:
    async with raw_serving(answering(OK)) as server, client_of(server.url) as client:
        url = server.url / "v1" / "documents" % {"after": "a b"}
        await client.request("GET", url, headers={"Authorization": "Bearer x", "accept": "a/b"})

    lines = server.requests[0].decode().split("\r\n")
    assert lines[0] == "GET /v1/documents?after=a+b HTTP/1.1"
    assert sorted(lines[1:], key=str.lower) == [
        "Accept-Encoding: identity",
        "accept: a/b",
        "Authorization: Bearer x",
        f"Host: 127.0.0.1:{server.url.port}",
        "User-Agent: dossierpost",
    ]


@pytest.mark.parametrize("name", ["Host", "connection", "Expect", "Upgrade"])
async def test_what_frames_a_request_is_never_said_twice(name: str) -> None:
    async with raw_serving(answering(OK)) as server, client_of(server.url) as client:
        await client.request("GET", server.url, headers={name: "hub.example"})

    lines = [line.lower() for line in server.requests[0].split(b"\r\n")]
    assert [line for line in lines if line.startswith(name.lower().encode())] == [
        f"{name}: hub.example".lower().encode()
    ]


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nX: b", "a\0b"])
async def test_a_header_cannot_carry_another_one(value: str) -> None:
    async with raw_serving(answering(OK)) as server, client_of(server.url) as client:
        with pytest.raises(ValueError, match=r"(?i)header"):
            await client.request("GET", server.url, headers={"Authorization": value})

    assert server.requests == []


async def test_a_target_cannot_carry_a_second_request() -> None:
    async with raw_serving(answering(OK)) as server, client_of(server.url) as client:
        url = URL(f"{server.url}a HTTP/1.1\r\nX: b\r\n\r\nGET /b", encoded=True)
        with suppress(ValueError, TransientError):
            await client.request("GET", url)

    assert not [request for request in server.requests if b"\r\nX: b" in request]


# -- connections are kept -------------------------------------------------------------------------
async def test_requests_share_a_connection() -> None:
    async with raw_serving(answering(OK)) as server:
        answers = await asked(server.url, times=5)

    assert [answer.body for answer in answers] == [b"hello"] * 5
    assert server.connections == 1


async def test_there_are_never_more_connections_than_allowed() -> None:
    async with (
        raw_serving(answering(OK)) as server,
        client_of(server.url, connections=3) as client,
        anyio.create_task_group() as group,
    ):
        for _ in range(30):
            group.start_soon(client.request, "GET", server.url)

    assert len(server.requests) == 30
    assert server.connections <= 3


async def test_connections_to_one_origin_make_room_for_another() -> None:
    async with raw_serving(answering(OK)) as first, raw_serving(answering(OK)) as second:
        reach = Reach.of(str(first.url), str(second.url), allow_private=True)
        async with HttpClient(reach, connections=1) as client:
            for url in (first.url, second.url, first.url):
                await client.request("GET", url)

    assert (first.connections, second.connections) == (2, 1)


async def test_a_connection_that_the_server_ends_is_not_used_again() -> None:
    closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

    async with raw_serving(answering(closing)) as server:
        await asked(server.url, times=3)

    assert server.connections == 3


async def test_a_connection_without_work_is_closed_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "KEPT_FOR_S", 0.05)
    closed = anyio.Event()

    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(OK)
        await visit.until_closed()
        closed.set()

    async with raw_serving(script) as server, client_of(server.url) as client:
        await client.request("GET", server.url)
        with within_a_while():
            await closed.wait()


async def test_a_connection_that_was_closed_meanwhile_is_replaced_without_a_word() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(OK)

    async with raw_serving(script) as server:
        answers = await asked(server.url, times=4)

    assert [answer.status for answer in answers] == [200] * 4
    assert server.connections == 4


async def test_a_kept_connection_that_breaks_under_the_request_is_replaced_once() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        if visit.number == 1:
            await visit.say(OK)
            await visit.request()

    async with raw_serving(script) as server, client_of(server.url) as client:
        await client.request("GET", server.url)
        with pytest.raises(TransientError, match="failed"):
            await client.request("GET", server.url)

    assert (len(server.requests), server.connections) == (3, 2)


async def test_what_broke_off_in_the_middle_is_not_asked_for_again() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(OK)
        await visit.request()
        await visit.say(b"HTTP/1.1 200 OK\r\n")

    async with raw_serving(script) as server, client_of(server.url) as client:
        await client.request("GET", server.url)
        with pytest.raises(TransientError, match="broke off"):
            await client.request("GET", server.url)

    assert len(server.requests) == 2


async def test_a_new_connection_that_breaks_is_not_tried_again() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()

    async with raw_serving(script) as server:
        with pytest.raises(TransientError, match="failed: the server closed it"):
            await asked(server.url)

    assert server.connections == 1


async def test_a_server_that_hangs_up_at_once_is_told_at_once() -> None:
    async def script(_visit: Visit) -> None:
        """Hang up."""

    async with raw_serving(script) as server:
        with pytest.raises(TransientError, match="failed"), within_a_while():
            await asked(server.url)


# -- answers that are wrong -----------------------------------------------------------------------
@pytest.mark.parametrize(
    "answer",
    [
        OK + b"x",
        OK + OK,
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        b"no HTTP at all",
    ],
    ids=["a byte more", "an answer more", "two lengths", "length and chunks", "bare LF", "garbage"],
)
async def test_a_malformed_answer_ends_its_connection(answer: bytes) -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(answer if visit.number == 1 else OK)
        await visit.until_closed()

    async with raw_serving(script) as server, client_of(server.url) as client:
        with pytest.raises(TransientError, match="garbled"):
            await client.request("GET", server.url)
        assert (await client.request("GET", server.url)).body == b"hello"

    assert server.connections == 2


async def test_an_answer_that_nobody_asked_for_is_not_taken_for_one() -> None:
    is_idle, is_closed = anyio.Event(), anyio.Event()

    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(OK)
        if visit.number == 1:
            await is_idle.wait()
            await visit.say(OK.replace(b"hello", b"wrong"))
        await visit.until_closed()
        is_closed.set()

    async with raw_serving(script) as server, client_of(server.url) as client:
        await client.request("GET", server.url)
        is_idle.set()
        with within_a_while():
            await is_closed.wait()
            assert (await client.request("GET", server.url)).body == b"hello"


@pytest.mark.parametrize("length", [b"Content-Length: 50", b"Transfer-Encoding: chunked"])
async def test_a_body_that_stops_in_the_middle_broke_off(length: bytes) -> None:
    begun = b"HTTP/1.1 200 OK\r\n" + length + b"\r\n\r\n5\r\nhello\r\n"

    async with raw_serving(answering(begun, then_close=True)) as server:
        with pytest.raises(TransientError, match="broke off"):
            await asked(server.url)


@pytest.mark.parametrize(
    "answer",
    [OK, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
    ids=["sized", "chunked"],
)
async def test_an_answer_may_come_byte_by_byte(answer: bytes) -> None:
    async with raw_serving(answering(*split_everywhere(answer))) as server:
        answers = await asked(server.url, times=2)

    assert [each.body for each in answers] == [b"hello"] * 2
    assert server.connections == 1


async def test_a_body_above_its_cap_is_not_read() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
        await visit.until_closed()

    async with raw_serving(script) as server:
        with pytest.raises(AnswerTooLarge, match="1001"):
            await asked(server.url)


# -- time -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "begun",
    [b"", b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"],
    ids=["nothing", "half a head", "half a body"],
)
async def test_a_server_that_falls_silent_is_given_up(begun: bytes) -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(*([begun] if begun else []))
        await visit.until_closed()

    async with raw_serving(script) as server:
        with pytest.raises(HubUnavailable, match="in time"), within_a_while():
            await asked(server.url, patience=QUICK)


@pytest.mark.parametrize(
    "begun",
    [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"],
    ids=["head", "body"],
)
async def test_a_server_that_drips_is_given_up_when_its_time_is_over(begun: bytes) -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(begun)
        while True:
            await visit.say(b"x")
            await anyio.sleep(0.02)

    async with raw_serving(script) as server:
        with pytest.raises(HubUnavailable, match="in time"), within_a_while():
            await asked(server.url, patience=Patience(read_s=5, total_s=0.3))


async def test_a_server_that_goes_on_is_waited_for_beyond_the_longest_silence() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        for part in split_everywhere(OK)[:12]:
            await visit.say(part)
            await anyio.sleep(0.02)
        await visit.say(OK[12:])

    async with raw_serving(script) as server:
        answers = await asked(server.url, patience=QUICK)

    assert answers[0].body == b"hello"


async def test_time_starts_anew_with_every_request_of_a_connection() -> None:
    async def script(visit: Visit) -> None:
        for pause in (0.0, 0.06, 0.06):
            await visit.request()
            await anyio.sleep(pause)
            await visit.say(OK)
        await visit.request()
        await visit.until_closed()

    async with raw_serving(script) as server, client_of(server.url, patience=QUICK) as client:
        for _ in range(3):
            await client.request("GET", server.url)
        with pytest.raises(HubUnavailable, match="in time"), within_a_while():
            await client.request("GET", server.url)


async def test_a_request_that_is_cancelled_closes_its_connection() -> None:
    is_asked, is_closed = anyio.Event(), anyio.Event()

    async def script(visit: Visit) -> None:
        await visit.request()
        if visit.number > 1:
            await visit.say(OK)
            return
        is_asked.set()
        with suppress(anyio.BrokenResourceError):
            await visit.until_closed()
        is_closed.set()

    async with raw_serving(script) as server, client_of(server.url, connections=1) as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.request, "GET", server.url)
            await is_asked.wait()
            group.cancel_scope.cancel()
        with within_a_while():
            await is_closed.wait()
            assert (await client.request("GET", server.url)).body == b"hello"


async def test_closing_the_client_ends_what_is_under_way() -> None:
    is_asked = anyio.Event()

    async def script(visit: Visit) -> None:
        await visit.request()
        is_asked.set()
        await visit.until_closed()

    async with raw_serving(script) as server, client_of(server.url) as client:

        async def ask() -> None:
            with pytest.raises(TransientError):
                await client.request("GET", server.url)

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            await is_asked.wait()
            await client.close()
            await client.close()


# -- what is left to the general client -----------------------------------------------------------
PACKED = (
    b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 13\r\n\r\n"
    b"x\x9c\xcbH\xcd\xc9\xc9\x07\x00\x06,\x02\x15"
)


@pytest.mark.parametrize(
    "answer",
    [
        PACKED,
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
    ],
    ids=["packed", "HTTP/1.0", "ends with its connection"],
)
async def test_an_unusual_server_is_asked_twice_only_once(answer: bytes) -> None:
    async with raw_serving(answering(answer, then_close=True)) as server:
        answers = await asked(server.url, times=3)

    assert [each.body for each in answers] == [b"hello"] * 3
    assert len(server.requests) == 4


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
async def test_only_what_can_be_repeated_is_asked_here(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        pytest.fail("the lean client was asked")

    monkeypatch.setattr(HttpClient, "_opened_lean", refuse)

    empty = answering(b"HTTP/1.1 204 No\r\n\r\n")
    async with raw_serving(empty) as server, client_of(server.url) as client:
        assert (await client.request(method, server.url)).status == 204


# -- connecting -----------------------------------------------------------------------------------
@pytest.fixture
def slow_start(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Make every connection wait."""

    def wait(seconds: float) -> None:
        async def connected(*_args: object) -> None:
            await anyio.sleep(seconds)

        monkeypatch.setattr("pipeline.connectors.lean_http.pool.connected_socket", connected)

    return wait


async def test_a_connection_that_does_not_come_about_is_given_up(
    slow_start: Callable[[float], None],
) -> None:
    slow_start(5)

    with pytest.raises(HubUnavailable, match="in time"), within_a_while():
        await asked(URL("http://127.0.0.1:9/"), patience=Patience(connect_s=0.05))
