"""The process that looks into documents: one request after the other, until there are no more.

It ends by itself when its parent does, however that ended: then its standard input is closed. What
a library prints goes to standard error and cannot pose as an answer.
"""

import os
import pickle
import sys
import time
from contextlib import ExitStack, suppress
from typing import BinaryIO

from pipeline.domain.documents import CheckFailure, FailureCause, ValidationReport
from pipeline.domain.errors import ConfigurationError, DocumentRejected
from pipeline.validation.failures import failed_report, failure_of
from pipeline.validation.processes.limits import Watch, WorkerLimits, ignore_stop_signals
from pipeline.validation.processes.wire import (
    Ready,
    Unusable,
    answer_of,
    read_request,
    write_answer,
)
from pipeline.validation.validator import Examiner

_HELD_S = 0.005
"""Answers that are held back for so long travel together, and wake the parent once."""


def main() -> None:
    """Serve standard input; the first thing that is read there says with what."""
    ignore_stop_signals()
    with ExitStack() as stack, suppress(BrokenPipeError):
        answers = stack.enter_context(os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        requests = sys.stdin.buffer
        source, limits = pickle.load(requests)  # noqa: S301 - from the parent
        try:
            examiner = source()
        except ConfigurationError as error:
            write_answer(answers, Unusable(str(error)))
            return  # and send it on the way out
        _serve(requests, answers, examiner, limits)


def _serve(requests: BinaryIO, answers: BinaryIO, examiner: Examiner, limits: WorkerLimits) -> None:
    watch = Watch(limits)
    write_answer(answers, Ready())
    answers.flush()
    flushed = time.monotonic()
    while (request := read_request(requests)) is not None:
        with watch.one_document():
            outcome = examiner.outcome(
                request.document, wants_attachments=request.wants_attachments
            )
        is_awaited = request.is_awaited
        del request
        ran_out = _ran_out_of_memory(outcome)
        _answer(answers, outcome, is_spent=ran_out or watch.is_spent)
        if is_awaited or time.monotonic() > flushed + _HELD_S:
            answers.flush()
            flushed = time.monotonic()
        if ran_out:  # what is left of it may be anything
            return


def _answer(
    answers: BinaryIO, outcome: ValidationReport | DocumentRejected, *, is_spent: bool
) -> None:
    try:
        write_answer(answers, answer_of(outcome, is_spent=is_spent))
    except (UnicodeError, MemoryError) as error:
        failed = failed_report(failure_of(error))
        write_answer(answers, answer_of(failed, is_spent=True))


def _ran_out_of_memory(outcome: ValidationReport | DocumentRejected) -> bool:
    failures: tuple[CheckFailure, ...] = ()
    if isinstance(outcome, ValidationReport):
        failures = outcome.failures
    return any(one.cause is FailureCause.MEMORY for one in failures)
