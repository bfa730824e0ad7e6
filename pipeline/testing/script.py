"""Scripted failures of a twin: what fails next, how often, and before or after it happened."""

import enum
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pipeline.domain.errors import PipelineError


class Operation(enum.StrEnum):
    """Operation of a hub that can be made to fail, and is counted."""

    TENANTS = "tenants"
    CHANGES = "changes"
    LIST = "list"
    FETCH = "fetch"
    ACK = "ack"
    REPORT_ERROR = "report_error"
    REDELIVER = "redeliver"
    HEARTBEAT = "heartbeat"
    HEALTH = "health"


Interference = Callable[[Operation, str], Awaitable[None]]
"""Called before every operation with its first subject (dossier id, document id or ""); may sleep
on a clock, or raise what the hub would raise."""


async def no_interference(_operation: Operation, _subject: str) -> None:
    """Let everything pass."""


@dataclass(slots=True)
class _Failure:
    error: PipelineError
    times: int
    subject: str | None
    is_after: bool


class Script:
    """Failures to come and calls so far; without any failure it only counts."""

    def __init__(self, interfere: Interference = no_interference) -> None:
        self._interfere = interfere
        self._failures: dict[Operation, list[_Failure]] = {}
        self.calls: Counter[Operation] = Counter()

    def fail(
        self,
        operation: Operation,
        error: PipelineError,
        *,
        times: int = 1,
        subject: str | None = None,
        is_after: bool = False,
    ) -> None:
        """Make the next ``times`` calls of an operation raise ``error``.

        ``subject`` limits this to one dossier id (list, redeliver) or document id (fetch, ack,
        report_error); ``is_after`` lets the operation happen and loses its answer.
        """
        failure = _Failure(error, times, subject, is_after)
        self._failures.setdefault(operation, []).append(failure)

    async def begin(self, operation: Operation, *subjects: str) -> None:
        """Count a call, then fail or pass."""
        self.calls[operation] += 1
        await self._interfere(operation, subjects[0] if subjects else "")
        self._raise(operation, subjects, is_after=False)

    def finish(self, operation: Operation, *subjects: str) -> None:
        """Lose the answer, or not."""
        self._raise(operation, subjects, is_after=True)

    def _raise(self, operation: Operation, subjects: Sequence[str], *, is_after: bool) -> None:
        for failure in self._failures.get(operation, ()):
            concerns = failure.subject is None or failure.subject in subjects
            if failure.times > 0 and concerns and failure.is_after is is_after:
                failure.times -= 1
                raise failure.error
