"""The least that gets answers out of a hub: sixteen connections, a request after each answer.

It believes every length and knows no other form of answer, so that nothing faster does the same.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import cast
from urllib.parse import urlsplit

CONNECTIONS = 16
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END_OF_HEAD = b"\r\n\r\n"


def get(url: str, target: str) -> bytes:
    """A request, ready to be sent."""
    return _request("GET", url, target)


def post(url: str, target: str, body: bytes) -> bytes:
    """A request with a message."""
    more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return _request("POST", url, target, more) + body


def _request(method: str, url: str, target: str, more: str = "") -> bytes:
    host = urlsplit(url).netloc
    return (
        f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer token\r\n{more}\r\n"
    ).encode()


async def ask_all(url: str, requests: Sequence[bytes]) -> list[bytes]:
    """The bodies of all answers, in the order of the requests."""
    host, _, port = urlsplit(url).netloc.partition(":")
    loop = asyncio.get_running_loop()
    answers: list[bytes] = [b""] * len(requests)
    waiting = iter(enumerate(requests))
    lines = [_Connection(waiting, answers.__setitem__) for _ in range(CONNECTIONS)]
    for line in lines:
        await loop.create_connection(partial(_as_it_is, line), host, int(port))
    for line in lines:
        await line.done
    return answers


def _as_it_is(line: "_Connection") -> "_Connection":
    return line


class _Connection(asyncio.Protocol):
    def __init__(
        self, waiting: Iterator[tuple[int, bytes]], answer: Callable[[int, bytes], None]
    ) -> None:
        self._waiting, self._answer = waiting, answer
        self._rest = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        try:
            self._number, request = next(self._waiting)
        except StopIteration:
            self._transport.close()
            self.done.set_result(None)
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._rest += data
        end = self._rest.find(_END_OF_HEAD)
        if end < 0:
            return
        length = _LENGTH.search(self._rest, 0, end + 2)
        stop = end + len(_END_OF_HEAD) + (int(length[1]) if length else 0)
        if len(self._rest) >= stop:
            body, self._rest = self._rest[end + len(_END_OF_HEAD) : stop], self._rest[stop:]
            self._answer(self._number, body)
            self._ask()
