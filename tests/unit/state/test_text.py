"""Any text goes through SQLite without loss and keeps its place in the order."""

import sqlite3
from enum import StrEnum

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.connectors.state.sqlite.text import packed, restored, stored, stored_row, unpacked

texts = st.text(st.characters() | st.sampled_from("\ud7fe\ud7ff\ud800\udbff\udfff\ue000\x00"))


@given(texts)
@example("\ud7ff")
@example("\ud7ff\x00")
@example("\ud800\ud7ff\udfff")
def test_every_text_comes_back_from_sqlite(text: str) -> None:
    connection = sqlite3.connect(":memory:")
    (value,) = connection.execute("SELECT ?", [stored(text)]).fetchone()
    connection.close()

    assert restored(value) == text


@given(texts, texts)
def test_stored_texts_are_ordered_as_the_texts_are(first: str, second: str) -> None:
    left, right = str(stored(first)).encode(), str(stored(second)).encode()

    assert (left < right) == (first < second)
    assert (left == right) == (first == second)


@pytest.mark.parametrize("value", ["", "plain", "é€🧾", 17, 1.5, None, b"\xff", True])
def test_ordinary_values_are_stored_as_they_are(value: object) -> None:
    assert stored(value) is value
    assert restored(value) is value


def test_an_enumeration_is_stored_as_its_value() -> None:
    class Colour(StrEnum):
        RED = "red"

    assert type(stored(Colour.RED)) is str
    assert stored(Colour.RED) == "red"


@pytest.mark.parametrize(
    ("digest", "size"),
    [("00ff" * 16, 32), ("00FF" * 16, 64), ("no digest", 9), ("0", 1), ("", 0), ("00 ff", 5)],
)
def test_a_hex_digest_takes_half_its_size_and_anything_comes_back(digest: str, size: int) -> None:
    assert len(packed(digest)) == size
    assert unpacked(packed(digest)) == digest


def test_no_digest_stays_none() -> None:
    assert packed(None) is None
    assert unpacked(None) is None


def test_a_row_is_stored_value_by_value() -> None:
    class Colour(StrEnum):
        RED = "red"

    row = ["plain", "é€🧾", "\ud800", 17, None, b"\xff", Colour.RED]
    connection = sqlite3.connect(":memory:")
    values = connection.execute("SELECT ?, ?, ?, ?, ?, ?, ?", stored_row(row)).fetchone()
    connection.close()

    assert [restored(value) for value in values] == row
