"""A volume that remembers what is durable, so that its power can be cut.

Names are an ordered list of changes since the last flush; what survives a power cut is decided by
the `Survival` rule. Contents survive a cut as they were last flushed, or torn.
"""

import enum
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


class Survival(enum.StrEnum):
    """Which changes of names survive a power cut.

    ORDERED: those before some moment (ext4, xfs, NTFS: one log for the volume, and any flush makes
    everything before it durable). WEAK: any of them, each whole (what POSIX promises). TORN: as
    WEAK, and of a move between folders perhaps only one half.
    """

    ORDERED = "ordered"
    WEAK = "weak"
    TORN = "torn"


class Kind(enum.Enum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


@dataclass(eq=False, slots=True)
class Node:
    """A file, folder or link; ``durable`` and ``durable_entries`` are what the device has."""

    kind: Kind
    content: bytes = b""
    durable: bytes = b""
    entries: dict[str, "Node"] = field(default_factory=dict)
    durable_entries: dict[str, "Node"] = field(default_factory=dict)
    is_writable: bool = True
    device: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Names added to and taken from folders in one step."""

    added: tuple[tuple[Node, str, Node], ...] = ()
    taken: tuple[tuple[Node, str], ...] = ()

    def touches(self, folder: Node) -> bool:
        """Whether a flush of ``folder`` makes it durable."""
        return any(place[0] is folder for place in (*self.added, *self.taken))

    def halves(self) -> tuple["Change", ...]:
        """What may be left of it when it is torn."""
        return (self, Change(added=self.added), Change(taken=self.taken))

    def apply(self) -> None:
        """Make it durable."""
        for folder, name in self.taken:
            folder.durable_entries.pop(name, None)
        for folder, name, node in self.added:
            folder.durable_entries[name] = node


class SimVolume:
    """Folders and files beneath ``/``; shared by the processes of a simulation.

    ``has_synchronous_names`` makes every change of names durable at once (``chattr +D``).
    ``boots`` counts the starts of the machine.
    """

    def __init__(
        self,
        *,
        survival: Survival = Survival.ORDERED,
        has_synchronous_names: bool = False,
        kind: str = "ext4",
    ) -> None:
        self.survival = survival
        self.has_synchronous_names = has_synchronous_names
        self.kind = kind
        self.top = Node(Kind.FOLDER)
        self.boots = 1
        self.locks: dict[Node, object] = {}
        self._pending: list[Change] = []

    # -- changing -----------------------------------------------------------------------------
    def change(self, change: Change) -> None:
        """Change names, visible at once."""
        for folder, name in change.taken:
            del folder.entries[name]
        for folder, name, node in change.added:
            folder.entries[name] = node
        self._pending.append(change)
        if self.has_synchronous_names:
            self.flush_names()

    def flush_names(self, folder: Node | None = None) -> None:
        """Make changes durable: all of them, or (WEAK, TORN) those that touch ``folder``."""
        is_partial = folder is not None and self.survival is not Survival.ORDERED
        kept: list[Change] = []
        for change in self._pending:
            if is_partial and folder is not None and not change.touches(folder):
                kept.append(change)
            else:
                change.apply()
        self._pending = kept

    def flush_content(self, node: Node) -> None:
        """Make the content of a file durable; on an ordered volume, everything before it too."""
        node.durable = node.content
        if self.survival is Survival.ORDERED:
            self.flush_names()

    def flush_all(self) -> None:
        """Make everything durable."""
        for node in self.walk():
            node.durable = node.content
        self.flush_names()

    # -- the end of a process, or of the power ---------------------------------------------------
    def release_locks(self, owner: object) -> None:
        """Drop the locks of a process that has ended."""
        self.locks = {node: who for node, who in self.locks.items() if who is not owner}

    def cut_power(self, rng: random.Random) -> None:
        """Leave what is durable, and by chance some of the rest; the machine starts again."""
        for change in self._survivors(rng):
            change.apply()
        self._pending = []
        self.locks = {}
        self.boots += 1
        for node in self.walk(lambda folder: folder.durable_entries):
            node.entries = dict(node.durable_entries)
            node.content = node.durable = _after_cut(node, rng)

    def _survivors(self, rng: random.Random) -> list[Change]:
        if self.survival is Survival.ORDERED:
            return self._pending[: rng.randint(0, len(self._pending))]
        kept = [change for change in self._pending if rng.getrandbits(1)]
        if self.survival is Survival.TORN:
            return [rng.choice(change.halves()) for change in kept]
        return kept

    # -- looking ------------------------------------------------------------------------------
    def find(self, path: str) -> Node | None:
        """The node at an absolute path; links are not followed."""
        node: Node | None = self.top
        for name in path.strip("/").split("/"):
            if name and node is not None:
                node = node.entries.get(name)
        return node

    def make_folders(self, path: str) -> Node:
        """Make a folder and those above it, durable: how an administrator prepares a machine."""
        node = self.top
        for name in filter(None, path.split("/")):
            if name not in node.entries:
                self.change(Change(added=((node, name, Node(Kind.FOLDER)),)))
            node = node.entries[name]
        self.flush_all()
        return node

    def walk(
        self, entries: Callable[[Node], dict[str, Node]] = lambda folder: folder.entries
    ) -> Iterator[Node]:
        """Every node once, from the top."""
        seen: set[int] = set()
        waiting = [self.top]
        while waiting:
            node = waiting.pop()
            if id(node) not in seen:
                seen.add(id(node))
                yield node
                waiting.extend(entries(node).values())


def _after_cut(node: Node, rng: random.Random) -> bytes:
    """Unflushed content may be there, be cut short, or be missing."""
    if node.content == node.durable:
        return node.durable
    shared = len(node.durable) if node.content.startswith(node.durable) else 0
    torn = node.content[: rng.randint(shared, len(node.content))]
    return rng.choice((node.durable, torn, node.content))
