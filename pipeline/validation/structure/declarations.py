"""What a schema declares, as far as the tables can hold it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

Name = str
"""``{namespace}local``, as lxml writes it."""


class Value(enum.IntEnum):
    """What text may be; the numbers are those of ``structure_values.h``."""

    TEXT = 0
    DECIMAL = 1
    BOOLEAN = 2
    DATE = 3
    TIME = 4
    DATE_TIME = 5
    LANGUAGE = 6
    ANY_URI = 7
    BASE_64 = 8


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute that an element may have, or must have."""

    name: str
    value: Value
    is_required: bool


@dataclass(frozen=True, slots=True)
class SimpleContent:
    """Text of one kind, and no elements."""

    value: Value
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Child:
    """An element at its place in a content model, None for any of a namespace not declared."""

    name: Name | None


@dataclass(frozen=True, slots=True)
class Group:
    """Parts one after the other, or one of them."""

    parts: "tuple[Particle, ...]"
    is_choice: bool = False


@dataclass(frozen=True, slots=True)
class Particle:
    """A part of a content model and how often it may stand there; ``most`` None is without end."""

    term: Child | Group
    least: int = 1
    most: int | None = 1


@dataclass(frozen=True, slots=True)
class ElementContent:
    """Elements, and no text between them."""

    model: Particle


@dataclass(frozen=True, slots=True)
class Undecided:
    """A type that the tables cannot hold: no document with such an element is accepted."""

    reason: str


Type = SimpleContent | ElementContent | Undecided


@dataclass(frozen=True, slots=True)
class Declarations:
    """What is reachable from the root elements; ``namespaces`` are all that have declarations."""

    roots: tuple[Name, ...]
    types: Mapping[str, Type]
    elements: Mapping[Name, str]
    namespaces: frozenset[str]
