import re

import pytest

from pipeline.cli.tables import Column, print_table

COLUMNS = (
    "id",
    Column("name", may_shrink=True),
    Column("count", is_number=True),
    Column("problem", is_detail=True),
)
LONG = "A name that is longer than there is room for in any terminal of eighty columns"
STYLE = re.compile(r"\x1b\[[\d;]*m")
ROWS = [("dossier-1", "Short", 7, None), ("dossier-22", LONG, 1200, "The folder is missing.")]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")


@pytest.mark.usefixtures("terminal")
def test_on_a_terminal_rows_fit_and_sentences_stand_below(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table("Dossiers", COLUMNS, ROWS)

    assert STYLE.sub("", capsys.readouterr().out).splitlines() == [
        "Dossiers",
        "id          name                                       count",
        "dossier-1   Short                                          7",
        "dossier-22  A name that is longer than there is room…   1200",
        "    The folder is missing.",
        "",
    ]


def test_elsewhere_a_row_is_a_line_with_everything_in_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    print_table("Dossiers", COLUMNS, ROWS)

    lines = capsys.readouterr().out.splitlines()
    assert lines[3] == f"dossier-22  {LONG}   1200  The folder is missing."


def test_a_column_in_which_nothing_is_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Dossiers", COLUMNS, ROWS[:1])

    assert capsys.readouterr().out.splitlines()[1].split() == ["id", "name", "count"]


def test_a_table_without_rows_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Dossiers", COLUMNS, [])

    assert capsys.readouterr().out == "Dossiers: nothing to show.\n\n"
