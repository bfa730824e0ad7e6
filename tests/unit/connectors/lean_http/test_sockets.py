"""A name has several addresses: the first that answers is taken, none is waited for too long."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import anyio
import anyio.lowlevel
import pytest

from pipeline.connectors.addresses import AddressInfo
from pipeline.connectors.lean_http import sockets
from pipeline.connectors.lean_http.sockets import Names, _alternating, _Race, connected_socket


class Factory:
    """Makes sockets, and keeps them to see what becomes of them."""

    def __init__(self) -> None:
        self.made: list[socket.socket] = []

    def __call__(self, info: AddressInfo) -> socket.socket:
        sock = socket.socket(family=info[0], type=info[1], proto=info[2])
        self.made.append(sock)
        return sock

    @property
    def open(self) -> list[socket.socket]:
        return [sock for sock in self.made if sock.fileno() >= 0]


@pytest.fixture
def factory() -> Iterator[Factory]:
    factory = Factory()
    yield factory
    for sock in factory.made:
        sock.close()


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def address(port: int) -> AddressInfo:
    return (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))


def answering(opened: ExitStack) -> AddressInfo:
    server = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
    return address(server.getsockname()[1])


def refusing() -> AddressInfo:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return address(server.getsockname()[1])


def silent(opened: ExitStack) -> AddressInfo:
    """An address whose queue is full, so that a connection hangs."""
    server = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
    for _ in range(2):
        filler = opened.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(server.getsockname())
    return address(server.getsockname()[1])


async def test_the_next_address_is_tried_at_once_when_one_refuses(
    factory: Factory, opened: ExitStack
) -> None:
    infos = [refusing(), answering(opened)]

    connected = await _Race(factory).run(infos)

    assert connected.getpeername() == infos[1][4]
    assert factory.open == [connected]


async def test_an_address_that_hangs_does_not_hold_up_the_next(
    factory: Factory, opened: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "HEAD_START_S", 0.02)
    infos = [silent(opened), answering(opened)]

    with anyio.fail_after(5):
        connected = await _Race(factory).run(infos)

    assert connected.getpeername() == infos[1][4]
    assert factory.open == [connected]


async def test_when_none_answers_the_first_reason_is_told(factory: Factory) -> None:
    def picky(info: AddressInfo) -> socket.socket:
        if len(factory.made) == 1:
            raise OSError("second")
        return factory(info)

    with pytest.raises(ConnectionRefusedError):
        await _Race(picky).run([refusing(), refusing()])

    assert factory.open == []


async def test_giving_up_leaves_no_socket_open(factory: Factory, opened: ExitStack) -> None:
    with anyio.move_on_after(0.05) as scope:
        await _Race(factory).run([silent(opened), silent(opened)])

    assert scope.cancelled_caught
    assert factory.made
    assert factory.open == []


async def test_a_single_address_is_simply_connected(factory: Factory, opened: ExitStack) -> None:
    info = answering(opened)

    connected = await connected_socket([info], factory)

    assert connected.getpeername() == info[4]


async def test_connections_that_are_opened_together_ask_for_the_name_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []

    async def look_up(_loop: object, host: str, port: int, **_hints: object) -> list[AddressInfo]:
        asked.append((host, port))
        await anyio.lowlevel.checkpoint()
        return [address(port)]

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", look_up)
    names = Names()

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(names.addresses, "hub.example", 443)
    assert asked == [("hub.example", 443)]

    assert await names.addresses("hub.example", 444) == [address(444)]
    monkeypatch.setattr(sockets, "BELIEVED_S", 0.0)
    await names.addresses("other.example", 443)
    await names.addresses("other.example", 443)
    assert len(asked) == 4


def test_the_families_take_turns_beginning_with_the_preferred_one() -> None:
    six, four = socket.AF_INET6, socket.AF_INET
    infos: list[AddressInfo] = [
        (family, 0, 0, "", (name, 1))
        for family, name in [(six, "a"), (six, "b"), (six, "c"), (four, "d")]
    ]

    assert [info[4][0] for info in _alternating(infos)] == ["a", "d", "b", "c"]
