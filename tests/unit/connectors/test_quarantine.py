import stat
from pathlib import Path

import pytest

from pipeline.connectors.quarantine import FileQuarantine
from pipeline.domain.documents import DocumentKey
from pipeline.domain.errors import TransientError

KEY = DocumentKey("hub", "dossier", "../../etc/passwd")


async def test_bytes_are_kept_as_they_came_and_for_this_account_only(tmp_path: Path) -> None:
    quarantine = FileQuarantine(tmp_path / "quarantine")

    path = Path(await quarantine.keep(KEY, b"\xff\x00bytes"))

    assert path.read_bytes() == b"\xff\x00bytes"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.is_relative_to(tmp_path / "quarantine")


async def test_keeping_again_heals_a_half_written_file(tmp_path: Path) -> None:
    quarantine = FileQuarantine(tmp_path)
    path = Path(await quarantine.keep(KEY, b"whole"))
    path.write_bytes(b"wh")

    assert Path(await quarantine.keep(KEY, b"whole")).read_bytes() == b"whole"


async def test_other_bytes_of_the_same_document_are_kept_beside_it(tmp_path: Path) -> None:
    quarantine = FileQuarantine(tmp_path)

    kept = {await quarantine.keep(KEY, body) for body in (b"one", b"two")}

    assert {Path(path).read_bytes() for path in kept} == {b"one", b"two"}


async def test_a_folder_that_cannot_be_used_is_told_and_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(TransientError, match="cannot be kept"):
        await FileQuarantine(tmp_path / "file").keep(KEY, b"bytes")
