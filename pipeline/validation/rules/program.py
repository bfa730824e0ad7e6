"""What the compiler makes of rule files: source to execute, and tables that go with it.

Everything in it is made of plain values, so that it can be kept in a file.
"""

from dataclasses import dataclass

Step = tuple[bool, str, str]
"""Whether it is deep, the kind of its name test (`NameKind`), and the name."""


@dataclass(frozen=True, slots=True)
class Way:
    """Names on the way to nodes, from the document down; of these, those with an attribute."""

    steps: tuple[Step, ...]
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class AssertionInfo:
    """An assertion by its number in the program.

    ``message`` has None where a value is told; ``message_function`` gives those values. ``values``
    are paths whose texts explain a failure.
    """

    ruleset: int
    id: str
    flag: str
    message: tuple[str | None, ...]
    message_function: str | None
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RulePath:
    """Names on the way to nodes that a rule applies to.

    ``order`` is the place of the rule in its pattern. ``condition`` is the function of what the
    names do not say, ``gates`` are numbers of conditions on the document, ``of_name`` is a function
    of the node's name; None where nothing is left to ask.
    """

    steps: tuple[Step, ...]
    pattern: int
    order: int
    rule: str
    condition: str | None = None
    gates: tuple[int, ...] = ()
    of_name: str | None = None


@dataclass(frozen=True, slots=True)
class ForbiddenPath:
    """Names on the way to what an assertion forbids: an element, or an attribute of it."""

    way: Way
    assertion: int


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled program.

    ``prefixes`` maps namespaces to the prefixes of short names. ``mentioned`` are the short names
    that rules know, ``filed`` those by which they ask for children. ``collected`` are the ways
    to nodes that rules ask the document for, whatever rule it is.
    """

    source: str
    memo_size: int
    prefixes: dict[str, str]
    mentioned: frozenset[str]
    filed: frozenset[str]
    collected: tuple[Way, ...]
    titles: tuple[str, ...]
    assertions: tuple[AssertionInfo, ...]
    rules: tuple[RulePath, ...]
    forbidden: tuple[ForbiddenPath, ...]
