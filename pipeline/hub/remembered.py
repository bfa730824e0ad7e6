"""A bounded memory of what was read from the store."""

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Values by key, the longest unused dropped when their weights exceed ``room``.

    Forgetting moves the generation on, and a value that was read under an earlier generation is
    not taken: so a read that overlaps a write cannot bring the old value back.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._values: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self.generation = 0

    def get(self, key: str) -> T | None:
        """The value, if it is remembered."""
        if (found := self._values.get(key)) is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: str, value: T, *, generation: int, weight: int = 1) -> None:
        """Remember a value that was read under ``generation``."""
        if generation != self.generation or key in self._values:
            return
        self._values[key] = (value, weight)
        self._room -= weight
        while self._room < 0:
            _, (_, freed) = self._values.popitem(last=False)
            self._room += freed

    def forget(self, key: str) -> None:
        """Drop one value; called after the commit that changed it."""
        self.generation += 1
        if (old := self._values.pop(key, None)) is not None:
            self._room += old[1]

    def forget_all(self) -> None:
        """Drop every value."""
        for key in list(self._values):
            self.forget(key)
        self.generation += 1
