"""The front door: rule files in, findings out.

rules = RuleSet.load(RuleFile("peppol", path.read_bytes()), cache=folder)
for finding in rules.check(document):
    print(finding.rule, finding.path, finding.message)
"""

import ast
import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from functools import cached_property
from pathlib import Path

from pipeline.domain.errors import ConfigurationError
from pipeline.validation.rules import cache as store
from pipeline.validation.rules.cache import Compiled
from pipeline.validation.rules.compiler import compile_schemas
from pipeline.validation.rules.engine import Engine, EngineChoice, RuleFinding
from pipeline.validation.rules.extension import NOT_BUILT, extension
from pipeline.validation.rules.native.assembly import serialise
from pipeline.validation.rules.native.tables import Unserialisable
from pipeline.validation.rules.native_engine import NativeEngine
from pipeline.validation.rules.program import Program
from pipeline.validation.rules.python_engine import PythonEngine
from pipeline.validation.rules.reader import read_schema
from pipeline.validation.rules.runtime.namespace import executed
from pipeline.validation.rules.runtime.parse import Limits


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file under the name that its findings carry."""

    name: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Digest of the file, in hex."""
        return hashlib.sha256(self.data).hexdigest()


class RuleSet:
    """The rules of one or more files, compiled; used by several threads at once."""

    def __init__(
        self, files: Sequence[RuleFile], compiled: Compiled, limits: Limits, choice: EngineChoice
    ) -> None:
        self.files = tuple(files)
        self._names = [file.name for file in files]
        self._compiled = compiled
        self._limits = limits
        self._choice = choice
        if choice is EngineChoice.NATIVE and self.native is None:
            raise ConfigurationError(
                f"The native engine cannot run these rules: {compiled.reason}. "
                "Build the extension, or leave the choice of the engine to the program."
            )

    @classmethod
    def load(
        cls,
        *sources: RuleFile | Path | bytes,
        cache: Path | None = None,
        limits: Limits | None = None,
        engine: EngineChoice = EngineChoice.AUTOMATIC,
    ) -> "RuleSet":
        """Compile rule files, or load what was compiled of them before from the folder ``cache``.

        Files that are loaded together share one parse of a document. Raises `ConfigurationError`
        for a file that cannot be read or translated, naming every expression.
        """
        files = tuple(map(_rule_file, sources))
        return cls(files, _compiled(files, cache), limits or Limits(), engine)

    def check(self, data: bytes) -> list[RuleFinding]:
        """Every assertion that does not hold, in the order of the document.

        Raises `DocumentRejected` for what is no XML, has a DOCTYPE or goes over the limits.
        """
        return self.engine.check(data)

    @property
    def titles(self) -> tuple[str, ...]:
        """What each file calls itself."""
        return self._compiled.program.titles

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The ids of all assertions, in the order of the files."""
        return tuple(one.id for one in self._compiled.program.assertions)

    @property
    def engine(self) -> Engine:
        """What runs the rules."""
        return self.native or self.python

    @property
    def engine_name(self) -> str:
        """The engine in a word, with the reason where it is not the native one."""
        if self.native is not None:
            return "native"
        return f"python ({self._compiled.reason or 'as chosen'})"

    @cached_property
    def python(self) -> PythonEngine:
        """The Python engine, made when it is first needed."""
        program, code = self._compiled.program, self._compiled.code
        return PythonEngine(program, self._names, code, self._limits)

    @cached_property
    def native(self) -> NativeEngine | None:
        """The native engine, None where it is not wanted or not to be had."""
        serialised = self._compiled.serialised
        if self._choice is EngineChoice.PYTHON or not serialised:
            return None
        return NativeEngine(
            serialised,
            self._compiled.program,
            rulesets=self._names,
            limits=self._limits,
            python=_Later(self),
        )


@dataclass(frozen=True, slots=True)
class _Later:
    """The Python engine of rules, in the place of one that may never be needed."""

    rules: RuleSet

    def check(self, data: bytes) -> list[RuleFinding]:
        return self.rules.python.check(data)


def _rule_file(source: RuleFile | Path | bytes) -> RuleFile:
    if isinstance(source, RuleFile):
        return source
    if isinstance(source, bytes):
        return RuleFile("rules", source)
    return RuleFile(source.stem, source.read_bytes())


def _compiled(files: Sequence[RuleFile], folder: Path | None) -> Compiled:
    key = store.key_of([file.data for file in files], extension())
    kept = store.read(folder, key) if folder is not None else None
    if kept is not None:
        return kept
    compiled = _newly_compiled(compile_schemas([read_schema(file.data) for file in files]))
    if folder is not None:
        with contextlib.suppress(OSError):  # a full disk costs the next start a second
            store.write(folder, key, compiled)
    return compiled


def _newly_compiled(program: Program) -> Compiled:
    module = ast.parse(program.source)
    code = compile(module, "<rules>", "exec")
    native = extension()
    if native is None:
        return Compiled.of(program, code, reason=NOT_BUILT)
    try:
        serialised = serialise(program, module, executed(code), native)
        native.Rules(serialised, *astuple(Limits()))  # refuses what it cannot hold
        return Compiled.of(program, code, serialised)
    except (Unserialisable, ValueError) as error:
        return Compiled.of(program, code, reason=f"not for the native engine: {error}")
