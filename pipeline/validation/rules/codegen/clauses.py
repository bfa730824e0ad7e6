"""A path as the clauses of a Python comprehension.

``cac:Price[cbc:X]/cbc:Y`` from ``n`` becomes
``for v1 in n.named.get('cac:Price', E) if 'cbc:X' in v1.named for v2 in v1.named.get('cbc:Y', E)``,
so that no list is made between the steps. `Shape` knows what order and repetition the nodes then
have, and `Need` what the reader of the path minds.
"""

import enum
from dataclasses import dataclass, replace

from pipeline.validation.rules.types import Item


class Shape(enum.IntEnum):
    """What is known about nodes in the order in which the clauses give them."""

    SINGLE = 0
    """At most one."""
    PEERS = 1
    """In document order, none twice, none inside another."""
    ORDERED = 2
    """In document order, none twice."""
    DISTINCT = 3
    """None twice."""
    LOOSE = 4
    """Nothing."""


class Need(enum.IntEnum):
    """What a reader of nodes needs of them."""

    ORDER = Shape.ORDERED
    DISTINCT = Shape.DISTINCT
    NOTHING = Shape.LOOSE


@dataclass(frozen=True, slots=True)
class Clauses:
    """Code of an ``item`` and the clauses before it.

    ``last_test`` is code for whether the last loop gives anything at all.
    """

    item: str
    kind: Item
    shape: Shape = Shape.SINGLE
    clauses: tuple[str, ...] = ()
    last_test: str = ""
    is_reverse: bool = False
    """Whether these are the nodes of one step along a reverse axis, the nearest first."""

    def each(self, variable: str, source: str, shape: Shape, test: str = "") -> "Clauses":
        """One more loop, over nodes or values."""
        loop = f"for {variable} in {source}"
        return replace(
            self,
            item=variable,
            shape=shape,
            clauses=(*self.clauses, loop),
            last_test=test or source,
        )

    def where(self, condition: str) -> "Clauses":
        """Only those for which a condition holds."""
        return replace(self, clauses=(*self.clauses, f"if {condition}"), last_test="")

    def giving(self, item: str, kind: Item) -> "Clauses":
        """Another value for each."""
        return replace(self, item=item, kind=kind, last_test="")

    def of_kind(self, kind: Item) -> "Clauses":
        """The same, known to be of a kind."""
        return replace(self, kind=kind)

    @property
    def text(self) -> str:
        """The clauses, which start with a loop."""
        first = () if self.clauses and self.clauses[0].startswith("for ") else ("for _ in ONE",)
        return " ".join((*first, *self.clauses))

    def listed(self) -> str:
        """Code for all items, as a list or tuple."""
        if not self.clauses:
            return f"({self.item},)"
        only = self.clauses[0]
        if len(self.clauses) == 1 and only.startswith(f"for {self.item} in "):
            return only.removeprefix(f"for {self.item} in ")
        return f"[{self.item} {self.text}]"

    def any_is(self, condition: str) -> str:
        """Code for whether a condition on ``item`` holds for any."""
        if not self.clauses:
            return f"({condition})"
        if not any(clause.startswith("for ") for clause in self.clauses):
            tests = [clause.removeprefix("if ") for clause in self.clauses]
            return "(" + " and ".join([*tests, condition]) + ")"
        return f"any([{condition} {self.text}])"

    def exists(self) -> str:
        """Code for whether there is any."""
        if not self.clauses:
            return "True"
        before = replace(self, clauses=self.clauses[:-1])
        if self.last_test:
            return before.any_is(self.last_test)
        last = self.clauses[-1]
        if last.startswith("if "):
            return before.any_is(last.removeprefix("if "))
        return f"any([True {self.text}])"
