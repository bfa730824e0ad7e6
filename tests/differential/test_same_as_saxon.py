"""The short form of the differential test; the full one is ``python -m tests.differential``."""

import pytest

from pipeline.validation.rules.engine import RuleFinding
from pipeline.validation.rules.ruleset import RuleFile, RuleSet
from tests.differential.comparison import Check, Outcome, compared
from tests.differential.conftest import Run
from tests.differential.run import compare

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(params=["python", "native"])
def check(request: pytest.FixtureRequest, run: Run) -> Check:
    """One of the engines."""
    rules = run.subject.rules
    if request.param == "python":
        return rules.python.check
    if rules.native is None:
        pytest.skip(f"NOT TESTED: the native engine; there is only {rules.engine_name}")
    return rules.native.check


def test_the_same_assertions_fail_at_the_same_places(run: Run, check: Check) -> None:
    result = compare(check, run.documents, run.expected)

    assert [str(one) for one in result.differences] == []
    assert result.outcomes[Outcome.EQUAL] > len(run.documents) / 2


def test_where_the_oracle_gives_up_ours_names_an_assertion(run: Run, check: Check) -> None:
    result = compare(check, run.documents, run.expected)

    assert result.outcomes[Outcome.BOTH_GAVE_UP] > 5


def test_loading_from_the_cache_changes_nothing(european: Run, tmp_path_factory: object) -> None:
    assert isinstance(tmp_path_factory, pytest.TempPathFactory)
    folder = tmp_path_factory.mktemp("cache")
    file = RuleFile("rules", european.subject.path.read_bytes())
    RuleSet.load(file, cache=folder)

    rules = RuleSet.load(file, cache=folder)

    assert not compare(rules.check, european.documents, european.expected).differences


def test_rule_files_that_share_a_parse_do_not_disturb_each_other(
    european: Run, french: Run
) -> None:
    both = RuleSet.load(european.subject.path, french.subject.path)

    def only(name: str) -> list[list[RuleFinding]]:
        return [
            [one for one in both.check(document.body) if one.ruleset == name]
            for document in european.documents[-60:]
        ]

    for found, expected in zip(
        only(european.subject.path.stem), european.expected[-60:], strict=True
    ):
        assert not compared(found, expected)[0].is_bad
    assert only(french.subject.path.stem) == [
        french.subject.rules.check(document.body) for document in european.documents[-60:]
    ]
