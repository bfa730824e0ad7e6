"""What a person sees of a running line: a row for each stage, a bar, and a sentence below it."""

from dataclasses import dataclass, field
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.engine.metrics import Snapshot, StageCounts

_RATE_S = 1.0
"""Rates are of the last second at least, so that their digits stand still long enough to read."""

_COLUMNS: Final = ("waiting", "at work", "done", "a second", "errors")
_WIDTHS: Final = (12, 9, 9, 9, 9, 9)
_GAP: Final = 2
_BAR_WIDTH: Final = sum(_WIDTHS) + _GAP * (len(_WIDTHS) - 1)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became so far of every document that was listed."""

    forwarded: int
    errors: int
    later: int
    under_way: int
    again: int

    @classmethod
    def of(cls, now: Snapshot) -> "Tally":
        """Counted over all stages; the last of them records what was rejected."""
        return cls(
            forwarded=now.completed,
            errors=now.stages[-1].passed if now.stages else 0,
            later=sum(stage.postponed + stage.blocked for stage in now.stages),
            under_way=now.queued + now.in_flight,
            again=sum(stage.retried for stage in now.stages),
        )

    @property
    def listed(self) -> int:
        """All of them."""
        return self.forwarded + self.errors + self.later + self.under_way


@dataclass(slots=True)
class Progress:
    """Turns snapshots into views; ``total`` is how many documents there will be, if known."""

    total: int | None = None
    _first: Snapshot | None = field(default=None, init=False)
    _since: Snapshot | None = field(default=None, init=False)
    _now: Snapshot | None = field(default=None, init=False)
    _rates: dict[str, float] = field(default_factory=dict, init=False)

    def note(self, now: Snapshot) -> None:
        """Take the snapshot that is shown from here on."""
        self._first, self._since, self._now = self._first or now, self._since or now, now
        if now.at - self._since.at >= _RATE_S:
            self._rates = _rates(self._since, now)
            self._since = now

    def finish(self) -> None:
        """Show the rates of the whole run from here on."""
        if self._first and self._now:
            self._rates = _rates(self._first, self._now)

    @property
    def has_begun(self) -> bool:
        """Whether anything was listed."""
        return self._now is not None and Tally.of(self._now).listed > 0

    def view(self) -> RenderableType:
        """The table, the bar and the sentence; 67 columns wide, the same height at all times."""
        if self._now is None or not self.has_begun:
            return Text("Waiting for documents ...", style="dim")
        tally = Tally.of(self._now)
        body = Group(
            self._table(self._now, tally),
            Text(),
            _bar(tally, max(self.total or 0, tally.listed)),
            self.sentence(),
        )
        return Padding(body, (1, 0, 0, 2), expand=False)

    def sentence(self) -> Text:
        """All of it in one line."""
        if self._now is None or self._first is None:
            return Text()
        tally, seconds = Tally.of(self._now), self._now.at - self._first.at
        total = max(self.total or 0, tally.listed)
        parts = [
            Text(f"{tally.forwarded:,} of {total:,} forwarded", style="green"),
            Text(f"{tally.errors:,} errors", style="red" if tally.errors else "dim"),
            Text(f"{tally.again:,} tried again" if tally.again else "", style="yellow"),
            Text(f"{tally.later:,} left for later" if tally.later else "", style="yellow"),
            Text(f"{self._now.tenants:,} dossiers"),
            Text(duration(seconds)),
        ]
        gap = Text.assemble((" · ", "dim"), no_wrap=True, overflow="ellipsis")
        return gap.join(part for part in parts if part)

    def _table(self, now: Snapshot, tally: Tally) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
        table.add_column("stage", width=_WIDTHS[0])
        for heading, width in zip(_COLUMNS, _WIDTHS[1:], strict=True):
            table.add_column(heading, justify="right", width=width)
        listing = StageCounts("list", busy=now.passes_running, passed=tally.listed)
        table.add_row(listing.name, *self._cells(listing))
        for place, stage in enumerate(now.stages):
            waits_in_turn = now.queued if place == 0 else 0
            table.add_row(stage.name, *self._cells(stage, waits_in_turn))
        return table

    def _cells(self, stage: StageCounts, waits_in_turn: int = 0) -> tuple[Text, ...]:
        return (
            _number(stage.queued + waits_in_turn),
            _number(stage.busy, "cyan"),
            _number(stage.passed, "bold"),
            _number(round(self._rates.get(stage.name, 0))),
            _number(stage.rejected, "red"),
        )


def duration(seconds: float) -> str:
    """Seconds in words: 2.6 s, 3 min 5 s, 2 h 10 min."""
    minutes, rest = divmod(int(seconds), 60)
    if not minutes:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _rates(earlier: Snapshot, now: Snapshot) -> dict[str, float]:
    seconds = now.at - earlier.at
    if seconds <= 0:
        return {}
    before = {stage.name: stage.passed for stage in earlier.stages}
    rates = {s.name: (s.passed - before.get(s.name, 0)) / seconds for s in now.stages}
    return {"list": (Tally.of(now).listed - Tally.of(earlier).listed) / seconds, **rates}


def _number(value: int, style: str = "") -> Text:
    return Text(f"{value:,}", style=style if value else "dim")


def _bar(tally: Tally, total: int) -> Text:
    """Forwarded, errors and left for later, each in its colour, out of the total."""
    bar = Text()
    ends = [0]
    shares = ((tally.forwarded, "green"), (tally.errors, "red"), (tally.later, "yellow"))
    for count, colour in shares:
        reached = ends[-1] + count
        bar.append("━" * (_cells_of(reached, total) - _cells_of(ends[-1], total)), style=colour)
        ends.append(reached)
    return bar.append("━" * (_BAR_WIDTH - len(bar)), style="bright_black")


def _cells_of(count: int, total: int) -> int:
    return _BAR_WIDTH * count // total if total else 0
