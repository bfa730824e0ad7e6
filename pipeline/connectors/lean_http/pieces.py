"""Bytes that come in pieces: large pieces are copied once, small ones cost no more than they hold.

A list of single bytes from a spiteful server would take forty times the memory of the bytes.
"""

SMALL = 4096
"""Pieces below this are gathered in one buffer."""


class Pieces:
    """What came, in order; ``size`` counts it."""

    __slots__ = ("_parts", "_small", "size")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._small = bytearray()
        self.size = 0

    def add(self, data: bytes) -> None:
        """Take one piece."""
        self.size += len(data)
        if len(data) < SMALL:
            self._small += data
            return
        self._gather()
        self._parts.append(data)

    def whole(self) -> bytes:
        """All of it; no copy when it came in one large piece."""
        self._gather()
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def _gather(self) -> None:
        if self._small:
            self._parts.append(bytes(self._small))
            self._small.clear()
