"""Documents that a person names: files, folders, archives, standard input."""

import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest

from pipeline.app.inputs import Input, Inputs


def read(*paths: object, standard_input: bytes = b"", max_bytes: int = 1000) -> list[Input]:
    return list(Inputs(max_bytes, BytesIO(standard_input)).read([str(path) for path in paths]))


def zipped(*names: str) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, f"<{name[0]}/>")
    return target.getvalue()


def bodies(found: Sequence[Input]) -> list[bytes | None]:
    return [each.body for each in found]


def test_files_come_in_the_order_in_which_they_were_named(tmp_path: Path) -> None:
    for name in ("b.txt", "a.xml"):
        (tmp_path / name).write_text(name)

    assert read(tmp_path / "b.txt", tmp_path / "a.xml") == [
        Input(str(tmp_path / "b.txt"), b"b.txt"),
        Input(str(tmp_path / "a.xml"), b"a.xml"),
    ]


def test_a_folder_gives_its_documents_at_any_depth_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for name in ("b.XML", "a.cod", "c.pdf", ".d.xml", "deep/er/e.xml", ".hidden/f.xml"):
        (tmp_path / name).write_text(name)
    (tmp_path / "loop").symlink_to(tmp_path)

    assert bodies(read(tmp_path)) == [b"a.cod", b"b.XML", b"deep/er/e.xml"]


def test_an_archive_gives_its_files_under_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "documents.bin").write_bytes(zipped("a.xml", "sub/b.xml"))

    assert read(tmp_path / "documents.bin") == [
        Input(str(tmp_path / "documents.bin/a.xml"), b"<a/>"),
        Input(str(tmp_path / "documents.bin/sub/b.xml"), b"<s/>"),
    ]


def test_standard_input_is_a_document_or_an_archive() -> None:
    assert read("-", standard_input=b"<a/>") == [Input("standard input", b"<a/>")]
    assert bodies(read("-", standard_input=zipped("a.xml", "b.xml"))) == [b"<a/>", b"<b/>"]


@pytest.mark.parametrize("max_bytes", [10, 1000], ids=["too large", "small enough"])
def test_an_archive_through_a_pipe_is_read_as_far_as_a_document_may_be_long(max_bytes: int) -> None:
    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

    (found,) = Inputs(max_bytes, Pipe(zipped("a.xml"))).read(["-"])

    expected = "It has more than 10 bytes." if max_bytes == 10 else None
    assert found.refused == expected
    assert (found.body is None) == (max_bytes == 10)


def test_a_document_of_the_largest_size_is_read_and_no_larger_one(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"x" * 10)

    assert bodies(read(tmp_path / "a.xml", max_bytes=10)) == [b"x" * 10]
    assert read(tmp_path / "a.xml", max_bytes=9)[0].refused == "It has more than 9 bytes."


def test_what_is_not_there_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"<a/>")

    missing, found = read(tmp_path / "none.xml", tmp_path / "a.xml")

    assert missing.refused == "It cannot be read: No such file or directory."
    assert found.body == b"<a/>"


def test_an_empty_file_is_a_document_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "a.xml").touch()

    assert bodies(read(tmp_path / "a.xml")) == [b""]


def test_something_that_only_begins_like_an_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"PK\x03\x04 and then nothing")

    (found,) = read(tmp_path / "a.xml")

    assert "no zip archive" in (found.refused or "")
