"""Where staging folders lie: one for the only process of an installation, or one a worker."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from pipeline.ports.disk import Disk

STAGING = ".dossierpost"
_WORKER = "worker-"
_BETWEEN = f"/{STAGING}/{_WORKER}"


@dataclass(frozen=True, slots=True)
class StagingPlace:
    """A staging folder below ``root``; ``worker`` is None for a process that works alone.

    The folders of workers lie in that of the only process, so that nobody imports from them.
    """

    root: str
    worker: int | None = None

    @classmethod
    @lru_cache(maxsize=1024)
    def named(cls, name: str) -> Self:
        """The place of a destination by its `name`."""
        root, _, number = name.rpartition(_BETWEEN)
        return cls(root, int(number)) if root and number.isdecimal() else cls(name)

    @property
    def name(self) -> str:
        """Name of the destination that stages here; rows of the state have it."""
        return self.root if self.worker is None else f"{self.root}{_BETWEEN}{self.worker}"

    @property
    def parts(self) -> tuple[str, ...]:
        """The names from the root to the folder."""
        return (STAGING,) if self.worker is None else (STAGING, f"{_WORKER}{self.worker}")


def workers_at(disk: Disk, root: str) -> Sequence[int]:
    """Which workers ever had a staging folder below a root.

    None where there is no staging, or the root cannot be looked into: whoever opens it says why.
    """
    try:
        with contextlib.closing(disk.open_folder(root, [STAGING])) as staging:
            names = disk.names(staging)
    except OSError:
        return []
    numbers = (name.removeprefix(_WORKER) for name in names if name.startswith(_WORKER))
    return sorted(int(number) for number in numbers if number.isdecimal())
