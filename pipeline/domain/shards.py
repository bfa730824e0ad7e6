"""Shards: which of several processes has a dossier."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shard:
    """The part of all dossiers that worker ``number`` of ``count`` has.

    Every tenant belongs to one shard of a count, the same on every machine and in every version.
    """

    number: int = 1
    count: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether it has every dossier."""
        return self.count == 1

    @property
    def is_first(self) -> bool:
        """Whether it is the one that does what is to be done once."""
        return self.number == 1

    def has(self, tenant: str) -> bool:
        """Whether a dossier belongs to it."""
        if self.is_whole:
            return True
        digest = hashlib.blake2b(tenant.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.count == self.number - 1

    def scope(self, name: str) -> str:
        """The name of a cursor that speaks for these dossiers only."""
        return name if self.is_whole else f"{name}/{self.number}of{self.count}"


WHOLE = Shard()
"""All dossiers: there is one process."""
