"""The typed tree: every expression with its static type and with what it depends on.

It says the same as the syntax tree, with three differences: names are resolved, the conversions
that XPath does by itself are nodes of their own (`Convert`, `Cast`), and predicates are told apart
into conditions and places.
"""

import enum
from dataclasses import dataclass
from decimal import Decimal

from pipeline.validation.rules.syntax.tree import Axis
from pipeline.validation.rules.types import Type


class Uses(enum.Flag):
    """What the value of an expression depends on, beside what is written in it."""

    NOTHING = 0
    CONTEXT = enum.auto()
    """The context item."""
    LOCAL = enum.auto()
    """A variable of the rule, of a function, or of an expression around."""
    DOCUMENT = enum.auto()
    """Anything reached from the document node, global variables among it."""
    POSITION = enum.auto()
    """``position()`` or ``last()`` of the predicate around."""


@dataclass(frozen=True, slots=True)
class Typed:
    """Any expression."""

    type: Type
    uses: Uses


@dataclass(frozen=True, slots=True)
class Constant(Typed):
    """A literal value."""

    value: str | int | float | bool | Decimal


@dataclass(frozen=True, slots=True)
class Local(Typed):
    """A variable of a rule, a function or an expression, by its name in the rule file."""

    name: str


@dataclass(frozen=True, slots=True)
class Global(Typed):
    """A variable of the whole document, by its number."""

    number: int


@dataclass(frozen=True, slots=True)
class ContextItem(Typed):
    """``.``."""


@dataclass(frozen=True, slots=True)
class DocumentNode(Typed):
    """``/``."""


@dataclass(frozen=True, slots=True)
class RootElement(Typed):
    """The context item of a rule about the root element, which every document has once."""


class NameKind(enum.Enum):
    """What a name test accepts."""

    NAME = "name"
    ANY = "any"
    LOCAL = "local name"
    NAMESPACE = "namespace"
    TEXT = "text"
    NODE = "node"


@dataclass(frozen=True, slots=True)
class NameTest:
    """The test of a step; ``name`` is the short name, local name or URI where there is one."""

    kind: NameKind
    name: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    """A predicate that keeps items for which ``condition`` holds."""

    condition: Typed


@dataclass(frozen=True, slots=True)
class Place:
    """A predicate that keeps the item at ``number``; None is the last one."""

    number: Typed | None


Filter = Where | Place


@dataclass(frozen=True, slots=True)
class AxisStep:
    """From every node before it along an axis."""

    axis: Axis
    test: NameTest
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class EachStep:
    """``expression`` for every item before it."""

    expression: Typed
    filters: tuple[Filter, ...]


Step = AxisStep | EachStep


@dataclass(frozen=True, slots=True)
class Path(Typed):
    """Steps from ``start``, whose items are filtered by ``filters`` first."""

    start: Typed
    filters: tuple[Filter, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Union(Typed):
    """Nodes of all parts, in document order."""

    parts: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Sequence(Typed):
    """Items of all parts, in their order."""

    parts: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Range(Typed):
    """Integers from ``first`` to ``last``."""

    first: Typed
    last: Typed


class Conversion(enum.Enum):
    """Conversions that XPath does by itself."""

    TEXT = "text"
    """The string value of at most one item, empty for none."""
    TRUTH = "truth"
    """The effective boolean value."""
    NUMBER = "number"
    """An operand of arithmetic: at most one number, untyped text as a double."""
    NUMBER_OR_NAN = "number or nan"
    """``fn:number``."""
    ONE_NODE = "one node"
    """At most one node."""
    NODES = "nodes"
    """Items of which each must be a node."""
    REQUIRED = "required"
    """Exactly one item."""
    ITEMS = "items"
    """A sequence of items that are told apart by class."""
    SAME = "same"
    """At most one item, as it is."""


@dataclass(frozen=True, slots=True)
class Convert(Typed):
    """``operand`` after a conversion."""

    conversion: Conversion
    operand: Typed


@dataclass(frozen=True, slots=True)
class Cast(Typed):
    """At most one item cast to the item type of ``type``."""

    operand: Typed


@dataclass(frozen=True, slots=True)
class Castable(Typed):
    """Whether a cast would succeed; ``is_optional`` lets no item pass."""

    target: Type
    operand: Typed
    is_optional: bool


@dataclass(frozen=True, slots=True)
class All(Typed):
    """Conjunction of conditions."""

    parts: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Any(Typed):
    """Disjunction of conditions."""

    parts: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Compare(Typed):
    """A general comparison; ``source`` is its text, by which repetitions are known."""

    operator: str
    left: Typed
    right: Typed
    source: str


@dataclass(frozen=True, slots=True)
class CompareValues(Typed):
    """A value comparison; without a value on either side it does not hold."""

    operator: str
    left: Typed
    right: Typed


@dataclass(frozen=True, slots=True)
class Arithmetic(Typed):
    """An operation on two numbers."""

    operator: str
    left: Typed
    right: Typed


@dataclass(frozen=True, slots=True)
class If(Typed):
    """One of two values."""

    condition: Typed
    then: Typed
    otherwise: Typed


@dataclass(frozen=True, slots=True)
class Loop(Typed):
    """``body`` for every item of ``source``, which ``name`` has in turn."""

    name: str
    source: Typed
    body: Typed


@dataclass(frozen=True, slots=True)
class Quantified(Typed):
    """Whether ``body`` holds for every or for any item of ``source``."""

    is_every: bool
    name: str
    source: Typed
    body: Typed


@dataclass(frozen=True, slots=True)
class Call(Typed):
    """A function of XPath, whose arguments are already converted."""

    function: str
    arguments: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class OwnCall(Typed):
    """A function of the rule file."""

    function: str
    arguments: tuple[Typed, ...]
