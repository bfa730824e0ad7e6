"""What was made of the schemas is kept, and only what is whole and private is used."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline.domain.errors import ConfigurationError
from pipeline.validation import ubl_structure
from pipeline.validation.structure.checker import NativeStructure
from pipeline.validation.structure.declarations import Declarations
from pipeline.validation.structure.reader import read_schemas
from pipeline.validation.xml import XmlLimits
from tests.data.hostile.documents import INVOICE, good


@pytest.fixture(autouse=True)
def _nothing_loaded(structure: NativeStructure) -> None:
    """``structure`` skips the tests where there is no extension."""
    assert structure is not None
    ubl_structure._native_structure.cache_clear()


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    times: list[int] = []

    def counted(files: Iterable[Path], roots: Iterable[str]) -> Declarations:
        times.append(1)
        return read_schemas(files, roots)

    monkeypatch.setattr(ubl_structure, "read_schemas", counted)
    return times


def is_accepted(cache: Path | None) -> bool:
    ubl_structure._native_structure.cache_clear()
    loaded = ubl_structure.ubl_structure(cache=cache)
    return loaded is not None and loaded.accept(good(INVOICE), XmlLimits()) is not None


def kept_file(cache: Path) -> Path:
    (file,) = cache.glob("*.structure")
    return file


def test_the_second_time_no_schema_is_read(tmp_path: Path, readings: list[int]) -> None:
    cache = tmp_path / "cache"

    assert is_accepted(cache)
    assert is_accepted(cache)

    assert len(readings) == 1
    assert kept_file(cache).stat().st_mode & 0o777 == 0o600


def test_without_a_cache_nothing_is_kept(tmp_path: Path, readings: list[int]) -> None:
    assert is_accepted(None)
    assert is_accepted(None)

    assert len(readings) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"x" * 1000], ids=["cut", "other bytes"])
def test_a_damaged_file_is_made_again(tmp_path: Path, readings: list[int], damage: bytes) -> None:
    cache = tmp_path / "cache"
    is_accepted(cache)
    kept_file(cache).write_bytes(damage)

    assert is_accepted(cache)

    assert len(readings) == 2


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    is_accepted(cache)
    cache.chmod(0o777)

    with pytest.raises(ConfigurationError, match="others may write to it"):
        is_accepted(cache)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    assert is_accepted(tmp_path / "file" / "cache")


def test_schemas_that_are_not_there_are_left_to_others_to_tell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ubl_structure, "ubl_folder", lambda: tmp_path)
    monkeypatch.setattr(ubl_structure, "schemas_digest", lambda: "none")

    assert ubl_structure.ubl_structure() is None
    ubl_structure._native_structure.cache_clear()
