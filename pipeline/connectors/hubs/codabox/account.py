"""The calls of CodaBox API v2."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.connectors.answers import Answer
from pipeline.connectors.hubs.codabox.api import (
    Client,
    FeedEntry,
    FeedListing,
    FeedOffset,
    PodClient,
    Source,
)
from pipeline.connectors.rest import RestAccount

LARGEST_LISTING = 64 * 2**20
"""Nothing is paged: a feed that nobody read for years is one answer."""


@dataclass(frozen=True, slots=True)
class CodaboxAccount:
    """What the software of an office may ask CodaBox."""

    rest: RestAccount

    async def pod_client(self) -> PodClient:
        """The feeds, the formats, and the time between two fetches."""
        url = self.rest.at("delivery", "pod-client", "")
        return await self.rest.get(
            url, PodClient, "list the clients with a feed", max_bytes=LARGEST_LISTING
        )

    async def clients(self) -> Sequence[Client]:
        """The clients of all offices, with their enterprise numbers."""
        url = self.rest.at("clients", "")
        action = "list the clients of the office"
        return await self.rest.get(url, list[Client], action, max_bytes=LARGEST_LISTING)

    async def entries(self, source: Source, feed_id: str | int) -> Sequence[FeedEntry]:
        """What waits in a feed, in its order."""
        url = self.rest.at("delivery", source.listing, str(feed_id), "")
        action = f"list the {source.listing} of client {feed_id}"
        listing = await self.rest.get(url, FeedListing, action, max_bytes=LARGEST_LISTING)
        return listing.feed_entries or ()

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
