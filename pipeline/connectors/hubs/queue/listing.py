"""Pages of a dossier's listing out of listings that shrink, shift or starve while handled."""

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.connectors.answers import AnswerTooLarge
from pipeline.connectors.hubs.queue.asking import Asking
from pipeline.connectors.hubs.queue.profile import Listing, Paging, Profile
from pipeline.domain.documents import DocumentKey, DocumentRef
from pipeline.ports.hub import ListPage

_LISTINGS = 256
"""Listings under way at the same time; the oldest is forgotten, and begun anew if asked for."""


@dataclass(slots=True)
class _UnderWay:
    """A dossier's listing: what waits to be given, and what was given.

    The rest is for hubs that show their first documents only. ``left`` was given and is not
    acknowledged yet, ``foreign`` are the documents of others; both still take room in the list.
    ``step`` is how many more are asked for, ``is_full`` says that there are more.
    """

    number: int
    step: int
    waiting: deque[DocumentRef] = field(default_factory=deque)
    given: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    foreign: int = 0
    is_full: bool = False

    @property
    def next_size(self) -> int:
        """How many documents to ask for, so that some come that were not given."""
        return self.step + len(self.left) + self.foreign

    def take_in(self, refs: Sequence[DocumentRef]) -> None:
        """Let references wait that were not given before."""
        for ref in refs:
            if ref.key.document_id not in self.given:
                self.given.add(ref.key.document_id)
                self.waiting.append(ref)

    def give(self, limit: int) -> list[DocumentRef]:
        """Up to ``limit`` references."""
        page = [self.waiting.popleft() for _ in range(min(limit, len(self.waiting)))]
        self.left.update(ref.key.document_id for ref in page)
        return page


class Listings:
    """Cuts the listings of one hub account into pages, see `pipeline.ports.hub.Hub.list`.

    All ids are taken before the first page is given. Where a hub shows its first documents only,
    it is asked again when these were given: for as many as are still there, and a page more.
    """

    def __init__(self, profile: Profile, asking: Asking) -> None:
        self._listing: Listing = profile.listing
        self._asking = asking
        self._under_way: OrderedDict[str, _UnderWay] = OrderedDict()
        self._last_number = 0

    async def page(self, dossier_id: str, cursor: str | None, limit: int) -> ListPage:
        """The next page of a dossier's listing."""
        under_way = self._under_way.get(dossier_id)
        if under_way is None or cursor != str(under_way.number):
            under_way = await self._begun(dossier_id)
        if not under_way.waiting and under_way.is_full:
            await self._look_further(dossier_id, under_way)
        refs = under_way.give(limit)
        if under_way.waiting or (refs and under_way.is_full):
            return ListPage(refs, self._cursor_of(under_way))
        self._under_way.pop(dossier_id, None)
        return ListPage(refs)

    def acknowledged(self, keys: Iterable[DocumentKey]) -> None:
        """Note what the hub does not show any more."""
        for key in keys:
            if (under_way := self._under_way.get(key.dossier)) is not None:
                under_way.left.discard(key.document_id)

    async def _begun(self, dossier_id: str) -> _UnderWay:
        under_way = _UnderWay(self._next_number(), self._listing.size)
        if self._listing.paging is Paging.FIRST:
            under_way.is_full = True
        else:
            items = await self._asking.everything(self._listing, {"company": dossier_id})
            under_way.take_in(await self._asking.refs(dossier_id, items))
        self._under_way[dossier_id] = under_way
        self._under_way.move_to_end(dossier_id)
        while len(self._under_way) > _LISTINGS:
            self._under_way.popitem(last=False)
        return under_way

    async def _look_further(self, dossier_id: str, under_way: _UnderWay) -> None:
        """Ask for a longer list until it shows something that was not given, or it ends.

        When even one document more is too large to be read, the rest is for the next pass: by
        then, what was given is acknowledged.
        """
        size = under_way.next_size
        while under_way.is_full and not under_way.waiting:
            try:
                seen = await self._asking.first(self._listing, {"company": dossier_id}, size)
            except AnswerTooLarge:
                if under_way.step == 1 and not under_way.given:
                    raise
                under_way.is_full = under_way.step > 1
                under_way.step //= 2
                size = under_way.next_size
                continue
            refs = await self._asking.refs(dossier_id, seen.items)
            under_way.is_full = seen.is_full
            under_way.foreign = len(seen.items) - len(refs)
            under_way.take_in(refs)
            size = max(size + under_way.step, under_way.next_size)

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _cursor_of(self, under_way: _UnderWay) -> str:
        """Every page has a cursor of its own."""
        under_way.number = self._next_number()
        return str(under_way.number)
