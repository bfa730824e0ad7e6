"""The clients that a software serves, and the feeds of each."""

from collections.abc import Mapping, Sequence

import anyio

from pipeline.connectors.hubs.codabox.account import CodaboxAccount
from pipeline.connectors.hubs.codabox.api import FeedClient, FeedEntry, PodClient, Source
from pipeline.connectors.hubs.codabox.feed import Feed
from pipeline.connectors.hubs.codabox.formats import Formats

FETCH_DELAY_S = 7200.0
"""Time between two readings of a feed when CodaBox does not say any."""


class ClientFeeds:
    """Knows the feeds of each client; what waits in them stays known when clients change."""

    def __init__(
        self, account: CodaboxAccount, formats: Formats, sources: Sequence[Source]
    ) -> None:
        self._account = account
        self._formats = formats
        self._sources = sources
        self._pod: PodClient | None = None
        self._clients: Mapping[str, FeedClient] = {}
        self._feeds: dict[tuple[Source, int | str], Feed] = {}
        self._turn = anyio.Lock(fast_acquire=True)

    @property
    def delay_s(self) -> float:
        """Seconds between two readings of a feed."""
        stated = self._pod.fetch_delay if self._pod else None
        return FETCH_DELAY_S if stated is None else stated

    async def refresh(self) -> Sequence[FeedClient]:
        """Ask for the clients; one that has several feeds is served by the last."""
        self._pod = await self._account.pod_client()
        self._clients = {each.client_id: each for each in self._pod.feed_clients or ()}
        current = {(source, each.id) for each in self._clients.values() for source in self._sources}
        self._feeds = {key: feed for key, feed in self._feeds.items() if key in current}
        return tuple(self._clients.values())

    async def of(self, client_id: str) -> Sequence[Feed]:
        """The feeds of a client; none when CodaBox does not list the client any more."""
        async with self._turn:
            if self._pod is None:
                await self.refresh()
        client = self._clients.get(client_id)
        return [self._feed(source, client.id) for source in self._sources] if client else ()

    def _feed(self, source: Source, feed_id: int | str) -> Feed:
        key = (source, feed_id)
        if key not in self._feeds:
            self._feeds[key] = Feed(self._account, source, feed_id, self._formats_of)
        return self._feeds[key]

    def _formats_of(self, entry: FeedEntry) -> tuple[str, ...]:
        allowed = (self._pod.allowed_formats if self._pod else None) or {}
        return self._formats.of(entry.model, allowed)
