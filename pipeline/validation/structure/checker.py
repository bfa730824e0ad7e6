"""The C code that checks documents with the tables, where it was built."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol, cast

from pipeline.validation.structure.declarations import Declarations
from pipeline.validation.structure.tables import Place, tables_of
from pipeline.validation.xml import XmlLimits

_EXTENSION = "pipeline.validation.rules._native"

Attributes = tuple[str | None, str | None]
Text = tuple[int, str, Attributes]
"""The number of a place, the text there, and the attributes that are wanted of it."""
Object = tuple[int, bytes, Attributes]
"""The same with the decoded bytes of an embedded object."""

Request = tuple[int, int, int, int, bool]
"""At most so many bytes, nodes, levels, attributes of an element; whether objects are wanted."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document that the schemas allow: its root element as ``{namespace}name``, and facts."""

    root: str
    texts: Sequence[Text] = field(repr=False)
    objects: Sequence[Object] = field(default=(), repr=False)


class Structure(Protocol):
    """Accepts documents; used by several threads at once."""

    def accept(
        self, body: bytes, limits: XmlLimits, *, wants_objects: bool = False
    ) -> Accepted | None:
        """What was found in a good document of the plain kind, None for any other.

        None is no verdict. What is accepted, `parse_xml` reads with these limits and the schemas
        hold for. ``wants_objects`` has embedded objects decoded.
        """
        ...


class NativeStructure:
    """A `Structure` by the C code, which lets other threads run meanwhile."""

    def __init__(self, declarations: Declarations, places: Sequence[Place]) -> None:
        """Raise `ImportError` where the extension was not built."""
        self._tables = import_module(_EXTENSION).Structure(tables_of(declarations, places))
        self._roots = declarations.roots

    def accept(
        self, body: bytes, limits: XmlLimits, *, wants_objects: bool = False
    ) -> Accepted | None:
        """As `Structure`."""
        found = cast(
            "tuple[int, Sequence[Text], Sequence[Object]] | None",
            self._tables.examine(
                body,
                _request(limits, wants_objects=wants_objects),
            ),
        )
        return None if found is None else Accepted(self._roots[found[0]], *found[1:])


def _request(limits: XmlLimits, *, wants_objects: bool) -> Request:
    return (
        limits.max_bytes,
        limits.max_nodes,
        limits.max_depth,
        limits.max_attributes,
        wants_objects,
    )
