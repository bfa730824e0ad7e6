"""Messages of CodaBox API v2, as far as they are read; the rest is ignored."""

from collections.abc import Mapping
from enum import Enum

import msgspec


class Source(Enum):
    """A kind of feed; the value names its listing and its downloads in addresses."""

    DELIVERY = ("feed", "download")
    REDELIVERY = ("redownload-feed", "redownload")

    @property
    def listing(self) -> str:
        """Path segment of the listing, which offsets are committed to."""
        return self.value[0]

    @property
    def download(self) -> str:
        """Path segment of the documents."""
        return self.value[1]


class FeedClient(msgspec.Struct):
    """A client of the office with a feed of its own."""

    id: int | str
    client_id: str
    client_name: str | None = None
    client_code: str | None = None


class PodClient(msgspec.Struct):
    """What the software may fetch: clients, formats, and how many seconds lie between fetches."""

    feed_clients: list[FeedClient] | None = None
    fetch_delay: float | None = None
    allowed_formats: dict[str, list[str] | None] | None = None


class LegalEntity(msgspec.Struct):
    """The enterprise of a client."""

    name: str | None = None
    enterprise_num: str | None = None


class Mandate(msgspec.Struct):
    """What a client allowed a bank to send; ``state`` is active when statements come."""

    state: str | None = None
    reason_code: str | None = None


class Client(msgspec.Struct):
    """A client of the office."""

    id: str
    legal_entity: LegalEntity | None = None
    coda_mandates: list[Mandate] | None = None


class FeedEntry(msgspec.Struct):
    """A document in a feed; only the metadata of statements has a known form."""

    feed_index: str | int
    document_model: str | None = None
    metadata: Mapping[str, object] | None = None

    @property
    def index(self) -> str:
        """The opaque name of the entry; its place in the feed is its order."""
        return str(self.feed_index)

    @property
    def model(self) -> str:
        """The kind of document, as CodaBox calls it."""
        return self.document_model or ""


class FeedListing(msgspec.Struct):
    """Everything in a feed that no offset was committed for, in order."""

    feed_entries: list[FeedEntry] | None = None


class FeedOffset(msgspec.Struct):
    """Everything up to and including an entry was taken."""

    id: int | str
    feed_offset: str
