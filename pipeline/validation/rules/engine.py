"""Engines: what runs a compiled program, and what it tells.

| engine | what it is |
|---|---|
| python | the generated module, executed; does everything |
| native | the same module as tables for C: faster, without the interpreter's lock |

Both find the same. A document that the native engine does not do exactly goes to the Python one.
"""

import enum
from dataclasses import dataclass
from typing import Protocol

FINDINGS_PER_RULE = 100
"""The hundredth wrong line tells nothing new; how many there were is told all the same."""


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """An assertion that does not hold for a node.

    ``flag`` is the rule file's word. ``values`` has texts from the document by their path from the
    node, shortened. ``error`` is the reason when the assertion could not be evaluated at all.
    ``count`` is how often this assertion failed in the document; only the first
    `FINDINGS_PER_RULE` of them are found in a list.
    """

    ruleset: str
    rule: str
    flag: str
    message: str
    path: str = ""
    line: int = 0
    values: tuple[tuple[str, str], ...] = ()
    error: str | None = None
    count: int = 1


class EngineChoice(enum.StrEnum):
    """Which engine is to be used."""

    AUTOMATIC = "automatic"
    """Native, where the extension was built and knows all of the program."""
    NATIVE = "native"
    PYTHON = "python"


class Engine(Protocol):
    """Runs a program; used by several threads at once."""

    def check(self, data: bytes) -> list[RuleFinding]:
        """Every assertion that does not hold, in the order of the document."""
        ...
