"""The C code that checks documents with the tables, where it was built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any, Protocol

from pipeline.validation.structure.declarations import Name
from pipeline.validation.xml import XmlLimits

_NOTHING: Mapping[object, Any] = MappingProxyType({})
_EXTENSION = "pipeline.validation.rules._native"

Attributes = tuple[str | None, str | None]
Text = tuple[int, str, Attributes]
"""The number of a place, the text there, and the attributes that are wanted of it."""
Object = tuple[int, bytes, Attributes]
"""The same with the decoded bytes of an embedded object."""

Request = tuple[int, int, int, int, bool]
"""At most so many bytes, nodes, levels, attributes of an element; whether objects are wanted."""


Told = tuple[int, Sequence[Text], Sequence[Object]]
"""What the C code tells of a document that it accepts: which root it has, and what was found."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document that the schemas allow: its root element as ``{namespace}name``, and facts.

    ``shared`` is what layers found in the same pass, as in `Subject`.
    """

    root: str
    texts: Sequence[Text] = field(repr=False)
    objects: Sequence[Object] = field(default=(), repr=False)
    shared: Mapping[object, Any] = field(default_factory=dict, repr=False)


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
    """A `Structure` by the C code, which lets other threads run meanwhile.

    ``tables`` are for those who have other C code check the structure on its way.
    """

    def __init__(self, tables: bytes, roots: Sequence[Name]) -> None:
        """Load what `tables_of` made of declarations with these roots.

        Raises `ImportError` where the extension was not built, `ValueError` for other bytes.
        """
        self.tables: Any = import_module(_EXTENSION).Structure(tables)
        self._roots = tuple(roots)

    def accept(
        self, body: bytes, limits: XmlLimits, *, wants_objects: bool = False
    ) -> Accepted | None:
        """As `Structure`."""
        told: Told | None = self.tables.examine(body, request_of(limits, wants_objects))
        return None if told is None else self.accepted(told)

    def accepted(self, told: Told, shared: Mapping[object, Any] = _NOTHING) -> Accepted:
        """What the C code tells, with names."""
        return Accepted(self._roots[told[0]], *told[1:], shared)


def request_of(limits: XmlLimits, wants_objects: bool) -> Request:  # noqa: FBT001 - part of it
    """What the C code is asked."""
    return (
        limits.max_bytes,
        limits.max_nodes,
        limits.max_depth,
        limits.max_attributes,
        wants_objects,
    )
