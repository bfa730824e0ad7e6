"""The native engine: a serialised program in the C extension, and Python for what it leaves."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from pipeline.validation.rules.engine import Engine, RuleFinding
from pipeline.validation.rules.extension import NAME
from pipeline.validation.rules.program import Program
from pipeline.validation.rules.runtime.parse import Limits
from pipeline.validation.structure.checker import Request, Told

Found = tuple[int, str, int, int, str | None, Sequence[tuple[int, str]], Sequence[str]]
"""A failure as C gives it: assertion, path, line, count, error, values by path, told values."""


class NativeEngine:
    """A serialised program that was loaded; ``python`` has what C does not do.

    Raises `ValueError` for what was not serialised by this version.
    """

    def __init__(
        self,
        serialised: bytes,
        program: Program,
        *,
        rulesets: Sequence[str],
        limits: Limits,
        python: Engine,
    ) -> None:
        self._program = program
        self._rulesets = rulesets
        self._python = python
        module: Any = import_module(NAME)
        self._rules = module.Rules(
            serialised, limits.max_nodes, limits.max_depth, limits.max_attributes
        )
        self.left_to_python = 0

    def check(self, data: bytes) -> list[RuleFinding]:
        """Every assertion that does not hold, in the order of the document."""
        found: Sequence[Found] | None = self._rules.check(data)
        if found is None:
            self.left_to_python += 1
            return self._python.check(data)
        return [self._finding(one) for one in found]

    def examine(
        self, data: bytes, structure: object, request: Request
    ) -> tuple[Told, list[RuleFinding] | None] | None:
        """Check the structure in the same pass (see `pipeline.validation.structure`).

        None when the document is not accepted. The findings are None when it is, but the rules are
        left to `check`.
        """
        examined: tuple[Told, Sequence[Found] | None] | None
        examined = self._rules.examine(data, structure, request)
        if examined is None:
            return None
        told, found = examined
        return told, None if found is None else [self._finding(one) for one in found]

    def parse(self, data: bytes) -> bool:
        """Read a document and no more, for those who measure; false when it goes to Python."""
        return bool(self._rules.parse(data))

    def _finding(self, found: Found) -> RuleFinding:
        number, path, line, count, error, values, told = found
        info = self._program.assertions[number]
        return RuleFinding(
            ruleset=self._rulesets[info.ruleset],
            rule=info.id,
            flag=info.flag,
            message="".join(_message(info.message, told)),
            path=path,
            line=line,
            values=tuple((info.values[place], text) for place, text in values),
            error=error,
            count=count,
        )


def _message(parts: Sequence[str | None], told: Sequence[str]) -> Iterator[str]:
    values = iter(told)
    return (part if part is not None else next(values, "") for part in parts)
