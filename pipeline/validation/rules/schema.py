"""Intermediate form of a rule file: what every reader produces and the compiler starts from.

Expressions are still text here; the prefixes in them are those of ``Schema.namespaces``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Let:
    """A named value. Outside a rule it belongs to the document, inside to the node of the rule."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class Embedded:
    """An expression inside a message, whose value is told."""

    expression: str


MessagePart = str | Embedded


@dataclass(frozen=True, slots=True)
class Assertion:
    """What must hold; ``flag`` is the rule file's own word, such as fatal or warning."""

    id: str
    flag: str
    test: str
    message: tuple[MessagePart, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """Assertions about every node that ``context`` matches."""

    context: str
    lets: tuple[Let, ...] = ()
    assertions: tuple[Assertion, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """Rules in their order: the first one whose context matches a node takes it."""

    rules: tuple[Rule, ...]
    lets: tuple[Let, ...] = ()


@dataclass(frozen=True, slots=True)
class Give:
    """The result of a function, or of a branch in it."""

    expression: str


@dataclass(frozen=True, slots=True)
class Case:
    """Statements that apply when ``test`` holds."""

    test: str
    body: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """The first case that holds, else ``otherwise``."""

    cases: tuple[Case, ...]
    otherwise: tuple["Statement", ...]


Statement = Let | Give | Choose


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter with its declared type, such as ``xs:string?``, empty when it has none."""

    name: str
    declared: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function that the rule file defines itself."""

    name: str
    parameters: tuple[Parameter, ...]
    declared: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """A whole rule file; ``namespaces`` maps prefixes to URIs."""

    title: str
    patterns: tuple[Pattern, ...]
    namespaces: Mapping[str, str] = field(default_factory=dict)
    lets: tuple[Let, ...] = ()
    functions: tuple[Function, ...] = ()
