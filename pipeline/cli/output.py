"""How commands print: data on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

_UNLIMITED = 10_000
"""Columns of what is not a terminal: a line of a table stays one line, for grep."""


def plain(value: object) -> Any:
    """A value as JSON knows it: dataclasses as objects, times as ISO 8601, enums as their text."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def print_json(value: object) -> None:
    """One JSON document on one line of stdout."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """A sentence for a person, on stderr."""
    sys.stderr.write(text + "\n")


@dataclass(frozen=True, slots=True)
class Column:
    """How a column behaves when the terminal is narrow.

    A cell that ``may_shrink`` ends in an ellipsis, one that ``may_wrap`` goes on below; others keep
    their width, because people copy them.
    """

    heading: str
    is_number: bool = False
    may_shrink: bool = False
    may_wrap: bool = False


def print_table(
    title: str, columns: Sequence[Column | str], rows: Iterable[Sequence[object]]
) -> None:
    """A table for a person on stdout, without the columns in which nothing is.

    Says so when there is nothing to show.
    """
    from rich.console import Console

    lines = [["" if cell is None else str(cell) for cell in row] for row in rows]
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _UNLIMITED
    if lines:
        console.print(_table(title, columns, lines))
    else:
        console.print(f"{title}: nothing to show.")


def _table(title: str, columns: Sequence[Column | str], lines: Sequence[Sequence[str]]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    shown = [place for place in range(len(columns)) if any(line[place] for line in lines)]
    for place in shown:
        given = columns[place]
        column = given if isinstance(given, Column) else Column(given)
        table.add_column(
            column.heading,
            justify="right" if column.is_number else "left",
            no_wrap=not column.may_wrap,
            overflow="fold" if column.may_wrap else "ellipsis",
            min_width=None if column.may_wrap or column.may_shrink else _widest(lines, place),
        )
    for line in lines:
        table.add_row(*(Text(line[place]) for place in shown))
    return table


def _widest(lines: Sequence[Sequence[str]], place: int) -> int:
    return max(len(line[place]) for line in lines)
