"""A feed of one client: read no more often than CodaBox allows, committed as far as is sure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import anyio

from pipeline.connectors.hubs.codabox.account import CodaboxAccount
from pipeline.connectors.hubs.codabox.api import FeedEntry, Source
from pipeline.connectors.hubs.codabox.order import FeedOrder
from pipeline.domain.errors import CredentialsRejected, DocumentRejected, TenantBlocked

FormatsOf = Callable[[FeedEntry], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Told:
    """What telling a feed led to: entries that are committed now, and those told that are not."""

    committed: frozenset[str]
    waiting: frozenset[str]


class Feed:
    """One feed; reading and committing take turns, so that no offset moves back."""

    def __init__(
        self, account: CodaboxAccount, source: Source, feed_id: str | int, formats_of: FormatsOf
    ) -> None:
        self.source = source
        self.order = FeedOrder()
        self._account = account
        self._feed_id = feed_id
        self._formats_of = formats_of
        self._read_at: float | None = None
        self._turn = anyio.Lock(fast_acquire=True)

    async def read(self, delay_s: float) -> None:
        """Ask what waits, unless that was asked less than ``delay_s`` ago."""
        async with self._turn:
            if self._read_at is None or self._now() - self._read_at >= delay_s:
                await self._read()

    async def deal_with(self, documents: Sequence[tuple[str, str]]) -> Told:
        """Note documents, by index and format, as delivered or Error; commit what that allows."""
        async with self._turn:
            if self._read_at is None:
                await self._read()
            known = {index for index, each in documents if self.order.deal_with(index, each)}
            committed = await self._commit()
            return Told(committed=committed, waiting=frozenset(known - committed))

    async def _read(self) -> None:
        entries = await self._account.entries(self.source, self._feed_id)
        self._read_at = self._now()
        listed = [(entry, self._formats_of(entry)) for entry in entries]
        self.order.replace(listed, self._account.rest.clock.now())

    async def _commit(self) -> frozenset[str]:
        """Commit what can be; returns the entries that wait no more."""
        index = self.order.offset()
        if index is None:
            return frozenset()
        before = [each.entry.index for each in self.order]
        try:
            await self._account.commit(self.source, self._feed_id, index)
        except CredentialsRejected:
            raise
        except (DocumentRejected, TenantBlocked) as error:
            await self._read()  # an offset that was committed already is refused
            if index in self.order:
                raise TenantBlocked(str(error)) from error
        self.order.step_past(index)
        return frozenset(each for each in before if each not in self.order)

    def _now(self) -> float:
        return self._account.rest.clock.monotonic()
