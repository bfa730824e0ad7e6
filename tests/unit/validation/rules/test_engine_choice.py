from pathlib import Path
from types import ModuleType

import pytest

from pipeline.domain.errors import ConfigurationError
from pipeline.validation.rules import ruleset
from pipeline.validation.rules.engine import EngineChoice
from pipeline.validation.rules.extension import extension
from pipeline.validation.rules.native.tables import Tables, Unserialisable
from pipeline.validation.rules.ruleset import RuleSet
from tests.unit.validation.rules.rule_files import ids, rule, schematron

RULES = schematron(rule("a", "b", "c = '1'", "number(d) > 1.5"))
DOCUMENT = b"<a><c>1</c><d>1.5</d></a>"


@pytest.fixture
def without_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruleset, "extension", lambda: None)


@pytest.fixture
def built() -> ModuleType:
    found = extension()
    if found is None:
        pytest.skip("NOT TESTED: the native engine, as the extension was not built")
    return found


@pytest.mark.usefixtures("built")
def test_the_native_engine_is_used_where_it_is_there() -> None:
    rules = RuleSet.load(RULES)

    assert rules.engine is rules.native
    assert rules.engine_name == "native"
    assert ids(rules.check(DOCUMENT)) == ["t1", "t3"]


def test_the_python_engine_is_used_when_it_is_asked_for() -> None:
    rules = RuleSet.load(RULES, engine=EngineChoice.PYTHON)

    assert rules.engine is rules.python
    assert rules.engine_name.startswith("python (")
    assert ids(rules.check(DOCUMENT)) == ["t1", "t3"]


@pytest.mark.usefixtures("without_extension")
def test_without_the_extension_rules_run_in_python_and_say_why() -> None:
    rules = RuleSet.load(RULES)

    assert rules.engine is rules.python
    assert rules.engine_name == "python (the C extension was not built)"
    assert ids(rules.check(DOCUMENT)) == ["t1", "t3"]


@pytest.mark.usefixtures("without_extension")
def test_asking_for_the_native_engine_in_vain_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="not built"):
        RuleSet.load(RULES, engine=EngineChoice.NATIVE)


@pytest.mark.usefixtures("built")
def test_what_cannot_be_serialised_runs_in_python_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(_tables: Tables) -> bytes:
        raise Unserialisable("a form of expression")

    monkeypatch.setattr(Tables, "to_bytes", refused)
    rules = RuleSet.load(RULES)

    assert rules.engine_name == "python (not for the native engine: a form of expression)"
    assert ids(rules.check(DOCUMENT)) == ["t1", "t3"]


@pytest.mark.usefixtures("built")
def test_numbers_that_the_native_engine_cannot_hold_are_for_python() -> None:
    rules = RuleSet.load(schematron(rule("a", f"c < {'9' * 60}")))

    assert rules.engine is rules.python
    assert rules.check(DOCUMENT) == []


@pytest.mark.usefixtures("built")
def test_the_cache_has_the_program_for_both_engines(tmp_path: Path) -> None:
    RuleSet.load(RULES, cache=tmp_path / "rules")

    rules = RuleSet.load(RULES, cache=tmp_path / "rules")

    assert rules.native is not None
    assert ids(rules.native.check(DOCUMENT)) == ids(rules.python.check(DOCUMENT)) == ["t1", "t3"]


@pytest.mark.parametrize("size", [0, 3, 8, 100, -4])
def test_a_program_that_is_cut_is_refused(built: ModuleType, size: int) -> None:
    serialised = RuleSet.load(RULES)._compiled.serialised

    with pytest.raises(ValueError, match="cannot be loaded"):
        built.Rules(serialised[:size], 1000, 64, 64)


def test_an_extension_of_an_older_version_leaves_the_rules_to_python(
    built: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = ModuleType(built.__name__)
    older.__dict__.update(vars(built))
    older.OPERATIONS = tuple(one for one in built.OPERATIONS if one != "COMPARE")  # type: ignore[attr-defined]
    monkeypatch.setattr(ruleset, "extension", lambda: older)

    rules = RuleSet.load(RULES)

    assert rules.engine is rules.python
    assert "of an older version" in rules.engine_name
    assert ids(rules.check(DOCUMENT)) == ["t1", "t3"]
