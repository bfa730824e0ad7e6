"""Where the parts of a case lie."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie: ``scratch`` and the hub survive everything, the others are under test."""

    scratch: Path
    root: Path
    state: Path
    imported: Path

    @classmethod
    def below(cls, folder: Path) -> "Places":
        """Everything on one volume that nothing happens to."""
        return cls(folder, folder / "root", folder / "state", folder / "imported.sqlite")

    @property
    def hub(self) -> Path:
        """Store of the hub."""
        return self.scratch / "hub"

    @property
    def log(self) -> Path:
        """What the processes of the running case print."""
        return self.scratch / "log"

    @property
    def boot_id(self) -> Path:
        """What the processes of the running case read as the identity of the machine's start."""
        return self.scratch / "boot_id"

    @property
    def template(self) -> Path:
        """What is copied at the begin of a case."""
        return self.scratch / "template"
