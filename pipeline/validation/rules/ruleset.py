"""The front door: rule files in, findings out.

rules = RuleSet.load(RuleFile("peppol", path.read_bytes()), cache=folder)
for finding in rules.check(document):
    print(finding.rule, finding.path, finding.message)
"""

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

from pipeline.validation.rules import cache as store
from pipeline.validation.rules.compiler import compile_schemas
from pipeline.validation.rules.engine import Engine, RuleFinding
from pipeline.validation.rules.program import Program
from pipeline.validation.rules.reader import read_schema
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

    def __init__(self, files: Sequence[RuleFile], engine: Engine) -> None:
        self.files = tuple(files)
        self._engine = engine

    @classmethod
    def load(
        cls,
        *sources: RuleFile | Path | bytes,
        cache: Path | None = None,
        limits: Limits | None = None,
    ) -> "RuleSet":
        """Compile rule files, or load what was compiled of them before from the folder ``cache``.

        Files that are loaded together share one parse of a document. Raises `ConfigurationError`
        for a file that cannot be read or translated, naming every expression.
        """
        files = tuple(map(_rule_file, sources))
        program, code = _compiled(files, cache)
        names = [file.name for file in files]
        return cls(files, Engine(program, names, code, limits or Limits()))

    def check(self, data: bytes) -> list[RuleFinding]:
        """Every assertion that does not hold, in the order of the document.

        Raises `DocumentRejected` for what is no XML, has a DOCTYPE or goes over the limits.
        """
        return self._engine.check(data)

    @property
    def titles(self) -> tuple[str, ...]:
        """What each file calls itself."""
        return self._engine.program.titles

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The ids of all assertions, in the order of the files."""
        return tuple(one.id for one in self._engine.program.assertions)

    @property
    def engine(self) -> Engine:
        """What runs the rules, for those who measure it."""
        return self._engine


def _rule_file(source: RuleFile | Path | bytes) -> RuleFile:
    if isinstance(source, RuleFile):
        return source
    if isinstance(source, bytes):
        return RuleFile("rules", source)
    return RuleFile(source.stem, source.read_bytes())


def _compiled(files: Sequence[RuleFile], folder: Path | None) -> tuple[Program, CodeType]:
    key = store.key_of([file.data for file in files])
    kept = store.read(folder, key) if folder is not None else None
    if kept is not None:
        return kept
    program = compile_schemas([read_schema(file.data) for file in files])
    code = compile(program.source, "<rules>", "exec")
    if folder is not None:
        with contextlib.suppress(OSError):  # a full disk costs the next start a second
            store.write(folder, key, program, code)
    return program, code
