"""Bugs of the kind that such a client has: each planted one turns a test of its neighbours red."""

import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.connectors.addresses import AddressInfo
from pipeline.connectors.lean_http import body, head, sockets
from pipeline.connectors.lean_http.body import ChunkedBody, SizedBody
from pipeline.connectors.lean_http.connection import Connection, ConnectionLost
from pipeline.connectors.lean_http.parser import AnswerParser
from pipeline.connectors.lean_http.pieces import SMALL, Pieces
from pipeline.connectors.lean_http.pool import Pool
from pipeline.domain.errors import PipelineError
from tests.security import test_s11_where_a_hub_may_lead as reaching
from tests.unit.connectors.lean_http import raw_server
from tests.unit.connectors.lean_http import test_answer_parser as parsing
from tests.unit.connectors.lean_http import test_connections as talking

RED = (AssertionError, pytest.fail.Exception, BaseExceptionGroup, PipelineError, TimeoutError)


def broken(name: str, step: int = 10**6) -> Callable[[], None]:
    return lambda: parsing.test_what_breaks_the_rules_is_malformed_however_it_is_cut(
        parsing.BROKEN[name], step
    )


def byte_by_byte(message: bytes) -> Callable[[], None]:
    return lambda: parsing.test_an_answer_may_come_byte_by_byte(message)


def patterned(old: bytes, new: bytes) -> re.Pattern[bytes]:
    assert old in head._HEAD.pattern
    return re.compile(head._HEAD.pattern.replace(old, new))


@dataclass(frozen=True)
class Plant:
    """A bug, and the test that sees it."""

    owner: Any
    name: str
    bug: Any
    test: Callable[[], Awaitable[None] | None]


def first_length(given: head.Head) -> int | None:
    lengths = given.headers.getall("Content-Length", ())
    return int(lengths[0]) if lengths else None


def convertible(text: str) -> bool:
    return bool(re.fullmatch(r"[-+\d_]+", text))


def ignoring_the_rest(self: SizedBody, data: bytes) -> bool:
    self._pieces.add(data[: self._length - self._pieces.size])
    return self._pieces.size == self._length


def jumbled(self: Pieces, data: bytes) -> None:
    """Large pieces overtake small ones."""
    self.size += len(data)
    if len(data) < SMALL:
        self._small += data
    else:
        self._parts.append(data)


def forgetting_the_line(self: ChunkedBody, rest: bytes) -> None:
    """A line that is cut in two is lost."""


def forgetting_the_head(self: AnswerParser, data: bytes, _seen: int) -> bool:
    self._came = data[-1:]
    return False


def never_large(self: ChunkedBody, line: bytes) -> None:
    self._chunk_left = int(line.split(b";")[0], 16)
    self._next = self._end_of_chunk if self._chunk_left else self._trailer


def deaf(self: Connection) -> float:
    return self._loop.time() + 60


def endless(self: Connection) -> float:
    return self._heard_at + self._patience.read_s


def hasty(self: Connection) -> float:
    return self._ends_at - self._patience.total_s + self._patience.read_s  # type: ignore[operator]


def eager(self: ConnectionLost, _cause: object, **_known: bool) -> None:
    self.is_stale = True
    self.has_begun = False


def resigned(self: ConnectionLost, _cause: object, **_known: bool) -> None:
    self.is_stale = self.has_begun = False


async def never_closing(self: Connection, request: bytes, max_bytes: int, *, ends_at: float) -> Any:
    self._parser, self._answer = AnswerParser(max_bytes), self._loop.create_future()
    self._heard_at, self._ends_at = self._loop.time(), ends_at
    self._transport.write(request)
    return await self._answer


def hospitable(self: Connection, data: bytes) -> None:
    if self._answer is None or self._parser is None:
        return
    if self._parser.feed(data):
        self._answer.set_result(self._parser.answer)


async def unchecked(info: AddressInfo, _make_socket: object) -> socket.socket:
    return socket.create_connection(info[4][:2], timeout=1)


def greedy(self: Pool) -> None:
    """Nothing makes room."""


PLANTS = {
    "bare LF ends a line": Plant(
        head, "_HEAD", patterned(rb"\r\n", rb"\r?\n"), broken("header with a bare LF")
    ),
    "folded headers are one": Plant(
        head, "_HEAD", patterned(rb"]*+\r\n)*+", rb"]*+(?:\r\n[ \t][^\r]*)*\r\n)*+"),
        broken("folded header"),
    ),
    "a space before the colon is nothing": Plant(
        head, "_HEAD", patterned(rb"]++:", rb"]++ *:"), broken("space before the colon")
    ),
    "control characters pass": Plant(
        head, "_HEAD", patterned(rb"[\t -~\x80-\xff]", rb"[^\r\n]"), broken("header with NUL")
    ),
    "the first length counts": Plant(head, "_length", first_length, broken("two lengths")),
    "a length beside chunks counts": Plant(
        head, "_length", first_length, broken("length and chunks")
    ),
    "a 304 has a body": Plant(head, "_length", first_length, byte_by_byte(parsing.UNCHANGED)),
    "any number is a length": Plant(
        head, "_is_length", convertible, broken("length with underscore")
    ),
    "headers without end": Plant(
        head, "MOST_FIELDS", 10**6, broken("too many headers")
    ),
    "what follows an answer is dropped": Plant(
        SizedBody, "feed", ignoring_the_rest, broken("a second answer")
    ),
    "large pieces overtake small ones": Plant(
        Pieces, "add", jumbled, parsing.test_a_large_body_is_whole_however_it_is_cut
    ),
    "a cut head is forgotten": Plant(
        AnswerParser, "_wait", forgetting_the_head, byte_by_byte(parsing.SIZED)
    ),
    "a cut line is forgotten": Plant(
        ChunkedBody, "_keep", forgetting_the_line, byte_by_byte(parsing.CHUNKED)
    ),
    "Python reads the size of a chunk": Plant(
        ChunkedBody, "_size_line", never_large, broken("size with 0x")
    ),
    "chunks are not counted": Plant(
        ChunkedBody, "_size_line", never_large,
        lambda: parsing.test_a_body_above_its_cap_is_refused_before_it_comes(
            parsing.head(b"Transfer-Encoding: chunked") + b"B\r\n", 1
        ),
    ),
    "lines without end are kept": Plant(
        body, "LONGEST_LINE", 10**6, broken("extension without end")
    ),
    "silence is not noticed": Plant(
        Connection, "_deadline", deaf,
        lambda: talking.test_a_server_that_falls_silent_is_given_up(b""),
    ),
    "drops go on for ever": Plant(
        Connection, "_deadline", endless,
        lambda: talking.test_a_server_that_drips_is_given_up_when_its_time_is_over(
            b"HTTP/1.1 200 OK\r\nX: "
        ),
    ),
    "a slow answer is taken for silence": Plant(
        Connection, "_deadline", hasty,
        talking.test_a_server_that_goes_on_is_waited_for_beyond_the_longest_silence,
    ),
    "half an answer is asked for again": Plant(
        ConnectionLost, "__init__", eager,
        talking.test_what_broke_off_in_the_middle_is_not_asked_for_again,
    ),
    "a new connection is tried again": Plant(
        ConnectionLost, "__init__", eager,
        talking.test_a_new_connection_that_breaks_is_not_tried_again,
    ),
    "a closed connection fails the request": Plant(
        ConnectionLost, "__init__", resigned,
        talking.test_a_kept_connection_that_breaks_under_the_request_is_replaced_once,
    ),
    "a request that was cancelled keeps its connection": Plant(
        Connection, "ask", never_closing,
        talking.test_a_request_that_is_cancelled_closes_its_connection,
    ),
    "what nobody asked for is overheard": Plant(
        Connection, "data_received", hospitable,
        talking.test_an_answer_that_nobody_asked_for_is_not_taken_for_one,
    ),
    "the address of an attempt is not checked": Plant(
        sockets, "_attempt", unchecked,
        lambda: reaching.test_a_hub_that_leads_here_is_refused_in_every_spelling(
            "https://127.0.0.1:1/"
        ),
    ),
    "nothing makes room": Plant(
        Pool, "_make_room", greedy,
        talking.test_connections_to_one_origin_make_room_for_another,
    ),
}  # fmt: skip


async def run_through(plant: Plant) -> None:
    if (running := plant.test()) is not None:
        await running


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
async def test_a_planted_bug_turns_its_test_red(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hasattr(plant.owner, plant.name)
    await run_through(plant)  # green without the bug

    monkeypatch.setattr(raw_server, "A_WHILE_S", 0.7)
    monkeypatch.setattr(plant.owner, plant.name, plant.bug)

    with pytest.raises(RED):
        await run_through(plant)
