"""What a benchmark gives back: tables for people, figures and ratios for scripts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

Cell = str | int | float


class NotHere(Exception):
    """A program that a benchmark needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: ``quick`` looks whether everything works, its figures mean little.

    ``folder`` lies on the disk that is to be judged. ``dossiers`` is how large an office is to be,
    0 for what each benchmark thinks right.
    """

    quick: bool
    folder: Path
    dossiers: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title; the first column is text, the others are numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""

    def markdown(self) -> str:
        """The table as Markdown, readable as it is."""
        lines = [list(self.columns), *([shown(cell) for cell in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip_longest(*lines, fillvalue="")]
        dashes = ["-" * width if place == 0 else "-" * (width - 1) + ":" for place, width in
                  enumerate(widths)]  # fmt: skip
        text = [_line(row, widths) for row in (lines[0], dashes, *lines[1:])]
        return "\n".join([f"### {self.title}", "", *text, *(["", self.note] if self.note else [])])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=False)
    aligned = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(aligned)} |"


def shown(cell: Cell) -> str:
    """A number with as many digits as it is worth."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 100:  # noqa: PLR2004 - three digits are shown
        return f"{cell:,.0f}"
    return f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"  # noqa: PLR2004


@dataclass(slots=True)
class Report:
    """What one benchmark found; names of figures end in their unit.

    ``failures`` are sentences about bounds that were not kept; they fail the run. ``plots`` are
    drawings in SVG by their names.
    """

    tables: list[Table] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    plots: dict[str, str] = field(default_factory=dict)
