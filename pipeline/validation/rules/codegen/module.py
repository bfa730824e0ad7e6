"""The Python module under construction: constants, values kept for a document or for a node."""

from collections.abc import Iterable, Mapping

from pipeline.validation.rules.program import Way

REMEMBERED_FROM = 6
"""A condition that is written this often in the rules is kept with each node it was asked of."""

_HEADS = {"m[": "m = d.memo", "p[": "p = d.collected"}


class Module:
    """Collects source; equal code is written once."""

    def __init__(self, repetitions: Mapping[str, int]) -> None:
        self._repetitions = repetitions
        self._constants: dict[str, str] = {}
        self._memos: dict[str, int] = {}
        self._conditions: dict[str, int] = {}
        self._parts: list[str] = []
        self._globals: list[str] = []
        self._collected: dict[Way, int] = {}
        self._filed: set[str] = set()

    @property
    def collected(self) -> tuple[Way, ...]:
        """The ways to nodes that are collected during the parse, by number."""
        return tuple(self._collected)

    @property
    def filed(self) -> frozenset[str]:
        """The names by which children are looked up."""
        return frozenset(self._filed)

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
            self.add_function(f"M{slot}", "d", [f"v = d.memo[{slot}] = {code}", "return v"])
        return f"(m[{slot}] if m[{slot}] is not None else M{slot}(d))"

    def is_remembered(self, source: str) -> bool:
        """Whether a condition is repeated so often that its answer is worth keeping."""
        return self._repetitions.get(source, 0) >= REMEMBERED_FROM

    def per_node(self, code: str) -> str:
        """The name of a function of a node ``x`` that remembers the answer ``code`` gives."""
        number = self._conditions.get(code)
        if number is None:
            number = self._conditions[code] = len(self._conditions)
            body = [
                "q = x.memo",
                "if q is None: q = x.memo = {}",
                f"elif {number} in q: return q[{number}]",
                f"v = q[{number}] = {code}",
                "return v",
            ]
            self.add_function(f"Q{number}", "x, d", body)
        return f"Q{number}"

    def add_global(self, code: str) -> int:
        """The number of a variable of the whole document."""
        self._globals.append(code)
        return len(self._globals) - 1

    def global_code(self, number: int) -> str:
        """Code for the value of a variable of the whole document."""
        return self._globals[number]

    def collect(self, way: Way) -> str:
        """Code for the nodes on a way, in document order."""
        return f"p[{self._collected.setdefault(way, len(self._collected))}]"

    def file(self, name: str) -> None:
        """Note that children are looked up by this name."""
        self._filed.add(name)

    def add_function(self, name: str, parameters: str, body: Iterable[str]) -> None:
        """Write a function; ``m`` and ``p`` in it are what is kept and collected."""
        lines = list(body)
        text = "\n".join(lines)
        heads = [head for mark, head in _HEADS.items() if mark in text]
        inside = "".join(f"    {line}\n" for line in (*heads, *lines))
        self._parts.append(f"def {name}({parameters}):\n{inside}")

    def add(self, source: str) -> None:
        """Write anything else."""
        self._parts.append(source)

    def source(self) -> str:
        """All that was written."""
        constants = "".join(f"{name} = {code}\n" for code, name in self._constants.items())
        return constants + "\n" + "\n".join(self._parts)
