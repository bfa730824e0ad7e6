"""The test of the test: an engine with one bug in it is found out."""

import pytest

from tests.differential.conftest import Run
from tests.differential.planted import PLANTED, Planted, planted
from tests.differential.run import compare

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_an_engine_with_a_bug_is_found_out(bug: Planted, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(bug.run)

    with planted(bug, run) as check:
        result = compare(check, run.documents, run.expected)

    assert result.differences
