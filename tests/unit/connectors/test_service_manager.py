"""Talking to the service manager over its real kind of socket."""

import os
import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import anyio
import pytest

from pipeline.connectors.service_manager import ServiceManager


class SteppedClock:
    """A clock whose sleeps take no time; the loop of a watchdog ends after a number of them."""

    def __init__(self, sleeps: int) -> None:
        self.slept: list[float] = []
        self._sleeps = sleeps

    def monotonic(self) -> float:
        return sum(self.slept)

    def now(self) -> datetime:
        raise AssertionError("no decision uses wall time")

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == self._sleeps:
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a service manager sets, in the environment of this process too."""
    given = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
    monkeypatch.setenv("NOTIFY_SOCKET", given["NOTIFY_SOCKET"])
    return given


@pytest.fixture
def manager_socket(environ: dict[str, str]) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(environ["NOTIFY_SOCKET"])
        listening.setblocking(False)
        yield listening


def heard(listening: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(listening.recv(4096).decode())
        except BlockingIOError:
            return messages


async def fed(manager: ServiceManager, clock: SteppedClock, answers: list[bool]) -> None:
    """Run the watchdog until its clock stands still."""
    async with anyio.create_task_group() as group:
        group.start_soon(manager.feed_watchdog, clock, iter(answers).__next__)
        with anyio.move_on_after(5):
            while len(clock.slept) < len(answers):
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()


def test_start_and_stop_are_told(manager_socket: socket.socket, environ: dict[str, str]) -> None:
    manager = ServiceManager(environ)

    manager.ready()
    manager.status("382 forwarded,\n3 errors")
    manager.stopping()
    manager.close()

    assert heard(manager_socket) == ["READY=1", "STATUS=382 forwarded, 3 errors", "STOPPING=1"]


async def test_the_watchdog_is_fed_only_on_progress(
    manager_socket: socket.socket, environ: dict[str, str]
) -> None:
    environ |= {"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}
    manager, clock = ServiceManager(environ), SteppedClock(4)

    await fed(manager, clock, [True, False, False, True])
    manager.close()

    assert heard(manager_socket) == ["WATCHDOG=1", "WATCHDOG=1"]
    assert clock.slept == [20.0] * 4


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"},
    ],
    ids=["not asked", "off", "nonsense", "of another process"],
)
async def test_without_a_watchdog_nothing_is_fed(given: dict[str, str]) -> None:
    with anyio.fail_after(5):
        await ServiceManager(given).feed_watchdog(SteppedClock(1), lambda: True)


def test_without_a_service_manager_nothing_happens() -> None:
    manager = ServiceManager({})

    manager.ready()
    manager.status("fine")
    manager.close()
    manager.close()
    manager.stopping()


def test_a_service_manager_that_does_not_read_stalls_nobody(
    manager_socket: socket.socket, environ: dict[str, str]
) -> None:
    manager = ServiceManager(environ)

    for number in range(5_000):
        manager.status(f"line {number}")
    manager.close()

    assert heard(manager_socket)


def test_a_service_manager_that_is_gone_ends_nothing(
    manager_socket: socket.socket, environ: dict[str, str]
) -> None:
    manager = ServiceManager(environ)
    manager_socket.close()

    manager.ready()
    manager.close()
