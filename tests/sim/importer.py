"""An importing program: takes whatever it sees, at any moment, and records before it deletes."""

import hashlib
from dataclasses import dataclass, field

from pipeline.testing.auditor import Placed
from pipeline.testing.sim_volume import Change, Kind, Node, SimVolume, Survival


@dataclass(slots=True)
class Importer:
    """Watches inboxes of a volume; it survives everything, with its records.

    ``shares_volume`` says that its database is on the same volume: its own commit then flushes
    what was moved before it, on a volume with one ordered log.
    """

    volume: SimVolume
    inboxes: list[str] = field(default_factory=list)
    shares_volume: bool = False
    taken: list[Placed] = field(default_factory=list)
    _nodes: set[Node] = field(default_factory=set)
    _came_back: set[Node] = field(default_factory=set)

    def look(self) -> None:
        """Take every file that is visible."""
        for inbox in self.inboxes:
            for name in self._visible(inbox):
                self.take(inbox, name)

    def take(self, inbox: str, name: str) -> None:
        """Record one file, then delete it."""
        folder = self.volume.find(inbox)
        assert folder is not None
        node = folder.entries[name]
        if node in self._came_back:
            self._came_back.discard(node)
        else:
            self.taken.append(placed(inbox, name, node))
            self._nodes.add(node)
            if self.shares_volume and self.volume.survival is Survival.ORDERED:
                self.volume.flush_names()
        self.volume.change(Change(taken=((folder, name),)))

    def after_power_cut(self) -> None:
        """Its deletions may have been undone: what it has on record is not imported again."""
        for inbox in self.inboxes:
            folder = self.volume.find(inbox)
            if folder is not None:
                self._came_back |= self._nodes & set(folder.entries.values())

    def has_taken(self, sha256: str) -> bool:
        """Whether a content is on record."""
        return any(file.sha256 == sha256 for file in self.taken)

    def _visible(self, inbox: str) -> list[str]:
        folder = self.volume.find(inbox)
        if folder is None:
            return []
        return [name for name, node in folder.entries.items() if node.kind is Kind.FILE]


def placed(inbox: str, name: str, node: Node) -> Placed:
    """What is seen of a file."""
    return Placed(inbox, name, hashlib.sha256(node.content).hexdigest())
