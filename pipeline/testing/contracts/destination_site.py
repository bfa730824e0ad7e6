"""What the contract of destinations is tried on: a folder tree, and deliveries to it."""

import hashlib
from abc import ABC, abstractmethod
from datetime import UTC, datetime

from pipeline.domain.delivery import PlannedDelivery, PlannedFile
from pipeline.domain.documents import DocumentKey, DocumentKind, KeyData
from pipeline.domain.paths import name_key
from pipeline.ports.destination import Destination, token_name

INSTALLATION = "0123456789abcdef"
RECEIVED = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class Site(ABC):
    """A folder tree as an administrator, an importing program and a vandal see it."""

    root: str

    def folder(self, *parts: str) -> str:
        """An absolute folder below the root."""
        return "/".join((self.root, *parts))

    @abstractmethod
    def destination(self) -> Destination:
        """Another `Destination` on this tree, as another process would have it; not open."""

    @abstractmethod
    def make_folder(self, folder: str) -> None:
        """Make a folder and those above it."""

    @abstractmethod
    def put(self, folder: str, name: str, body: bytes) -> None:
        """Put a file of somebody else into a folder."""

    @abstractmethod
    def files(self, folder: str) -> dict[str, bytes]:
        """The plain files in a folder."""

    @abstractmethod
    def remove(self, folder: str, name: str) -> None:
        """Remove a file."""


def planned(
    destination: Destination, folder: str, number: int, *bodies: bytes, is_pair: bool = False
) -> PlannedDelivery:
    """A delivery of one document, or of an attachment and its document."""
    key = DocumentKey("hub", "dossier", f"document-{number}")
    contents = bodies or (f"body {number}".encode(),)
    names = [f"n{number}.pdf", f"n{number}.xml"] if is_pair else [f"n{number}.xml"]
    fence = destination.new_fence()
    files = tuple(
        PlannedFile(
            token=token_name(key, fence, ordinal),
            folder=folder,
            name=name,
            name_key=name_key(folder, name),
            sha256=hashlib.sha256(body).hexdigest(),
            size_bytes=len(body),
            body=body,
        )
        for ordinal, (name, body) in enumerate(zip(names, contents, strict=True))
    )
    return PlannedDelivery(
        key=key,
        kind=DocumentKind.PURCHASE_INVOICE,
        received_at=RECEIVED,
        sha256=files[-1].sha256,
        size_bytes=files[-1].size_bytes,
        destination=destination.name,
        files=files,
        key_data=KeyData(supplier_name="Drukkerij é & Zonen", number="2026-1"),
        offset="7",
    )
