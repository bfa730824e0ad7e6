"""The pool: batches of documents, each lent to a process that may break without harm."""

from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Self

import anyio

from pipeline.domain.documents import CheckFailure, Document, FailureCause
from pipeline.validation.examining import Outcome, WantsAttachments, no_attachments
from pipeline.validation.failures import failed_report
from pipeline.validation.processes.limits import WorkerLimits
from pipeline.validation.processes.wire import Request
from pipeline.validation.processes.worker_process import Source, WorkerProcess


class WorkerPool:
    """Implements `pipeline.ports.profile.DocumentValidator` in at most ``size`` processes.

    A worker has one batch at a time, and of it one document beside those in the pipe, so that
    memory is bounded by the batches of the caller. A worker that takes too long, dies or grows
    is replaced; the documents after the one that it was at go on in the next.

    ``source`` is pickled, and makes in each process what documents are looked into with. When it
    ``is_proven``, the first worker is started for the first document.
    """

    def __init__(
        self,
        source: Source,
        *,
        size: int = 1,
        limits: WorkerLimits | None = None,
        wants_attachments: WantsAttachments = no_attachments,
        is_proven: bool = False,
    ) -> None:
        self._source = source
        self._is_proven = is_proven
        self._slots = anyio.Semaphore(size)
        self._limits = limits or WorkerLimits()
        self._wants_attachments = wants_attachments
        self._idle: deque[_Idle] = deque()
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start the first worker, to see that it works, unless that is proven.

        Raises:
            ConfigurationError: ``source`` cannot make what it should.
            TransientError: no process can be started.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._end_all)
            if not self._is_proven:
                self._lay_by(await self._start())
            beside = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(beside.cancel_scope.cancel)
            beside.start_soon(self._end_idle)
            self._open = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End every worker; nobody is served any more."""
        await self._open.aclose()

    async def validate(self, documents: Sequence[Document]) -> Sequence[Outcome]:
        """One report or rejection for each document, in order."""
        requests = [
            Request.of(each, wants_attachments=self._wants_attachments(each)) for each in documents
        ]
        outcomes: list[Outcome] = []
        suspect: int | None = None
        async with self._slots:
            while len(outcomes) < len(requests):
                is_careful = suspect is not None or len(requests) == 1
                left = requests[len(outcomes) :]
                failure = await self._lend(left, outcomes, one_by_one=is_careful)
                if failure is None:
                    continue
                # A worker may die of something else, so that a document is suspected once.
                place = len(outcomes)
                is_late = failure.cause is FailureCause.TIMEOUT and is_careful
                if place == suspect or is_late:
                    outcomes.append(failed_report(failure))
                suspect = place
        return outcomes

    async def _lend(
        self, requests: Sequence[Request], outcomes: list[Outcome], *, one_by_one: bool
    ) -> CheckFailure | None:
        """Let a worker append outcomes; why there are fewer than requests, if there are."""
        asked = len(outcomes) + len(requests)
        worker = self._idle.pop().worker if self._idle else await self._start()
        try:
            await worker.examine(requests, outcomes, one_by_one=one_by_one)
        finally:
            failure = None
            if worker.is_fit:
                self._lay_by(worker)
            else:
                failure = await worker.end()
        return failure if len(outcomes) < asked else None

    async def _start(self) -> WorkerProcess:
        return await WorkerProcess.start(self._source, self._limits)

    def _lay_by(self, worker: WorkerProcess) -> None:
        self._idle.append(_Idle(worker, since=anyio.current_time()))

    async def _end_idle(self) -> None:
        """End those that had nothing to do for long; those used last stay, and are used first."""
        while True:
            await anyio.sleep(self._limits.idle_seconds)
            until = anyio.current_time() - self._limits.idle_seconds
            while self._idle and self._idle[0].since <= until:
                await self._idle.popleft().worker.end()

    async def _end_all(self) -> None:
        async with anyio.create_task_group() as ending:
            while self._idle:
                ending.start_soon(self._idle.pop().worker.end)


@dataclass(frozen=True, slots=True)
class _Idle:
    """A worker that has nothing to do ``since`` that time of the event loop."""

    worker: WorkerProcess
    since: float
