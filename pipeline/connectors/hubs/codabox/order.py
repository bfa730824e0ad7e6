"""The order of a feed: what waits in it, and how far everything was dealt with.

An offset says "everything up to here", so it may be committed only as far as no entry waits
before it, whatever order documents were delivered in.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.connectors.hubs.codabox.api import FeedEntry


@dataclass(slots=True)
class WaitingEntry:
    """An entry that no offset was committed for.

    ``place`` grows with every entry that is met and stays with it; ``formats`` are to be
    delivered, ``dealt_with`` are delivered or Error.
    """

    entry: FeedEntry
    formats: tuple[str, ...]
    place: int
    seen_at: datetime
    dealt_with: set[str] = field(default_factory=set)

    @property
    def waiting_formats(self) -> Sequence[str]:
        """Formats that nobody dealt with."""
        return [each for each in self.formats if each not in self.dealt_with]


class FeedOrder:
    """The entries of one feed, in its order."""

    def __init__(self) -> None:
        self._waiting: dict[str, WaitingEntry] = {}
        self._places = itertools.count(1)

    def __contains__(self, index: str) -> bool:
        return index in self._waiting

    def __iter__(self) -> Iterator[WaitingEntry]:
        return iter(tuple(self._waiting.values()))

    def replace(
        self, listed: Sequence[tuple[FeedEntry, tuple[str, ...]]], seen_at: datetime
    ) -> None:
        """Take over a listing; what was dealt with stays so, what is not listed is forgotten."""
        before = self._waiting
        self._waiting = {}
        for entry, formats in listed:
            known = before.get(entry.index) or self._waiting.get(entry.index)
            self._waiting[entry.index] = WaitingEntry(
                entry=entry,
                formats=formats,
                place=known.place if known else next(self._places),
                seen_at=known.seen_at if known else seen_at,
                dealt_with=known.dealt_with if known else set(),
            )

    def deal_with(self, index: str, format_: str) -> bool:
        """Note that a document was delivered or is Error; whether its entry waits here."""
        waiting = self._waiting.get(index)
        if waiting is not None:
            waiting.dealt_with.add(format_)
        return waiting is not None

    def offset(self) -> str | None:
        """The last entry before which, itself included, nothing waits any more."""
        passed = [*itertools.takewhile(lambda each: not each.waiting_formats, self)]
        return passed[-1].entry.index if passed else None

    def step_past(self, index: str) -> None:
        """Forget everything up to and including an entry."""
        if index not in self._waiting:
            return
        for each in self:
            del self._waiting[each.entry.index]
            if each.entry.index == index:
                return
