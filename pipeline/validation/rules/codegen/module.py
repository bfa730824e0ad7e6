"""The Python module under construction: constants, values kept for a document or for a node."""

from collections.abc import Mapping

REMEMBERED_FROM = 6
"""A condition that is written this often in the rules is kept with each node it was asked of."""


class Module:
    """Collects source; equal code is written once."""

    def __init__(self, repetitions: Mapping[str, int]) -> None:
        self._repetitions = repetitions
        self._constants: dict[str, str] = {}
        self._memos: dict[str, int] = {}
        self._conditions: dict[str, int] = {}
        self._parts: list[str] = []
        self._globals: list[str] = []

    @property
    def memo_size(self) -> int:
        """How many values may be kept for a document."""
        return len(self._memos)

    def constant(self, code: str) -> str:
        """The name of a constant with this value."""
        return self._constants.setdefault(code, f"C{len(self._constants)}")

    def per_document(self, code: str) -> str:
        """Code for a value that depends on the document alone, computed when first needed."""
        slot = self._memos.get(code)
        if slot is None:
            slot = self._memos[code] = len(self._memos)
            self.add(f"def M{slot}(d):\n    m = d.memo\n    v = m[{slot}] = {code}\n    return v\n")
        return f"(m[{slot}] if m[{slot}] is not None else M{slot}(d))"

    def is_remembered(self, source: str) -> bool:
        """Whether a condition is repeated so often that its answer is worth keeping."""
        return self._repetitions.get(source, 0) >= REMEMBERED_FROM

    def per_node(self, code: str) -> str:
        """The name of a function of a node ``n`` that remembers the answer ``code`` gives."""
        number = self._conditions.get(code)
        if number is None:
            number = self._conditions[code] = len(self._conditions)
            self.add(
                f"def Q{number}(n, d):\n"
                "    q = n.memo\n"
                "    if q is None:\n"
                "        q = n.memo = {}\n"
                f"    elif {number} in q:\n"
                f"        return q[{number}]\n"
                "    m = d.memo\n"
                f"    v = q[{number}] = {code}\n"
                "    return v\n"
            )
        return f"Q{number}"

    def add_global(self, code: str) -> int:
        """The number of a variable of the whole document."""
        self._globals.append(code)
        return len(self._globals) - 1

    def global_code(self, number: int) -> str:
        """Code for the value of a variable of the whole document."""
        return self._globals[number]

    def add(self, source: str) -> None:
        """Write a function."""
        self._parts.append(source)

    def source(self) -> str:
        """All that was written."""
        constants = "".join(f"{name} = {code}\n" for code, name in self._constants.items())
        return constants + "\n" + "\n".join(self._parts)
