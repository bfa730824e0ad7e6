"""One worker as its parent sees it: started, given documents, and ended in good time."""

import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from multiprocessing.spawn import get_executable
from typing import IO, Any, Self

import anyio
from anyio.abc import ByteReceiveStream, ByteSendStream, Process

from pipeline.domain.documents import CheckFailure, FailureCause
from pipeline.domain.errors import ConfigurationError, TransientError
from pipeline.validation.examining import LooksInto, Outcome
from pipeline.validation.processes.limits import WorkerLimits
from pipeline.validation.processes.wire import (
    Answer,
    Answers,
    Ready,
    Refused,
    Reported,
    Request,
    Unusable,
    chunks_of,
    outcome_of,
)

Source = Callable[[], LooksInto]

_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:];"
    " from pipeline.validation.processes.worker import main; main()"
)
_START_S = 120.0
"""Rules that were never compiled take a second; a busy machine takes its time."""
_GRACE_S = 2.0
"""A worker ends itself at its limit, and can tell where it was then; this is for one that fails."""
_CLOSE_S = 3.0
_LAST_WORDS = 4096
_GONE = (anyio.EndOfStream, anyio.BrokenResourceError, ValueError)


class WorkerProcess:
    """A process of the module `worker`; used by one task at a time.

    ``is_fit`` says whether it may be given another batch; one that is not is to be ended.
    """

    def __init__(self, process: Process, errors: IO[bytes], limits: WorkerLimits) -> None:
        if process.stdin is None or process.stdout is None:
            raise TypeError("a worker is spoken with through pipes")
        self._process = process
        self._requests: ByteSendStream = process.stdin
        self._stream: ByteReceiveStream = process.stdout
        self._answers = Answers()
        self._errors = errors
        self._limits = limits
        self._is_late = False
        self._is_busy = False
        self.is_fit = False

    @classmethod
    async def start(cls, source: Source, limits: WorkerLimits) -> Self:
        """Start a process, and wait until it has loaded what ``source`` makes.

        Raises:
            ConfigurationError: ``source`` raised it.
            TransientError: the process did not come to that.
        """
        worker = cls(*await _opened(), limits)
        answer = await worker._first_answer(pickle.dumps((source, limits)))
        if isinstance(answer, Ready):
            worker.is_fit = True
            return worker
        failure = await worker.end()
        if isinstance(answer, Unusable):
            raise ConfigurationError(answer.message)
        raise TransientError(f"A process that checks documents did not start. {failure.details}")

    async def examine(
        self, requests: Sequence[Request], outcomes: list[Outcome], *, one_by_one: bool = False
    ) -> None:
        """Append the outcome of each request, in order; of fewer when the worker is lost.

        Then the first that has none is at fault if they were done ``one_by_one``: otherwise the
        answers to some before that one may be lost as well.
        """
        self.is_fit, self._is_busy = False, True
        asked = len(outcomes) + len(requests)
        async with anyio.create_task_group() as sending:
            sending.start_soon(self._send, requests, one_by_one)
            while len(outcomes) < asked:
                answer = await self._answer(self._limits.seconds + _GRACE_S)
                if not isinstance(answer, Reported | Refused):
                    sending.cancel_scope.cancel()
                    break
                outcomes.append(outcome_of(answer))
                self.is_fit = len(outcomes) == asked and not answer.is_spent
        self._is_busy = False

    async def end(self) -> CheckFailure:
        """End the process, kindly if it listens, and say what became of it; not cancelled."""
        with anyio.CancelScope(shield=True):
            await self._stop()
            await self._process.wait()
            await self._process.aclose()
        return self._how_it_ended(self._process.returncode or 0)

    async def _first_answer(self, greeting: bytes) -> Answer | None:
        try:
            await self._requests.send(greeting)
        except _GONE:
            return None
        except BaseException:
            await self.end()
            raise
        return await self._answer(_START_S)

    async def _send(self, requests: Sequence[Request], one_by_one: bool) -> None:  # noqa: FBT001 - a task
        try:
            for chunk in chunks_of(requests, one_by_one=one_by_one):
                await self._requests.send(chunk)
        except (*_GONE, anyio.ClosedResourceError):
            return  # the missing answer tells

    async def _answer(self, seconds: float) -> Answer | None:
        """The next answer, None when the worker gives none, or not in time."""
        try:
            answer = self._answers.take()
            if answer is None:
                with anyio.move_on_after(seconds) as waiting:
                    answer = await self._next_to_come()
                self._is_late = waiting.cancelled_caught
        except _GONE:
            return None
        return answer

    async def _next_to_come(self) -> Answer:
        while True:
            self._answers.feed(await self._stream.receive())
            answer = self._answers.take()
            if answer is not None:
                return answer

    async def _stop(self) -> None:
        await self._requests.aclose()
        if not self._is_late and not self._is_busy:
            with anyio.move_on_after(_CLOSE_S):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()

    def _how_it_ended(self, code: int) -> CheckFailure:
        is_late = self._is_late or (sys.platform != "win32" and code == -signal.SIGALRM)
        cause = FailureCause.TIMEOUT if is_late else FailureCause.CRASH
        with self._errors as errors:
            errors.seek(max(errors.seek(0, 2) - _LAST_WORDS, 0))
            words: Any = errors.read().decode(errors="replace")
        return CheckFailure(cause, f"{words}The process {_ending(code)}.")


async def _opened() -> tuple[Process, IO[bytes]]:
    """A process out of reach of Ctrl-C, and what it writes to standard error.

    That is a file and no pipe, because nobody reads along; it is gone with the worker.
    """
    try:
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the process has ended
        process = await anyio.open_process(
            [get_executable(), "-c", _PROGRAM, *sys.path],
            stderr=errors,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except OSError as error:
        raise TransientError(f"No process can be started to check documents: {error}.") from error
    return process, errors


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
