"""One answer out of bytes: the same however the network cuts it, and only if it is one."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.connectors.answers import Answer, AnswerTooLarge
from pipeline.connectors.lean_http.body import LONGEST_LINE
from pipeline.connectors.lean_http.head import LARGEST_HEAD, MOST_FIELDS, Malformed, Unusual
from pipeline.connectors.lean_http.parser import AnswerParser
from pipeline.connectors.lean_http.pieces import SMALL, Pieces

SIZED = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 10\r\n\r\n<Invoice/>"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'4\r\n<Inv\r\n6 ; name="value"\r\noice/>\r\n0\r\nX-Sum: 1\r\n\r\n'
)
ANNOUNCED = b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 100 \r\n\r\n" + SIZED
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
UNCHANGED = b'HTTP/1.1 304\r\nETag: "c1"\r\nContent-Length: 10\r\n\r\n'
ROUGH = b"HTTP/1.1 200 \xe2\x82\xac\r\nX:\r\nX:  a\tb \r\nx: \xff\r\nContent-Length: 0\r\n\r\n"
VALID = (SIZED, CHUNKED, ANNOUNCED, EMPTY, UNCHANGED, ROUGH)


def parsed(*segments: bytes, max_bytes: int = 1000) -> Answer:
    """The answer, which must be complete with the last segment and not earlier."""
    parser = AnswerParser(max_bytes)
    completions = [parser.feed(segment) for segment in segments]
    assert completions == [False] * (len(segments) - 1) + [True]
    return parser.answer


def feed_in_steps(parser: AnswerParser, message: bytes, step: int) -> None:
    for start in range(0, len(message), step):
        parser.feed(message[start : start + step])


def head(*fields: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"".join(line + b"\r\n" for line in (status, *fields)) + b"\r\n"


@st.composite
def cut_answers(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    message = draw(st.sampled_from(VALID))
    cuts = sorted(draw(st.sets(st.integers(1, len(message) - 1))))
    edges = [0, *cuts, len(message)]
    return message, [message[a:b] for a, b in pairwise(edges)]


@given(cut_answers())
def test_an_answer_is_the_same_however_the_network_cuts_it(cut: tuple[bytes, list[bytes]]) -> None:
    message, segments = cut

    assert parsed(*segments) == parsed(message)


@pytest.mark.parametrize("message", VALID)
def test_an_answer_may_come_byte_by_byte(message: bytes) -> None:
    assert parsed(*(message[i : i + 1] for i in range(len(message)))) == parsed(message)


@given(st.binary(max_size=300), st.lists(st.integers(1, 100), max_size=10))
def test_chunks_of_any_size_make_the_body(body: bytes, sizes: list[int]) -> None:
    chunks, rest = b"", body
    for size in [*sizes, len(body)]:
        part, rest = rest[:size], rest[size:]
        chunks += b"%X\r\n%b\r\n" % (len(part), part) if part else b""

    answer = parsed(head(b"transfer-encoding: Chunked") + chunks + b"000\r\n\r\n")

    assert answer.body == body


@given(st.lists(st.integers(1, 3 * SMALL), max_size=12))
@example([10, SMALL, 10, SMALL - 1, 3 * SMALL, 1])
def test_a_large_body_is_whole_however_it_is_cut(sizes: list[int]) -> None:
    body = bytes(number % 251 for number in range(sum(sizes) + 1))
    starts = [0, *accumulate(sizes), len(body)]
    parts = [body[a:b] for a, b in pairwise(starts)]
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]

    sized = parsed(head(b"Content-Length: %d" % len(body)), *parts, max_bytes=10**6)
    chunked = parsed(head(b"Transfer-Encoding: chunked"), *chunks, b"0\r\n\r\n", max_bytes=10**6)

    assert sized.body == chunked.body == body


def test_single_bytes_take_no_more_memory_than_they_hold() -> None:
    pieces = Pieces()
    for _ in range(10 * SMALL):
        pieces.add(b"x")

    assert len(pieces._parts) <= 1
    assert pieces.whole() == b"x" * 10 * SMALL


def test_status_reason_and_headers_are_as_they_were_sent() -> None:
    sized, rough = parsed(SIZED), parsed(ROUGH)

    assert (sized.status, sized.reason, sized.body) == (200, "OK", b"<Invoice/>")
    assert sized.headers["content-type"] == sized.headers["Content-Type"] == "text/xml"
    assert rough.reason == "€"
    assert list(rough.headers.items())[:3] == [("X", ""), ("X", "a\tb"), ("x", "\udcff")]


@pytest.mark.parametrize("message", [EMPTY, UNCHANGED])
def test_an_answer_without_body_ends_with_its_head(message: bytes) -> None:
    assert parsed(message).body == b""


EMPTY_BODY = b"Content-Length: 0"
BROKEN = {
    "two lengths": head(b"Content-Length: 1", b"Content-Length: 2"),
    "the same length twice": head(b"Content-Length: 1", b"content-length: 1"),
    "a list of lengths": head(b"Content-Length: 1, 1"),
    "length and chunks": head(b"Content-Length: 1", b"Transfer-Encoding: chunked"),
    "chunks twice": head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "chunks in a list": head(b"Transfer-Encoding: chunked, chunked"),
    "another coding": head(b"Transfer-Encoding: gzip, chunked"),
    "no coding": head(b"Transfer-Encoding: identity"),
    "chunks by another name": head(b"Transfer-Encoding: xchunked"),
    "signed length": head(b"Content-Length: +1"),
    "negative length": head(b"Content-Length: -1"),
    "hexadecimal length": head(b"Content-Length: 0x1"),
    "length with underscore": head(b"Content-Length: 1_0"),
    "length in other digits": head("Content-Length: \u0661".encode()),
    "length without digits": head(b"Content-Length:"),
    "endless length": head(b"Content-Length: " + b"9" * 30),
    "204 with two lengths": head(
        b"Content-Length: 1", b"Content-Length: 2", status=b"HTTP/1.1 204 No Content"
    ),
    "folded header": head(b"X: a", b" b", EMPTY_BODY),
    "header folded with a tab": head(b"X: a", b"\tb", EMPTY_BODY),
    "space before the colon": head(b"X : a", EMPTY_BODY),
    "header without name": head(b": a", EMPTY_BODY),
    "header without colon": head(b"abc", EMPTY_BODY),
    "header name with a space": head(b"a b: c", EMPTY_BODY),
    "header with NUL": head(b"X: a\0b", EMPTY_BODY),
    "header with a bare CR": head(b"X: a\rb", EMPTY_BODY),
    "header with a bare LF": head(b"X: a\nY: b", EMPTY_BODY),
    "only bare LF": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "empty line first": b"\r\n" + SIZED,
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/2": head(status=b"HTTP/2 200 OK"),
    "HTTP/1.2": head(b"Content-Length: 0", status=b"HTTP/1.2 200 OK"),
    "lower-case protocol": head(b"Content-Length: 0", status=b"http/1.1 200 OK"),
    "status of two digits": head(b"Content-Length: 0", status=b"HTTP/1.1 20 OK"),
    "status of four digits": head(b"Content-Length: 0", status=b"HTTP/1.1 2000 OK"),
    "status that is none": head(b"Content-Length: 0", status=b"HTTP/1.1 abc OK"),
    "two spaces before the status": head(b"Content-Length: 0", status=b"HTTP/1.1  200 OK"),
    "an upgrade": head(b"Upgrade: websocket", status=b"HTTP/1.1 101 Switching Protocols"),
    "announced without end": head(status=b"HTTP/1.1 100 Continue") * 9 + SIZED,
    "too many headers": head(*[b"X: a"] * MOST_FIELDS, b"Content-Length: 0"),
    "too large a head": head(b"X: " + b"a" * LARGEST_HEAD, b"Content-Length: 0"),
    "more than its length": SIZED + b"x",
    "a second answer": SIZED + SIZED,
    "more after the last chunk": CHUNKED + b"x",
    "a body of a 204": EMPTY + b"x",
}
CHUNKS = {
    "no size": b"\r\n",
    "no number": b"xyz\r\n",
    "signed size": b"+1\r\na\r\n",
    "size with 0x": b"0x1\r\na\r\n",
    "size with a space before": b" 1\r\na\r\n",
    "endless size": b"1" * 13 + b"\r\n",
    "longer than it says": b"1\r\nab\r\n",
    "size ended by a bare LF": b"1\na\r\n0\r\n\r\n",
    "chunk ended by a bare LF": b"1\r\na\n0\r\n\r\n",
    "bare CR in the extension": b"1;a\rb\r\na\r\n",
    "endless extension": b"1;" + b"a" * LONGEST_LINE + b"\r\n",
    "extension without end": b"1;" + b"a" * (LONGEST_LINE + 1),
    "folded trailer": b"0\r\nX: a\r\n b\r\n\r\n",
    "trailer without colon": b"0\r\nabc\r\n\r\n",
    "trailers without end": b"0\r\n" + (b"X: " + b"a" * 1000 + b"\r\n") * 40,
}
BROKEN |= {name: head(b"Transfer-Encoding: chunked") + body for name, body in CHUNKS.items()}


@pytest.mark.parametrize("message", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("step", [1, 7, 10**6])
def test_what_breaks_the_rules_is_malformed_however_it_is_cut(message: bytes, step: int) -> None:
    parser = AnswerParser(1000)

    with pytest.raises(Malformed):
        feed_in_steps(parser, message, step)


@pytest.mark.parametrize(
    "message",
    [
        head(b"Content-Length: 0", b"Content-Encoding: gzip"),
        head(b"Content-Length: 0", b"Content-Encoding: identity", b"Content-Encoding: br"),
        head(b"Content-Length: 0", status=b"HTTP/1.0 200 OK"),
        head(b"Connection: close"),
    ],
    ids=["packed", "packed behind a header that is not", "HTTP/1.0", "ends with its connection"],
)
def test_what_is_right_and_not_plain_is_left_to_another_client(message: bytes) -> None:
    with pytest.raises(Unusual):
        AnswerParser(1000).feed(message)


@pytest.mark.parametrize("step", [1, 10**6])
@pytest.mark.parametrize(
    "message",
    [
        head(b"Content-Length: 11"),
        head(b"Transfer-Encoding: chunked") + b"B\r\n",
        head(b"Transfer-Encoding: chunked") + b"A\r\n0123456789\r\n1\r\n",
        head(b"Transfer-Encoding: chunked") + b"FFFFFFFFFF\r\n",
    ],
    ids=["length", "one chunk", "two chunks", "a terabyte"],
)
def test_a_body_above_its_cap_is_refused_before_it_comes(message: bytes, step: int) -> None:
    parser = AnswerParser(10)

    with pytest.raises(AnswerTooLarge, match="10"):
        feed_in_steps(parser, message, step)


@pytest.mark.parametrize(
    ("field", "keeps_alive"),
    [
        (b"X: close", True),
        (b"Connection: keep-alive", True),
        (b"Connection: close", False),
        (b"connection: Keep-Alive, CLOSE", False),
        (b"Connection: disclose", True),
    ],
)
def test_a_connection_is_kept_unless_the_server_closes_it(
    field: bytes, *, keeps_alive: bool
) -> None:
    parser = AnswerParser(10)

    assert parser.feed(head(b"Content-Length: 0", field))
    assert parser.keeps_alive is keeps_alive


@given(st.binary(max_size=200))
@example(SIZED[:20])
@example(CHUNKED[:-3])
def test_no_bytes_make_it_fail_in_another_way(garbage: bytes) -> None:
    for message in (garbage, b"HTTP/1.1 " + garbage, CHUNKED[:50] + garbage):
        try:
            AnswerParser(50).feed(message)
        except (Malformed, Unusual, AnswerTooLarge):
            continue
