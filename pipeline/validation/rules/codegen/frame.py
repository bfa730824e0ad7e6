"""Where an expression is written: the Python names of its context item and variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Frame:
    """Code for ``.``, for variables, and for ``position()`` and ``last()``."""

    context: str
    variables: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    count: str = ""
    is_inner: bool = False
    """Whether the context item is that of a step or predicate, of which there may be many."""

    def at(self, context: str) -> "Frame":
        """The frame inside a step or predicate."""
        return replace(self, context=context, is_inner=True)

    def with_variable(self, name: str, code: str) -> "Frame":
        """The frame with one more variable."""
        return replace(self, variables={**self.variables, name: code})


DOCUMENT = Frame("d.root")
"""Where what depends on the document alone is computed."""
