"""Server programs of others on the loopback interface: found, started on a free port, stopped."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeAlias

Process: TypeAlias = "subprocess.Popen[bytes]"

_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin"
_PATIENCE_S, _PAUSE_S, _ATTEMPTS = 5.0, 0.02, 3


def find_program(name: str) -> str | None:
    """Where a program is, also in folders for administrators; None when it is not installed."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_PLACES}")  # noqa: TID251


def require_program(name: str, package: str) -> str:
    """The same, with the Debian package to install in the error."""
    program = find_program(name)
    if program is None:
        raise FileNotFoundError(f"{name} is not installed (package {package})")
    return program


@contextmanager
def running(start: Callable[[int], list[str]], log: Path) -> Iterator[int]:
    """Run a server that greets its clients; yields its port.

    ``start`` writes the configuration for a port and returns the command, which stays in the
    foreground. What the server says goes to ``log``.
    """
    process, port = _started(start, log)
    try:
        yield port
    finally:
        _stop(process)


def _started(start: Callable[[int], list[str]], log: Path) -> tuple[Process, int]:
    """The process and its port; a port that somebody else takes meanwhile costs an attempt."""
    for _ in range(_ATTEMPTS):
        port = _free_port()
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603
                start(port), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        if _greets(process, port):
            return process, port
        _stop(process)
    raise RuntimeError(f"A server does not start: {log.read_text(errors='replace')}")


def _greets(process: Process, port: int) -> bool:
    end = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        try:
            with closing(socket.create_connection(("127.0.0.1", port), timeout=1)) as probe:
                return bool(probe.recv(100))
        except (ConnectionError, TimeoutError):
            time.sleep(_PAUSE_S)
    return False


def _stop(process: Process) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
