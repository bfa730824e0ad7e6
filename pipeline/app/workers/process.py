"""A worker as its supervisor sees it: a process, what it told, and what it is to be told."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import assert_never

import anyio
from anyio.abc import ByteReceiveStream, Process
from anyio.streams.buffered import BufferedByteReceiveStream

from pipeline.app.workers.messages import (
    LONGEST_LINE,
    Beat,
    FromWorker,
    Pushed,
    Ready,
    ToWorker,
    Wanted,
    decoded,
    encoded,
)
from pipeline.domain.shards import Shard
from pipeline.ports.clock import Clock

FRESH_S = 20.0
"""A worker that did not tell how it is for so long does not live."""
START_S = 300.0
"""Longest that a worker may take to recover what was left."""
_MOST_WAITING = 1000
_OF_THE_SUPERVISOR = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")

Hear = Callable[["WorkerProcess", Ready | Pushed | Wanted], None]


class WorkerProcess:
    """One life of a worker; `run` it once."""

    def __init__(self, shard: Shard, clock: Clock, hear: Hear) -> None:
        self.shard = shard
        self.is_ready = False
        self.beat: Beat | None = None
        self._clock = clock
        self._hear = hear
        self._heard_at = self._began = clock.monotonic()
        self._outbox, self._to_send = anyio.create_memory_object_stream[ToWorker](_MOST_WAITING)
        self._process: Process | None = None

    @property
    def seconds(self) -> float:
        """How long it has lived."""
        return self._clock.monotonic() - self._began

    @property
    def is_well(self) -> bool:
        """Whether it works, or still has time to begin."""
        if not self.is_ready:
            return self.seconds < START_S
        is_fresh = self._clock.monotonic() - self._heard_at < FRESH_S
        return is_fresh and (self.beat is None or self.beat.moves)

    @property
    def problems(self) -> list[str]:
        """Why it cannot work now."""
        if not self.is_ready:
            return [f"Worker {self.shard.number} is recovering what was left."]
        return self.beat.problems if self.beat else []

    def tell(self, message: ToWorker) -> None:
        """Send a message; one that takes none any more asks again, or is ended."""
        try:
            self._outbox.send_nowait(message)
        except (anyio.WouldBlock, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return

    async def run(self, environ: Mapping[str, str]) -> int:
        """Run the process to its end; returns its exit code, negative for a signal."""
        command = [sys.executable, "-m", "pipeline", "worker"]
        self._process = process = await anyio.open_process(
            [*command, str(self.shard.number), str(self.shard.count)],
            env={name: text for name, text in environ.items() if name not in _OF_THE_SUPERVISOR},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None,
        )
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._send, process)
                if process.stdout is not None:
                    await self._receive(process.stdout)
                code = await process.wait()
                tasks.cancel_scope.cancel()
        finally:
            self.kill()
            with anyio.CancelScope(shield=True):
                await process.aclose()
            self._outbox.close()
            self._to_send.close()
        return code

    def kill(self) -> None:
        """End it at once, if it still runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _send(self, process: Process) -> None:
        try:
            async for message in self._to_send:
                if process.stdin is not None:
                    await process.stdin.send(encoded(message))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return  # it has ended

    async def _receive(self, stream: ByteReceiveStream) -> None:
        """Hear it until it closes its output, which is when it ends."""
        lines = BufferedByteReceiveStream(stream)
        try:
            while True:
                line = await lines.receive_until(b"\n", LONGEST_LINE)
                self._take(decoded(line, FromWorker))  # type: ignore[arg-type] # a union
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError):
            return

    def _take(self, message: FromWorker) -> None:
        self._heard_at = self._clock.monotonic()
        match message:
            case Beat():
                self.beat = message
            case Ready():
                self.is_ready = True
                self._hear(self, message)
            case Pushed() | Wanted():
                self._hear(self, message)
            case _:
                assert_never(message)
