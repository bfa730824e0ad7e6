"""The pool: batches of documents, each lent to a process that may break without harm."""

from collections.abc import Sequence
from typing import Self

import anyio

from pipeline.domain.documents import CheckFailure, Document, FailureCause
from pipeline.validation.failures import failed_report
from pipeline.validation.processes.limits import WorkerLimits
from pipeline.validation.processes.wire import Request
from pipeline.validation.processes.worker_process import Outcome, Source, WorkerProcess
from pipeline.validation.validator import WantsAttachments, no_attachments


class WorkerPool:
    """Implements `pipeline.ports.profile.DocumentValidator` in at most ``size`` processes.

    A worker has one batch at a time, and of it one document beside those in the pipe, so that
    memory is bounded by the batches of the caller. A worker that takes too long, dies or grows
    is replaced; the documents after the one that it was at go on in the next.

    ``source`` is pickled, and makes in each process what documents are looked into with.
    """

    def __init__(
        self,
        source: Source,
        *,
        size: int = 1,
        limits: WorkerLimits | None = None,
        wants_attachments: WantsAttachments = no_attachments,
    ) -> None:
        self._source = source
        self._slots = anyio.Semaphore(size)
        self._limits = limits or WorkerLimits()
        self._wants_attachments = wants_attachments
        self._idle: list[WorkerProcess] = []

    async def __aenter__(self) -> Self:
        """Start the first worker, to see that it works.

        Raises:
            ConfigurationError: ``source`` cannot make what it should.
            TransientError: no process can be started.
        """
        self._idle.append(await WorkerProcess.start(self._source, self._limits))
        return self

    async def __aexit__(self, *_: object) -> None:
        """End every worker; nobody is served any more."""
        async with anyio.create_task_group() as ending:
            while self._idle:
                ending.start_soon(self._idle.pop().end)

    async def validate(self, documents: Sequence[Document]) -> Sequence[Outcome]:
        """One report or rejection for each document, in order."""
        requests = [
            Request.of(each, wants_attachments=self._wants_attachments(each)) for each in documents
        ]
        outcomes: list[Outcome] = []
        suspect: int | None = None
        async with self._slots:
            while len(outcomes) < len(requests):
                failure = await self._lend(requests[len(outcomes) :], outcomes)
                if failure is None:
                    continue
                # A worker may die of something else, so that a document is suspected once.
                place = len(outcomes)
                if place == suspect or failure.cause is FailureCause.TIMEOUT:
                    outcomes.append(failed_report(failure))
                suspect = place
        return outcomes

    async def _lend(
        self, requests: Sequence[Request], outcomes: list[Outcome]
    ) -> CheckFailure | None:
        """Let a worker append outcomes; why there are fewer than requests, if there are."""
        asked = len(outcomes) + len(requests)
        worker = self._idle.pop() if self._idle else await self._start()
        try:
            await worker.examine(requests, outcomes)
        finally:
            failure = None
            if worker.is_fit:
                self._idle.append(worker)
            else:
                failure = await worker.end()
        return failure if len(outcomes) < asked else None

    async def _start(self) -> WorkerProcess:
        return await WorkerProcess.start(self._source, self._limits)
