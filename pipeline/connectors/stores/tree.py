"""The tree of files that a store is, wherever it is kept."""

from collections.abc import Sequence
from typing import Protocol

from pipeline.connectors.stores.files import FoundFile, Place
from pipeline.ports.hub import AckOutcome


class Tree(Protocol):
    """A root folder with a sub-folder for each dossier.

    Raises `TransientError` or `HubUnavailable` for what may pass, `CredentialsRejected` when a
    person must do something. Links are never followed.
    """

    @property
    def where(self) -> str:
        """The root, for messages."""
        ...

    async def dossier_file(self) -> bytes | None:
        """Content of ``dossiers.json`` in the root, None without one."""
        ...

    async def folders(self) -> Sequence[str]:
        """Names of the folders in the root."""
        ...

    async def scan(self, folder: str) -> Sequence[FoundFile]:
        """Files below a folder that are not passed over, oldest first; none without the folder."""
        ...

    async def heads(
        self, folder: str, files: Sequence[FoundFile], size: int
    ) -> Sequence[bytes | None]:
        """Up to ``size`` bytes from the start of each file, None for one that cannot be read."""
        ...

    async def read(self, place: Place, *, expected: int | None, max_bytes: int) -> bytes | None:
        """Up to ``max_bytes`` + 1 bytes of a file, None when it is gone or was written again.

        ``expected`` is its size in the listing.
        """
        ...

    async def take_away(self, places: Sequence[Place]) -> Sequence[AckOutcome]:
        """Delete files or move them to ``processed``; one outcome each, in order.

        A file that was written again since is not the same file: it stays, and the outcome is GONE.
        """
        ...

    async def check(self) -> str:
        """Look at the root and say in words what is there."""
        ...

    async def close(self) -> None:
        """Release what is open; idempotent."""
        ...
