from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import pytest

from tests.differential.mutate import Document, directed, mutants, padded
from tests.differential.oracle import Failed
from tests.differential.run import EN_16931, FRENCH, Subject, expected_of, installed_rules

SEED = 4711


@dataclass(frozen=True)
class Run:
    """Documents, and what the oracle says of them."""

    subject: Subject
    documents: Sequence[Document]
    expected: Sequence[Sequence[Failed] | None]


def prepared(name: str, *, mutant_count: int, every: int) -> Run:
    subject = Subject.of(installed_rules(name))
    documents = [
        *islice(directed(subject.targets), 0, None, every),
        *mutants(subject.targets, SEED, mutant_count),
        *padded(8),
    ]
    return Run(subject, documents, expected_of(subject.path, documents))


@pytest.fixture(scope="session")
def european() -> Run:
    """EN 16931: mostly paths that must not exist, and sums."""
    return prepared(EN_16931, mutant_count=220, every=10)


@pytest.fixture(scope="session")
def french() -> Run:
    """The rules of France: functions of their own, variables, patterns."""
    return prepared(FRENCH, mutant_count=120, every=1)


@pytest.fixture(params=["european", "french"])
def run(request: pytest.FixtureRequest) -> Run:
    found: Run = request.getfixturevalue(request.param)
    return found
