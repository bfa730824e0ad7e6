"""The other side of a hub under test, and what the contract suite does with a hub."""

import enum
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import pytest

from pipeline.domain.customers import Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef
from pipeline.ports.hub import Acknowledgement, AckOutcome, Forwarded, Hub
from pipeline.testing.clock import VirtualClock
from pipeline.testing.script import Operation

DOSSIER = "dossier-1"
OTHER_DOSSIER = "dossier-2"
INVOICE = b"<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'/>"


class Trouble(enum.StrEnum):
    """What a bench can make go wrong with the next call of an operation."""

    SERVER_ERROR = "server_error"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNAUTHORIZED = "unauthorized"
    LOST_REPLY = "lost_reply"
    RESET = "reset"
    TRUNCATED = "truncated"
    HTML = "html"


RETRY_AFTER = timedelta(seconds=2)
"""What `Trouble.TOO_MANY_REQUESTS` asks for."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A document to be put into the hub; names are unique in a dossier."""

    name: str
    body: bytes = field(default=INVOICE, repr=False)
    kind: DocumentKind = DocumentKind.PURCHASE_INVOICE


class HubBench(Protocol):
    """The other side of a hub under test.

    It starts with `DOSSIER` and `OTHER_DOSSIER`, linked to an accounting package with a location
    for purchase invoices, and without documents.
    """

    @property
    def hub(self) -> Hub:
        """The connector under test."""
        ...

    @property
    def clock(self) -> VirtualClock:
        """The clock that the connector was given."""
        ...

    @property
    def troubles(self) -> frozenset[Trouble]:
        """What `trouble` can do here."""
        ...

    async def seed(self, dossier_id: str, seeds: Sequence[Seed]) -> None:
        """Put documents into the hub; they can be listed from now on."""
        ...

    async def trouble(self, trouble: Trouble, operation: Operation) -> None:
        """Make the next call of an operation fail."""
        ...


def numbered(count: int, *, start: int = 0) -> Sequence[Seed]:
    """Seeds with bodies of their own."""
    return [
        Seed(f"{number:06}.xml", INVOICE + f"<!-- {number} -->".encode())
        for number in range(start, start + count)
    ]


def digests(seeds: Sequence[Seed]) -> set[str]:
    """Hex SHA-256 of the bodies."""
    return {hashlib.sha256(seed.body).hexdigest() for seed in seeds}


def needs(bench: HubBench, trouble: Trouble) -> None:
    """Skip a test whose trouble this bench cannot make."""
    if trouble not in bench.troubles:
        pytest.skip(f"this hub cannot be made to answer {trouble}")


def needs_acknowledgement(bench: HubBench) -> None:
    """Skip a test of what a hub is told."""
    if bench.hub.capabilities.acknowledgement is Acknowledgement.NONE:
        pytest.skip("this hub takes no acknowledgements")


def needs_feed(bench: HubBench) -> None:
    """Skip a test of the change feed."""
    if not bench.hub.capabilities.has_change_feed:
        pytest.skip("this hub has no change feed")


async def dossier_of(hub: Hub, dossier_id: str = DOSSIER) -> Dossier:
    """A dossier, as the hub lists it."""
    return [d async for page in hub.tenants() for d in page if d.id == dossier_id][0]


async def listing(hub: Hub, *, page: int = 100) -> Sequence[DocumentRef]:
    """Everything that waits in `DOSSIER`."""
    return [ref async for ref in _pages(hub, await dossier_of(hub), page)]


async def _pages(hub: Hub, dossier: Dossier, size: int) -> AsyncIterator[DocumentRef]:
    cursor: str | None = None
    while True:
        page = await hub.list(dossier, cursor, size)
        for ref in page.refs:
            yield ref
        cursor = page.cursor
        if cursor is None:
            return


async def acknowledge(hub: Hub, refs: Sequence[DocumentRef]) -> Sequence[AckOutcome]:
    """Acknowledge in batches of the size that the hub takes."""
    outcomes: list[AckOutcome] = []
    size = hub.capabilities.ack_batch
    for start in range(0, len(refs), size):
        batch = refs[start : start + size]
        outcomes += await hub.ack([Forwarded(ref.key, ref.offset) for ref in batch])
    return outcomes


async def changes(hub: Hub, cursor: str | None) -> tuple[set[str], str]:
    """Dossiers with news since a cursor, and the cursor after them."""
    found: set[str] = set()
    while True:
        page = await hub.changes(cursor)
        found.update(page.dossier_ids)
        cursor = page.cursor
        if not page.more:
            return found, page.cursor


def unknown_ref(hub: Hub) -> DocumentRef:
    """A reference to a document that the hub never had."""
    key = DocumentKey(hub.name, DOSSIER, "never-seen.xml#000000000000")
    return DocumentRef(key, DocumentKind.OTHER, VirtualClock().now())
