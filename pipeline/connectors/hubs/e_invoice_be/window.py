"""How far an inbox is read that is told nothing: newest first, back to what is surely known.

A mark holds when the newest document of the last listing was received. The next reads back to
`OVERLAP` before that, for documents that came late or whose delivery was put off; and once in
`SWEEP` to the very end. Receipt counts, never the date of the invoice.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from pipeline.connectors.hubs.e_invoice_be.api import Item
from pipeline.domain.errors import TransientError

OVERLAP = timedelta(hours=72)
SWEEP = timedelta(days=1)
_STALE_PAGES = 3
EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Mark(msgspec.Struct, frozen=True, tag="mark"):
    """What a listing ended with; ``swept_at`` is when the last one to the end began."""

    newest: datetime
    swept_at: datetime


class Page(msgspec.Struct, frozen=True, tag="page"):
    """The page to ask for next, and what is known from those before it.

    ``last_id`` and ``last_at`` are the document that ended them: what was received meanwhile
    moves others to later pages, where they come once more. ``until`` is where reading ends, and
    ``stale`` counts the pages before it that had nothing new.
    """

    number: int
    size: int
    until: datetime
    mark: Mark
    last_id: str = ""
    last_at: datetime | None = None
    stale: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """What is read: documents received since a moment, in pages of at most ``size``."""

    since: datetime
    size: int

    def first(self, text: str | None, now: datetime) -> Page:
        """The page that a cursor means; of a mark, or of anything else, the first one."""
        cursor = _read(text)
        if isinstance(cursor, Page):
            return cursor
        if cursor is None or now - cursor.swept_at >= SWEEP:
            newest = cursor.newest if cursor else self.since
            return Page(1, self.size, self.since, Mark(newest, swept_at=now))
        return Page(1, self.size, max(self.since, cursor.newest - OVERLAP), cursor)


def fresh(page: Page, items: list[Item], now: datetime) -> list[tuple[Item, datetime]]:
    """The documents of a page that were not on those before, with their receipt.

    One whose receipt is not told counts as received now.
    """
    found = [(item, item.received_at or now) for item in items]
    ids = [item.id for item in items]
    if page.last_id in ids:
        return found[ids.index(page.last_id) + 1 :]
    return [each for each in found if page.last_at is None or each[1] <= page.last_at]


def following(page: Page, found: list[tuple[Item, datetime]], now: datetime) -> Page:
    """The page after one with these documents.

    The newest never lies ahead: one with a wrong date must not hide all that come after it.

    Raises:
        TransientError: page after page is the same.
    """
    stale = 0 if found else page.stale + 1
    if stale > _STALE_PAGES:
        raise TransientError("The inbox gives the same page again and again.")
    moments = [min(moment, now) for _, moment in found]
    last_id, last_at = (found[-1][0].id, found[-1][1]) if found else (page.last_id, page.last_at)
    return Page(
        number=page.number + 1,
        size=page.size,
        until=page.until,
        mark=Mark(max([page.mark.newest, *moments]), page.mark.swept_at),
        last_id=last_id,
        last_at=last_at,
        stale=stale,
    )


def written(cursor: Page | Mark) -> str:
    """A cursor as text."""
    return msgspec.json.encode(cursor).decode()


def _read(text: str | None) -> Page | Mark | None:
    try:
        return msgspec.json.decode(text, type=Page | Mark) if text else None
    except msgspec.DecodeError:
        return None
