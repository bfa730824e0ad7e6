"""What the writers of parts of expressions ask of each other."""

from typing import Protocol

from pipeline.validation.rules.codegen.clauses import Clauses, Need
from pipeline.validation.rules.codegen.frame import Frame
from pipeline.validation.rules.codegen.module import Module
from pipeline.validation.rules.typing.tree import Typed, Uses


class Scribe(Protocol):
    """Writes the expressions of one unit: an assertion, a kept value, a function.

    Variables are numbered within a unit, so that equal expressions give equal code, by which
    `Module` knows them. ``own`` is the path that this unit itself keeps for the document.
    """

    module: Module
    own: Typed | None

    def fresh(self) -> str:
        """A variable that is new in this unit."""
        ...

    def unit(self, *, own: Typed | None = None) -> "Scribe":
        """A new unit of the same module."""
        ...

    def condition(self, node: Typed, frame: Frame) -> str:
        """Code for an expression of type boolean, of which only the truth counts."""
        ...

    def value(self, node: Typed, frame: Frame) -> str:
        """Code for the value, held as its type is held."""
        ...

    def items(self, node: Typed, frame: Frame) -> str:
        """Code for a sequence of items that are told apart by class."""
        ...

    def clauses(self, node: Typed, frame: Frame) -> Clauses:
        """An expression as something to loop over."""
        ...

    def listed(self, node: Typed, frame: Frame, need: Need = Need.ORDER) -> str:
        """Code for a list of the items."""
        ...

    def exists(self, node: Typed, frame: Frame) -> str:
        """Code for whether there is any item."""
        ...


def is_of_document(node: Typed) -> bool:
    """Whether a value is the same wherever it is asked for in a document."""
    return node.uses == Uses.DOCUMENT
