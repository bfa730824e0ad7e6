"""A worker's line to its supervisor: its standard input and output, each with a thread."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import NoReturn

import anyio

from pipeline.app.workers.messages import (
    FromWorker,
    Pushed,
    Recovered,
    Refused,
    Stop,
    ToWorker,
    Wanted,
    decoded,
    encoded,
)
from pipeline.domain.errors import TransientError
from pipeline.ports.hub import Hint

SUPERVISOR_GONE = 75
"""Exit code of a worker without a supervisor: nobody would restart it, or keep others away."""

_ADMITTED_WITHIN_S = 2.0
_MOST_WAITING = 1000
_BLOCK = 65_536


class Channel:
    """Tells the supervisor, and hears it; used on the event loop.

    When the supervisor ends, however it does, so does this process, at once: what was under way is
    recovered by whoever starts next, who need not wait for it.
    """

    def __init__(self, *, source: int, target: int) -> None:
        self.on_pushed: Callable[[str, Hint], None] = _nobody
        self._loop = asyncio.get_running_loop()
        self._recovered: defaultdict[str, anyio.Event] = defaultdict(anyio.Event)
        self._refused: dict[str, str] = {}
        self._stop = anyio.Event()
        self._source, self._target = source, target
        self._waiting: SimpleQueue[bytes] = SimpleQueue()

    def tell(self, message: FromWorker) -> None:
        """Send a message; dropped when the supervisor has not taken many before."""
        if self._waiting.qsize() < _MOST_WAITING:
            self._waiting.put(encoded(message))

    async def admit(self, root: str) -> None:
        """Return once the supervisor has recovered a root; raises `TransientError` until then."""
        recovered = self._recovered[root]
        if not recovered.is_set():
            self.tell(Wanted(root))
            with anyio.move_on_after(_ADMITTED_WITHIN_S):
                await recovered.wait()
        if not recovered.is_set():
            default = f"What the last run left below {root} is being recovered."
            raise TransientError(self._refused.get(root, default))

    async def stop_requested(self) -> None:
        """Return when the supervisor asks this worker to end."""
        await self._stop.wait()

    def take(self, message: ToWorker) -> None:
        """A message came in."""
        match message:
            case Recovered(root):
                self._recovered[root].set()
            case Refused(root, problem):
                self._refused[root] = problem
            case Pushed(hub, dossier):
                self.on_pushed(hub, Hint(dossier))
            case Stop():
                self._stop.set()

    def start(self) -> None:
        """Start the threads, which end with the process."""
        Thread(target=self._listen, name="supervisor-in", daemon=True).start()
        Thread(target=self._speak, name="supervisor-out", daemon=True).start()

    def _listen(self) -> NoReturn:
        with suppress(OSError, ValueError, RuntimeError):  # broken, or the loop has ended
            rest = b""
            while data := os.read(self._source, _BLOCK):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    message: ToWorker = decoded(line, ToWorker)  # type: ignore[arg-type] # a union
                    self._loop.call_soon_threadsafe(self.take, message)
        os._exit(SUPERVISOR_GONE)

    def _speak(self) -> None:
        with suppress(OSError):
            while True:
                line = self._waiting.get()
                while line:
                    line = line[os.write(self._target, line) :]


def channel_to_supervisor() -> Channel:
    """The channel of this process; what else it prints goes to standard error from now on."""
    channel = Channel(source=os.dup(0), target=os.dup(1))
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    channel.start()
    return channel


def _nobody(_hub: str, _hint: Hint) -> None:
    """Nobody listens for what hubs push."""
