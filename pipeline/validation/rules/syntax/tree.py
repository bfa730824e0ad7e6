"""Syntax tree of the XPath 2.0 that rule files use."""

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number as written: with a dot a decimal, with an exponent a double."""

    text: str


@dataclass(frozen=True, slots=True)
class String:
    """A literal string, without its quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Here:
    """``.``, the context item."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function call."""

    function: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """``(a, b, c)``; without items the empty sequence."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Union:
    """``a | b``."""

    parts: tuple["Expression", ...]


class Axis(enum.Enum):
    """Direction of a step."""

    CHILD = "child"
    DESCENDANT = "descendant"
    DESCENDANT_OR_SELF = "descendant-or-self"
    SELF = "self"
    PARENT = "parent"
    ANCESTOR = "ancestor"
    ANCESTOR_OR_SELF = "ancestor-or-self"
    FOLLOWING_SIBLING = "following-sibling"
    PRECEDING_SIBLING = "preceding-sibling"
    FOLLOWING = "following"
    PRECEDING = "preceding"
    ATTRIBUTE = "attribute"


@dataclass(frozen=True, slots=True)
class AxisStep:
    """``axis::test[predicates]``; a test is a name, ``*``, ``p:*``, ``*:n`` or like ``text()``."""

    axis: Axis
    test: str
    predicates: tuple["Expression", ...] = ()


@dataclass(frozen=True, slots=True)
class ComputedStep:
    """An expression in the place of a step, evaluated for every item before it."""

    expression: "Expression"
    predicates: tuple["Expression", ...] = ()


Step = AxisStep | ComputedStep


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the document (``is_absolute``) or from the context item."""

    is_absolute: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the parts."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``=`` and its kin, which ask for any pair, or ``eq`` and its kin, which compare two values.

    ``operator`` is the symbol in both cases. ``source`` is the text with single spaces, by which
    repeated comparisons are known.
    """

    operator: str
    left: "Expression"
    right: "Expression"
    of_values: bool
    source: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``+ - * div idiv mod``."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Negative:
    """``-operand``."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Range:
    """``first to last``."""

    first: "Expression"
    last: "Expression"


@dataclass(frozen=True, slots=True)
class If:
    """``if (test) then ... else ...``."""

    test: "Expression"
    then: "Expression"
    otherwise: "Expression"


@dataclass(frozen=True, slots=True)
class Binding:
    """``$name in source``."""

    name: str
    source: "Expression"


@dataclass(frozen=True, slots=True)
class For:
    """``for ... return body``."""

    bindings: tuple[Binding, ...]
    body: "Expression"


@dataclass(frozen=True, slots=True)
class Quantified:
    """``some`` or ``every`` (``is_every``) ``... satisfies body``."""

    is_every: bool
    bindings: tuple[Binding, ...]
    body: "Expression"


@dataclass(frozen=True, slots=True)
class Castable:
    """``operand castable as type``; ``is_optional`` for ``type?``."""

    operand: "Expression"
    type: str
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Cast:
    """``operand cast as type``; ``is_optional`` for ``type?``."""

    operand: "Expression"
    type: str
    is_optional: bool


Expression = (
    Number
    | String
    | Variable
    | Here
    | Call
    | Sequence
    | Union
    | Path
    | And
    | Or
    | Comparison
    | Arithmetic
    | Negative
    | Range
    | If
    | For
    | Quantified
    | Castable
    | Cast
)
