"""The names that generated code may use."""

from decimal import Decimal
from types import CodeType
from typing import Any

from pipeline.validation.rules.runtime import (
    comparison,
    errors,
    numbers,
    patterns,
    sequences,
    strings,
    tree,
    values,
)


class Fault:
    """In the place of a variable that could not be computed."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


def runtime_names() -> dict[str, Any]:
    """A fresh namespace to execute generated code in."""
    names: dict[str, Any] = {"Decimal": Decimal, "E": (), "ONE": (0,), "Fault": Fault}
    for module in (comparison, errors, numbers, patterns, sequences, strings, tree, values):
        public = {key: value for key, value in vars(module).items() if not key.startswith("_")}
        names.update(public)
    return names


def executed(code: CodeType) -> dict[str, Any]:
    """What a module that was generated defines."""
    names = runtime_names()
    exec(code, names)  # noqa: S102 - the compiler's own output
    return names
