"""The calls of CodaBox API v2."""

from collections.abc import Sequence
from dataclasses import dataclass

from yarl import URL

from pipeline.connectors.answers import Answer
from pipeline.connectors.hubs.codabox.api import (
    Client,
    FeedEntry,
    FeedListing,
    FeedOffset,
    PodClient,
    Source,
)
from pipeline.connectors.rest import RestAccount, decode
from pipeline.domain.errors import DocumentRejected, TenantBlocked

LARGEST_LISTING = 64 * 2**20
"""Nothing is paged: a feed that nobody read for years is one answer."""


@dataclass(frozen=True, slots=True)
class CodaboxAccount:
    """What the software of an office may ask CodaBox."""

    rest: RestAccount

    async def pod_client(self) -> PodClient:
        """The feeds, the formats, and the time between two fetches."""
        url = self.rest.at("delivery", "pod-client", "")
        return decode(await self._listing(url, "list the clients with a feed"), PodClient)

    async def clients(self) -> Sequence[Client]:
        """The clients of all offices, with their enterprise numbers."""
        url = self.rest.at("clients", "")
        return decode(await self._listing(url, "list the clients of the office"), list[Client])

    async def entries(self, source: Source, feed_id: str | int) -> Sequence[FeedEntry]:
        """What waits in a feed, in its order."""
        url = self.rest.at("delivery", source.listing, str(feed_id), "")
        answer = await self._listing(url, f"list the {source.listing} of client {feed_id}")
        return decode(answer, FeedListing).feed_entries or ()

    async def commit(self, source: Source, feed_id: str | int, index: str) -> None:
        """Say that everything up to and including an entry was taken."""
        url = self.rest.at("delivery", source.listing, str(feed_id), "")
        offset = FeedOffset(feed_id, index)
        await self.rest.ask("PUT", url, f"note the offset of client {feed_id}", message=offset)

    async def download(self, source: Source, index: str, format_: str, *, max_bytes: int) -> Answer:
        """The bytes of a document."""
        url = self.rest.at("delivery", source.download, index, format_, "")
        action = f"give document {index} as {format_}"
        return await self.rest.ask("GET", url, action, max_bytes=max_bytes)

    async def _listing(self, url: URL, action: str) -> Answer:
        """An answer that is not paged; what CodaBox does not have blocks the dossier."""
        try:
            return await self.rest.ask("GET", url, action, max_bytes=LARGEST_LISTING)
        except DocumentRejected as error:
            raise TenantBlocked(str(error)) from error
