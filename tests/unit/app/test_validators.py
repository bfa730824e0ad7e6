import io
import json
from collections import Counter

from pipeline.app.validators import FailureReports
from pipeline.connectors.logs import logging_to
from pipeline.domain.documents import CheckFailure, DocumentKey, FailureCause
from pipeline.engine.metrics import NoMeters
from pipeline.validation.failures import failure_of


class Counting(NoMeters):
    """Keeps what is counted."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        self.counts[name, labels["cause"]] += int(amount)


def test_a_failure_is_counted_and_logged_with_its_document_and_traceback() -> None:
    meters, stream = Counting(), io.StringIO()
    reports = FailureReports(meters)

    with logging_to(stream, form="json"):
        reports(DocumentKey("hub", "d1", "7"), failure())
        reports(DocumentKey("hub", "d1", "8"), CheckFailure(FailureCause.TIMEOUT, "in a loop"))

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert meters.counts == {
        ("dossierpost_unchecked_total", "error"): 1,
        ("dossierpost_unchecked_total", "timeout"): 1,
    }
    assert (first["document"], first["reason"], first["level"]) == ("hub/d1/7@1", "error", "error")
    assert "ZeroDivisionError" in first["exception"]
    assert "in a loop" in second["exception"]


def failure() -> CheckFailure:
    def bug() -> None:
        raise ZeroDivisionError("a bug")

    try:
        bug()
    except ZeroDivisionError as error:
        return failure_of(error)
    raise AssertionError("there is a bug")
