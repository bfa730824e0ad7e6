"""S4: what harms a reader of XML harms neither the rules nor the command that runs them.

Time and memory are measured in a process of their own, for every document and three ways in.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.measuring import DOCUMENTS, WAYS, Measured

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="NOT MEASURED: the peak is read in /proc"),
    pytest.mark.slow,
    pytest.mark.timeout(120),
]

REFUSED = {
    "an entity bomb": "doctype",
    "2,000,000 elements": "node-count",
    "depth 100,000": "depth",
    "100,000 attributes": "attributes",
    "UTF-32": "encoding",
    "GB18030": "encoding",
    "Latin-1 that says UTF-8": "encoding",
    "one byte too many": "size",
    "cut in the middle": "xml-syntax",
    "nothing": "size",
}
CHECKED = {
    "400,000 elements": "invalid",
    "100,000 names": "invalid",
    "50 MB with a PDF": "valid",
    "50 MB in a note": "valid",
}
REFUSED_AT_ONCE_S = 0.5
CHECKED_WITHIN_S = 15.0
GROWN_MB = 400.0
"""Below a worker's default limit of memory."""
TELEPHONE = "a telephone number of 8,000 characters"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    folder = tmp_path_factory.mktemp("cache")
    folder.chmod(0o700)
    answer = subprocess.run(
        [sys.executable, "-m", "tests.security.measuring", str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    return {name: Measured(**each) for name, each in json.loads(answer.stdout).items()}


@pytest.mark.parametrize("way", WAYS[:2])
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_at_once(
    found: dict[str, Measured], name: str, way: str
) -> None:
    measured = found[f"{name}, {way}"]

    assert measured.outcome == REFUSED[name]
    assert measured.seconds < REFUSED_AT_ONCE_S
    assert measured.grown_mb < 100


@pytest.mark.parametrize("way", WAYS[:2])
@pytest.mark.parametrize("name", CHECKED)
def test_what_is_read_has_a_verdict_in_bounded_time_and_memory(
    found: dict[str, Measured], name: str, way: str
) -> None:
    measured = found[f"{name}, {way}"]

    assert measured.outcome == CHECKED[name]
    assert measured.seconds < CHECKED_WITHIN_S
    assert measured.grown_mb < GROWN_MB


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_rules_by_themselves_are_bounded_too(found: dict[str, Measured], name: str) -> None:
    measured = found[f"{name}, by rules alone"]

    assert measured.outcome in (REFUSED.get(name), "xml-syntax") or "findings" in measured.outcome
    assert measured.seconds < CHECKED_WITHIN_S
    assert measured.grown_mb < GROWN_MB


def test_a_long_text_is_not_given_to_a_slow_pattern(found: dict[str, Measured]) -> None:
    measured = found[TELEPHONE]

    assert measured.outcome == "[('DIGITS', 'the text has 8002 characters, more than 1000')]"
    assert measured.seconds < REFUSED_AT_ONCE_S


def test_every_document_is_expected_to_end_somehow() -> None:
    assert REFUSED.keys() | CHECKED.keys() == DOCUMENTS.keys()
