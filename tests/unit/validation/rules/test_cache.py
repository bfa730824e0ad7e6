import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.domain.errors import ConfigurationError
from pipeline.validation.rules import cache, ruleset
from pipeline.validation.rules.compiler import compile_schemas
from pipeline.validation.rules.program import Program
from pipeline.validation.rules.ruleset import RuleSet
from pipeline.validation.rules.schema import Schema
from tests.unit.validation.rules.rule_files import ids, rule, schematron

RULES = schematron(rule("a", "b", "not(c)", ". = ('x', 'y')"))
DOCUMENT = b"<a><c/></a>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "rules"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for every compilation."""
    done: list[int] = []

    def counted(schemas: Sequence[Schema]) -> Program:
        done.append(1)
        return compile_schemas(schemas)

    monkeypatch.setattr(ruleset, "compile_schemas", counted)
    return done


def kept(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_a_second_load_compiles_nothing_and_finds_the_same(
    folder: Path, compilations: list[int]
) -> None:
    first = RuleSet.load(RULES, cache=folder).check(DOCUMENT)

    again = RuleSet.load(RULES, cache=folder).check(DOCUMENT)

    assert again == first
    assert ids(again) == ["t1", "t2", "t3"]
    assert len(compilations) == 1


def test_other_rules_are_kept_beside_it(folder: Path) -> None:
    RuleSet.load(RULES, cache=folder)
    RuleSet.load(RULES + b"<!-- -->", cache=folder)
    RuleSet.load(RULES, RULES, cache=folder)

    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:40],
        lambda _data: b"",
        lambda data: data[:-5] + b"\0\0\0\0\0",
        lambda data: b"\0" * 32 + data[32:],
    ],
    ids=["one byte short", "cut", "empty", "changed", "other digest"],
)
def test_a_damaged_file_is_made_again(
    folder: Path, compilations: list[int], damage: object
) -> None:
    assert callable(damage)
    RuleSet.load(RULES, cache=folder)
    whole = kept(folder).read_bytes()
    kept(folder).write_bytes(damage(whole))

    assert ids(RuleSet.load(RULES, cache=folder).check(DOCUMENT)) == ["t1", "t2", "t3"]

    assert len(compilations) == 2
    assert kept(folder).read_bytes() == whole


def test_what_is_kept_is_for_its_owner_only(folder: Path) -> None:
    RuleSet.load(RULES, cache=folder)

    assert kept(folder).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o620, 0o602], ids=["group", "world"])
def test_a_file_that_others_may_write_is_refused(folder: Path, mode: int) -> None:
    RuleSet.load(RULES, cache=folder)
    kept(folder).chmod(mode)

    with pytest.raises(ConfigurationError, match="others may write"):
        RuleSet.load(RULES, cache=folder)


def test_a_folder_that_others_may_write_is_refused(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o777)

    with pytest.raises(ConfigurationError, match="others may write"):
        RuleSet.load(RULES, cache=folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_account_is_refused(folder: Path) -> None:
    RuleSet.load(RULES, cache=folder)
    os.chown(kept(folder), 12345, 12345)

    with pytest.raises(ConfigurationError, match="belongs to another account"):
        RuleSet.load(RULES, cache=folder)


def test_another_compiler_does_not_read_it(
    folder: Path, compilations: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    RuleSet.load(RULES, cache=folder)
    monkeypatch.setattr(cache, "_compiler_digest", lambda: "another")

    RuleSet.load(RULES, cache=folder)

    assert len(compilations) == 2


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    rules = RuleSet.load(RULES, cache=tmp_path / "file" / "cache")

    assert ids(rules.check(DOCUMENT)) == ["t1", "t2", "t3"]


def test_nothing_is_left_of_a_write_that_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full)
    RuleSet.load(RULES, cache=folder)

    assert list(folder.iterdir()) == []
