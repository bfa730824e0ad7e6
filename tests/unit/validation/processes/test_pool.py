"""A document that breaks the process it is looked into by costs that document only."""

import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from pipeline.domain.documents import CheckFailure, FailureCause, ValidationReport, Verdict
from pipeline.domain.errors import ConfigurationError, DocumentRejected, TransientError
from pipeline.testing.contracts.profile import listed
from pipeline.validation.processes import worker_process
from pipeline.validation.processes.limits import WorkerLimits
from pipeline.validation.processes.pool import WorkerPool
from pipeline.validation.validator import Examiner
from tests.data.hostile.documents import INVOICE, good
from tests.unit.validation.processes.planted import (
    GROWN_BYTES,
    MOST_BYTES,
    dying,
    fine,
    planted,
    planted_without_memory_limit,
    planted_without_timer,
    saying,
    unusable,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

LIMITS = WorkerLimits(seconds=1.0, memory_bytes=256 * 2**20)
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="a limit of the system")


@asynccontextmanager
async def pool_of(
    source: Callable[[], Examiner] = planted, limits: WorkerLimits = LIMITS, size: int = 1
) -> AsyncIterator[WorkerPool]:
    async with WorkerPool(source, size=size, limits=limits) as pool:
        yield pool


def failures(outcome: ValidationReport | DocumentRejected) -> list[FailureCause]:
    assert isinstance(outcome, ValidationReport)
    return [one.cause for one in outcome.failures]


def failure(outcome: ValidationReport | DocumentRejected) -> CheckFailure:
    assert isinstance(outcome, ValidationReport)
    (only,) = outcome.failures
    return only


async def worker_pid(pool: WorkerPool) -> int:
    (outcome,) = await pool.validate([saying("who")])
    found = re.search(r"pid (\d+)", failure(outcome).details)
    assert found
    return int(found[1])


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        ("segfault", FailureCause.CRASH),
        ("exit", FailureCause.CRASH),
        ("hang", FailureCause.TIMEOUT),
        ("hang in C", FailureCause.TIMEOUT),
        pytest.param("eat", FailureCause.MEMORY, marks=posix_only),
        ("bug", FailureCause.ERROR),
    ],
)
async def test_a_document_that_breaks_its_worker_is_unchecked_and_the_rest_goes_on(
    word: str, cause: FailureCause
) -> None:
    async with pool_of() as pool:
        outcomes = await pool.validate([fine(), saying(word), fine(), fine()])

    assert [failures(outcome) for outcome in outcomes] == [[], [cause], [], []]
    broken = outcomes[1]
    assert isinstance(broken, ValidationReport)
    assert broken.verdict is Verdict.UNCHECKED
    assert [one.rule for one in broken.findings] == [f"unchecked-{cause}"]
    assert not all(layer.checked for layer in broken.layers)


async def test_what_broke_is_told_for_the_log() -> None:
    async with pool_of() as pool:
        crashed, hung, bug = await pool.validate(
            [saying("segfault"), saying("hang"), saying("bug")]
        )

    assert "string_at" in failure(crashed).details
    assert "SIGSEGV" in failure(crashed).details
    assert "in _hang" in failure(hung).details
    assert "ZeroDivisionError: a bug" in failure(bug).details


async def test_a_worker_that_forgot_its_limit_is_ended_by_the_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_process, "_GRACE_S", 0.5)

    async with pool_of(planted_without_timer) as pool:
        hung, good_one = await pool.validate([saying("hang in C"), fine()])

    assert failures(hung) == [FailureCause.TIMEOUT]
    assert failures(good_one) == []


async def test_without_any_limit_a_document_would_hold_its_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_process, "_GRACE_S", 1000)

    async with pool_of(planted_without_timer) as pool:
        with anyio.move_on_after(LIMITS.seconds + 1.5) as scope:
            await pool.validate([saying("hang")])

    assert scope.cancelled_caught


@posix_only
async def test_without_a_limit_of_memory_a_document_would_take_what_it_wants() -> None:
    assert LIMITS.memory_bytes < MOST_BYTES

    async with pool_of(planted_without_memory_limit) as pool:
        (outcome,) = await pool.validate([saying("eat")])

    assert failures(outcome) == []


async def test_a_worker_that_somebody_else_ended_costs_no_document() -> None:
    async with pool_of() as pool:
        pid = await worker_pid(pool)
        os.kill(pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)

        outcomes = await pool.validate([fine(), fine()])

        assert await worker_pid(pool) != pid
    assert [failures(outcome) for outcome in outcomes] == [[], []]


@posix_only
async def test_signals_that_ask_the_service_to_stop_let_a_worker_finish() -> None:
    async with pool_of() as pool:
        pid = await worker_pid(pool)
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGINT)

        assert failures((await pool.validate([fine()]))[0]) == []
        assert await worker_pid(pool) == pid
        assert os.getsid(pid) != os.getsid(0)


async def test_a_worker_is_replaced_after_so_many_documents() -> None:
    async with pool_of(limits=WorkerLimits(documents=3)) as pool:
        first = [await worker_pid(pool) for _ in range(3)]
        then = await worker_pid(pool)

    assert len(set(first)) == 1
    assert then not in first


@posix_only
async def test_a_worker_that_has_grown_is_replaced() -> None:
    assert LIMITS.memory_bytes // 2 < GROWN_BYTES < LIMITS.memory_bytes

    async with pool_of() as pool:
        before = await worker_pid(pool)
        (outcome,) = await pool.validate([saying("grow")])

        assert failures(outcome) == []

        assert await worker_pid(pool) != before


async def test_what_a_library_prints_is_no_answer() -> None:
    async with pool_of() as pool:
        outcomes = await pool.validate([saying("print"), fine()])

    assert [failures(outcome) for outcome in outcomes] == [[], []]


async def test_workers_work_side_by_side_and_no_more_than_there_may_be() -> None:
    pids: list[int] = []

    async def ask(pool: WorkerPool) -> None:
        pids.append(await worker_pid(pool))

    async with pool_of(size=2) as pool, anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(ask, pool)

    assert len(set(pids)) == 2


async def test_large_and_many_documents_pass_the_pipe_as_they_are() -> None:
    large = listed(good(INVOICE) + b" " * 5_000_000, INVOICE)

    async with pool_of() as pool:
        outcomes = await pool.validate([fine(), large, *[fine()] * 200])

    assert len(outcomes) == 202
    assert not any(failures(outcome) for outcome in outcomes)


async def test_a_rejection_comes_through_with_rule_and_report() -> None:
    async with pool_of() as pool:
        (outcome,) = await pool.validate([listed(b"<a><b></a>", INVOICE)])

    assert isinstance(outcome, DocumentRejected)
    assert outcome.rule == "xml-syntax"
    assert "cannot be read" in str(outcome)


async def test_a_file_name_that_is_no_unicode_does_no_harm() -> None:
    async with pool_of() as pool:
        outcomes = await pool.validate([fine("\ud800")])

    assert failures(outcomes[0]) == []


async def test_rules_that_cannot_be_used_stop_the_start() -> None:
    with pytest.raises(ConfigurationError, match="torn"):
        async with pool_of(unusable):
            pass


async def test_a_worker_that_does_not_start_is_tried_again_later() -> None:
    with pytest.raises(TransientError, match="ended with 3"):
        async with pool_of(dying):
            pass


async def test_a_batch_that_is_given_up_ends_its_worker_at_once() -> None:
    async with pool_of(limits=WorkerLimits(seconds=30)) as pool:
        pid = await worker_pid(pool)
        began = time.perf_counter()
        with anyio.move_on_after(0.3):
            await pool.validate([saying("hang")])

        assert time.perf_counter() - began < 2
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert failures((await pool.validate([fine()]))[0]) == []


async def test_no_worker_is_left_when_the_pool_is_closed() -> None:
    async with pool_of() as pool:
        pid = await worker_pid(pool)

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_no_worker_is_started_before_the_first_document_when_the_rules_are_proven() -> None:
    async with WorkerPool(unusable, is_proven=True) as pool:
        with pytest.raises(ConfigurationError, match="torn"):
            await pool.validate([fine()])


@pytest.mark.parametrize("idle_seconds", [0.2, pytest.param(60, id="not that long")])
async def test_a_worker_ends_when_it_had_nothing_to_do_for_long(idle_seconds: float) -> None:
    async with pool_of(limits=WorkerLimits(idle_seconds=idle_seconds)) as pool:
        pid = await worker_pid(pool)
        await anyio.sleep(1.0)

        assert is_running(pid) == (idle_seconds > 1)
        assert failures((await pool.validate([fine()]))[0]) == []


async def test_an_error_beside_the_pool_comes_out_as_it_is() -> None:
    with pytest.raises(ConfigurationError, match="of another part"):
        async with pool_of():
            raise ConfigurationError("of another part")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
