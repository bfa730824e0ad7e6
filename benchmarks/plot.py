"""Bars as SVG: a plot that a text editor can read, and that no library has to draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LABELS, _FIGURES = 860, 270, 90
_BAR, _GAP, _HEAD, _FOOT = 20, 8, 44, 30
_OURS, _OTHERS, _LIMIT = "#2f6f4f", "#8a94a0", "#c9a227"
_FONT = 'font-family="system-ui, sans-serif" font-size="13"'


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure; ``kind`` tells ours, those of others, and what nobody can exceed."""

    label: str
    value: float
    kind: str = "others"


def bars(title: str, unit: str, given: Sequence[Bar], note: str = "") -> str:
    """A drawing with the largest figure as wide as it is."""
    most = max(bar.value for bar in given)
    height = _HEAD + len(given) * (_BAR + _GAP) + _FOOT
    lines = [_bar(place, bar, most) for place, bar in enumerate(given)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text x="12" y="26" font-size="16" font-weight="600">{escape(title)}</text>',
            *lines,
            f'<text x="12" y="{height - 10}" fill="#57606a">{escape(f"{unit}. {note}")}</text>',
            "</svg>\n",
        ]
    )


def _bar(place: int, bar: Bar, most: float) -> str:
    top = _HEAD + place * (_BAR + _GAP)
    width = max(bar.value / most * (_WIDTH - _LABELS - _FIGURES), 1)
    colour = {"ours": _OURS, "limit": _LIMIT}.get(bar.kind, _OTHERS)
    middle = top + _BAR - 5
    return (
        f'<text x="{_LABELS - 10}" y="{middle}" text-anchor="end">{escape(bar.label)}</text>'
        f'<rect x="{_LABELS}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>'
        f'<text x="{_LABELS + width + 8:.1f}" y="{middle}">{bar.value:,.0f}</text>'
    )
