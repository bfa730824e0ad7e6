"""Processes of a crash run, forked from one that has imported everything: a start costs little."""

import ctypes
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tests.crash.system_calls import let_watch, watch

_SET_PARENT_DEATH_SIGNAL = 1
_LIBC = ctypes.CDLL(None)

_LONGEST_S = 30.0
FAILED = 70
"""Exit code of a process that raised; its log has the traceback."""


@dataclass(slots=True)
class Child:
    """A process that was forked; ``channel`` leads to it, ``log`` has what it prints."""

    pid: int
    channel: socket.socket
    log: Path
    status: int | None = None

    def kill(self) -> None:
        """Send SIGKILL."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Exit code, or the negative number of the signal that ended it."""
        if self.status is None:
            _, status = os.waitpid(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)
            self.channel.close()
        return self.status

    def hear(self) -> bytes:
        """The next it tells; nothing when it ends without a word."""
        self.channel.settimeout(_LONGEST_S)
        return self.channel.recv(1 << 20)

    def told(self) -> Any:
        """What it told at its end, as JSON.

        Raises:
            RuntimeError: it failed.
        """
        text = self.hear()
        self.must_be_well()
        return json.loads(text)

    def freeze(self) -> None:
        """Stop all its threads where they are; a call that cannot be interrupted is finished."""
        os.kill(self.pid, signal.SIGSTOP)
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            raise RuntimeError("a process ended that was to be stopped")

    def must_be_well(self) -> None:
        """Wait for its end.

        Raises:
            RuntimeError: it failed, or was killed; with the end of its log.
        """
        if self.wait() != 0:
            raise RuntimeError(
                f"a process ended with {self.status}: {self.log.read_text()[-4000:]}"
            )

    def end(self) -> None:
        """Kill it and wait."""
        self.kill()
        self.wait()


def fork(main: Callable[[socket.socket], None], log: Path, *, is_watched: bool = False) -> Child:
    """Run ``main`` in a process of its own; what it prints goes to the end of ``log``.

    The process ends at once when ``main`` returns: nothing of this one is flushed or closed twice.
    """
    here, there = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        here.close()
        _become(main, there, log, is_watched=is_watched)
    there.close()
    return Child(pid, here, log)


def end_with_parent(number: int) -> None:
    """Let this process get a signal when its parent ends, so that nothing stays behind."""
    _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, number, 0, 0, 0)


def _become(
    main: Callable[[socket.socket], None], channel: socket.socket, log: Path, *, is_watched: bool
) -> NoReturn:
    code = FAILED
    try:
        end_with_parent(signal.SIGKILL)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        if is_watched:
            let_watch(channel)
        main(channel)
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, it must not unwind into the parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def watch_child(child: Child, on_call: Callable[[str], bool]) -> int:
    """Watch a child's calls until it ends; returns its exit code."""
    try:
        watch(child.channel, on_call, timeout_s=_LONGEST_S)
    finally:
        if sys.exc_info()[0] is not None:
            child.kill()
    return child.wait()


def wait_for(condition: Callable[[], bool], what: str, *, timeout_s: float = 20.0) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: it did not, in time.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited too long for {what}")
        time.sleep(0.01)
