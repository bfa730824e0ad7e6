"""One native engine and many threads."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.validation.rules.native_engine import NativeEngine
from tests.differential.mutate import bases
from tests.native.parity import RULE_FILES, documents, outcome, rules_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
THREADS = 24
"""More than there are checkers kept."""


@pytest.fixture(scope="module")
def engine() -> NativeEngine:
    rules = rules_of(RULE_FILES["European"])
    if rules.native is None:
        pytest.skip(f"NOT TESTED: the native engine; there is only {rules.engine_name}")
    return rules.native


def test_many_threads_share_an_engine_and_find_what_one_finds(engine: NativeEngine) -> None:
    bodies = [each.body for each in documents(RULE_FILES["European"][:1], 5, 60, every=40)]
    expected = [outcome(engine.check, body) for body in bodies]

    def check_all(_: int) -> Sequence[object]:
        return [outcome(engine.check, body) for body in bodies]

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(check_all, range(THREADS))) == [expected] * THREADS


def test_other_threads_go_on_while_a_document_is_checked(engine: NativeEngine) -> None:
    body = _large()
    started, ended = threading.Event(), threading.Event()

    def check() -> None:
        started.set()
        engine.check(body)
        ended.set()

    thread = threading.Thread(target=check)
    thread.start()
    started.wait()
    turns = 0
    while not ended.is_set():
        turns += 1
    thread.join()

    # With the lock held there would be a turn or two: before the check and after it.
    assert turns > 1_000


def _large() -> bytes:
    """An invoice of some megabytes, without anything that Python would be asked about."""
    body = next(one for one in bases() if b"<cac:InvoiceLine>" in one)
    start = body.index(b"<cac:InvoiceLine>")
    end = body.index(b"</cac:InvoiceLine>") + len(b"</cac:InvoiceLine>")
    return body[:start] + body[start:end] * 4_000 + body[end:]
