"""Where the bytes stay of documents that could not be delivered."""

from typing import Protocol

from pipeline.domain.documents import DocumentKey


class Quarantine(Protocol):
    """Keeps bytes for a person to look at; what we cannot deliver we keep."""

    async def keep(self, key: DocumentKey, body: bytes) -> str:
        """Store the bytes durably and return where; keeping the same key again replaces them.

        Raises `TransientError` when the volume cannot take them now.
        """
        ...
