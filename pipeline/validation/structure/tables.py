"""Declarations as numbered tables, and the tables as bytes for the C code.

    header      magic, version, and the number of records of each table
    symbols     names of elements ("namespace local") and attributes, by their number
    namespaces  those that have declarations
    types       text of a kind, or the first state of a content model
    states      a place in a content model: which edges leave it, and whether it may be the last
    edges       element, its type, the state that it leads to
    attributes  what the elements of a type may have
    places      elements that facts are taken from, as a tree of names below the root element
    text        all names

All records are 32-bit numbers, little-endian. ``structure.c`` checks every number when it loads
them.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.validation.structure.content import Automaton, ModelUnsupported, automaton_of
from pipeline.validation.structure.declarations import (
    Attribute,
    Child,
    Declarations,
    ElementContent,
    Name,
    SimpleContent,
    Type,
)

_MAGIC = 0x54535844
_VERSION = 1
_ANY = 0xFFFF_FFFF
_NONE = 0xFFFF_FFFF
_TEXT, _ELEMENTS, _UNDECIDED = range(3)

Record = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Elements that facts are taken from: names below the root element.

    Of several, the first one counts, unless ``is_every``. ``attributes`` are at most two whose
    values are wanted too. ``is_object`` says that the text is base64 and is wanted decoded.
    """

    path: tuple[Name, ...]
    attributes: tuple[str, ...] = ()
    is_every: bool = False
    is_object: bool = False


@dataclass(slots=True)
class _Texts:
    """Texts one after the other, each once."""

    data: bytearray = field(default_factory=bytearray)
    _known: dict[str, Record] = field(default_factory=dict)

    def record(self, text: str) -> Record:
        if text not in self._known:
            encoded = text.encode()
            self._known[text] = (len(self.data), len(encoded))
            self.data += encoded
        return self._known[text]


@dataclass(slots=True)
class _Writer:
    declarations: Declarations
    symbols: dict[Name, int] = field(default_factory=dict)
    types: list[Record] = field(default_factory=list)
    states: list[Record] = field(default_factory=list)
    edges: list[Record] = field(default_factory=list)
    attributes: list[Record] = field(default_factory=list)
    places: list[Record] = field(default_factory=list)
    first_place: int = _NONE
    _numbers: dict[str, int] = field(default_factory=dict)
    _contents: dict[SimpleContent, int] = field(default_factory=dict)

    def symbol(self, name: Name) -> int:
        return self.symbols.setdefault(name, len(self.symbols))

    def add_types(self) -> None:
        """Number all types first, because the edges of one lead to others."""
        models: list[tuple[int, Automaton]] = []
        for name, found in self.declarations.types.items():
            automaton = _automaton(found)
            self._numbers[name] = self._number(found)
            if automaton is not None:
                models.append((self._numbers[name], automaton))
        for number, automaton in models:
            self.types[number] = (_ELEMENTS, self._add_model(automaton), 0, 0)

    def _number(self, found: Type) -> int:
        """The number of a type; those of the same text and attributes are one."""
        if not isinstance(found, SimpleContent):
            self.types.append((_UNDECIDED, 0, 0, 0))
            return len(self.types) - 1
        if found not in self._contents:
            first = len(self.attributes)
            self.attributes.extend(map(self._attribute, found.attributes))
            self._contents[found] = len(self.types)
            self.types.append((_TEXT, int(found.value), first, len(found.attributes)))
        return self._contents[found]

    def _attribute(self, one: Attribute) -> Record:
        return self.symbol(one.name), int(one.value), int(one.is_required)

    def _add_model(self, automaton: Automaton) -> int:
        first = len(self.states)
        edges = [
            self._edge(child, first + number + 1) for number, child in enumerate(automaton.children)
        ]
        start = len(self.edges)
        self.edges.extend(edges)
        for number, follow in enumerate(automaton.follow):
            at = self._run(start, [edges[state - 1] for state in follow])
            self.states.append((at, len(follow), int(number in automaton.final)))
        return first

    def _run(self, start: int, edges: Sequence[Record]) -> int:
        """Where these edges stand one after the other, from the model's own ones on."""
        for at in range(start, len(self.edges) - len(edges) + 1):
            if self.edges[at : at + len(edges)] == edges:
                return at
        self.edges.extend(edges)
        return len(self.edges) - len(edges)

    def _edge(self, child: Child, state: int) -> Record:
        if child.name is None:
            return _ANY, 0, state
        return self.symbol(child.name), self.type_of(child.name), state

    def type_of(self, name: Name) -> int:
        return self._numbers[self.declarations.elements[name]]

    def add_places(self, places: Iterable[Place]) -> None:
        """A tree: (symbol, next with the same parent, first child, fact, attribute, attribute)."""
        tree = _PlaceNode()
        for number, place in enumerate(places):
            node = tree
            for name in place.path:
                node = node.below.setdefault(name, _PlaceNode())
            node.number, node.place = number, place
        self.first_place = self._add_places_below(tree)

    def _add_places_below(self, parent: "_PlaceNode") -> int:
        """The number of the first of the nodes below one."""
        after = _NONE
        for name, node in reversed(parent.below.items()):
            first = self._add_places_below(node)
            self.places.append((self.symbol(name), after, first, *self._fact(node)))
            after = len(self.places) - 1
        return after

    def _fact(self, node: "_PlaceNode") -> Record:
        place = node.place
        if place is None:
            return (_NONE, 0, _NONE, _NONE)
        wanted = [self.symbol(name) for name in place.attributes]
        attributes = (*wanted, _NONE, _NONE)[:2]
        return (node.number, place.is_every | place.is_object << 1, *attributes)


@dataclass(slots=True)
class _PlaceNode:
    number: int = 0
    place: Place | None = None
    below: dict[Name, "_PlaceNode"] = field(default_factory=dict)


def tables_of(declarations: Declarations, places: Sequence[Place] = ()) -> bytes:
    """The tables for the C code."""
    writer, texts = _Writer(declarations), _Texts()
    writer.add_types()
    writer.add_places(places)
    roots = [(writer.symbol(name), writer.type_of(name)) for name in declarations.roots]
    symbols = [texts.record(_as_expat_writes(name)) for name in writer.symbols]
    namespaces = [texts.record(name) for name in sorted(declarations.namespaces)]
    tables: Sequence[Sequence[Record]] = (
        symbols,
        namespaces,
        roots,
        writer.types,
        writer.states,
        writer.edges,
        writer.attributes,
        writer.places,
    )
    header = (_MAGIC, _VERSION, writer.first_place, *map(len, tables), len(texts.data))
    numbers = (*header, *(number for table in tables for record in table for number in record))
    return struct.pack(f"<{len(numbers)}I", *numbers) + bytes(texts.data)


def _as_expat_writes(name: Name) -> str:
    return name.removeprefix("{").replace("}", " ")


def _automaton(found: Type) -> Automaton | None:
    if not isinstance(found, ElementContent):
        return None
    try:
        return automaton_of(found.model)
    except ModelUnsupported:
        return None
