"""Tables for people: they fit the terminal, and are one line a row for grep where there is none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

_GAP = "  "
_NARROWEST = 8
_UNLIMITED = 10_000


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and how its cells behave when the terminal is narrow.

    A cell that ``may_shrink`` ends in an ellipsis then; other cells keep their width, because
    people copy them. ``is_detail`` is for sentences and paths: they stand on a line of their own.
    """

    heading: str
    is_number: bool = False
    may_shrink: bool = False
    is_detail: bool = False


@dataclass(frozen=True, slots=True)
class _Laid:
    """A column as it is drawn: its place in the rows, and its width."""

    column: Column
    place: int
    width: int

    def cell(self, text: str, style: str = "") -> Text:
        cell = Text(text, style=style)
        cell.truncate(self.width, overflow="ellipsis")
        cell.align("right" if self.column.is_number else "left", self.width)
        return cell


def print_table(
    title: str, columns: Sequence[Column | str], rows: Iterable[Sequence[object]]
) -> None:
    """A table on stdout, without the columns in which nothing is; says so when there is no row."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _UNLIMITED
    lines = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not lines:
        console.print(f"{title}: nothing to show.\n")
        return
    given = [each if isinstance(each, Column) else Column(each) for each in columns]
    _draw(console, title, [_lay(each, place, lines) for place, each in enumerate(given)], lines)


def _lay(column: Column, place: int, lines: Sequence[Sequence[str]]) -> _Laid:
    widest = max(len(line[place]) for line in lines)
    return _Laid(column, place, max(len(column.heading), widest) if widest else 0)


def _draw(
    console: Console, title: str, laid: Sequence[_Laid], lines: Sequence[Sequence[str]]
) -> None:
    shown = [each for each in laid if each.width]
    details = [each for each in shown if each.column.is_detail and console.is_terminal]
    fitted = _fitted([each for each in shown if each not in details], console.width)
    console.print(title, style="bold")
    _print(console, [each.cell(each.column.heading, "dim") for each in fitted])
    for line in lines:
        _print(console, [each.cell(line[each.place]) for each in fitted])
        for detail in details:
            if line[detail.place]:
                console.print(Padding(Text(line[detail.place]), (0, 0, 0, 4), expand=False))
    console.print()


def _print(console: Console, cells: Iterable[Text]) -> None:
    line = Text(_GAP).join(cells)
    line.rstrip()
    console.print(line, soft_wrap=True)


def _fitted(laid: Sequence[_Laid], width: int) -> Sequence[_Laid]:
    """Columns that may shrink, the widest first, shrunk until the line fits or they are narrow."""
    excess = sum(each.width for each in laid) + len(_GAP) * (len(laid) - 1) - width
    widths = {each.place: each.width for each in laid}
    for each in sorted(laid, key=lambda laid: -laid.width):
        if each.column.may_shrink and excess > 0:
            cut = min(excess, max(each.width - _NARROWEST, 0))
            widths[each.place] -= cut
            excess -= cut
    return [replace(each, width=widths[each.place]) for each in laid]
