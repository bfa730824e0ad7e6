"""The layers ``en16931`` and ``peppol``: rule files at work, all of them in one pass."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pipeline.domain.documents import Finding, LayerReport, Severity
from pipeline.domain.errors import ConfigurationError
from pipeline.validation.messages import messages_in
from pipeline.validation.profile import FINDINGS_MAX, Subject
from pipeline.validation.rule_files import Origin, RuleFile, RulePlaces, RuleSetName
from pipeline.validation.rules import ruleset as compiled
from pipeline.validation.rules.engine import RuleFinding
from pipeline.validation.rules.ruleset import RuleSet

_VALUES_KEPT = 3
_FATAL = "fatal"


@dataclass(frozen=True, slots=True)
class RuleLayer:
    """One rule set of those that ``rules`` checks; what it finds is never a reason to refuse.

    Of more than ``limit`` findings, those are kept that tell most: fatal ones, and each rule once
    before any rule twice.
    """

    file: RuleFile
    rules: RuleSet = field(repr=False)
    messages: Mapping[str, str] = field(default_factory=dict, repr=False)
    limit: int = FINDINGS_MAX
    is_binding: bool = False

    @property
    def report(self) -> LayerReport:
        """The rule set, with the version and digest of its file."""
        return LayerReport(self.file.ruleset.value, self.file.described)

    def check(self, subject: Subject) -> Sequence[Finding]:
        """What its own rules say; the first layer that is asked runs them for all."""
        found: Sequence[RuleFinding] | None = subject.shared.get(self.rules)
        if found is None:
            found = subject.shared[self.rules] = self.rules.check(subject.body)
        if not found:
            return []
        mine = [each for each in found if each.ruleset == self.file.ruleset.value]
        return [self._finding(each) for each in _telling(mine, self.limit)]

    def _finding(self, found: RuleFinding) -> Finding:
        return Finding(
            layer=self.file.ruleset.value,
            rule=found.rule,
            severity=Severity.FATAL if found.flag == _FATAL else Severity.WARNING,
            message=" ".join(self._sentences(found)),
            path=found.path,
            line=found.line,
            values=found.values[:_VALUES_KEPT],
        )

    def _sentences(self, found: RuleFinding) -> Iterator[str]:
        yield self.messages.get(found.rule, found.message)
        if found.error is not None:
            yield f"The rule could not be evaluated: {found.error}."
        if found.count > 1:
            yield f"In {found.count} places."


def _telling(found: Sequence[RuleFinding], limit: int) -> Sequence[RuleFinding]:
    if len(found) <= limit:
        return found
    times: Counter[str] = Counter()
    ranked = []
    for each in found:
        times[each.rule] += 1
        ranked.append((each.flag != _FATAL, times[each.rule], each))
    return [each for _, _, each in sorted(ranked, key=lambda one: one[:2])[:limit]]


def rule_layers(
    names: Sequence[RuleSetName],
    places: RulePlaces,
    *,
    cache: Path | None = None,
    language: str = "en",
    limit: int = FINDINGS_MAX,
) -> Sequence[RuleLayer]:
    """A layer for each rule set, compiled together; ``cache`` keeps what was compiled.

    Raises `ConfigurationError` for a rule file that cannot be read or translated.
    """
    files = [places.find(name) for name in names]
    return layers_of(files, cache=cache, language=language, limit=limit)


def layers_of(
    files: Sequence[RuleFile],
    *,
    cache: Path | None = None,
    language: str = "en",
    limit: int = FINDINGS_MAX,
) -> Sequence[RuleLayer]:
    """As `rule_layers`, of files that were found before."""
    if not files:
        return ()
    sources = tuple(compiled.RuleFile(file.ruleset.value, file.data) for file in files)
    try:
        rules = _loaded(sources, cache)
    except ConfigurationError as error:
        raise _explained(files, error) from error
    return [RuleLayer(file, rules, _messages(file, language), limit) for file in files]


def _explained(files: Sequence[RuleFile], error: ConfigurationError) -> ConfigurationError:
    """The error of the file that cannot be compiled, with its name; else the error as it is."""
    for file in files:
        try:
            RuleSet.load(file.data)
        except ConfigurationError as its_own:
            return ConfigurationError(f"The rule file {file.path} cannot be used. {its_own}")
    return error


@lru_cache(maxsize=4)
def _loaded(files: tuple[compiled.RuleFile, ...], cache: Path | None) -> RuleSet:
    """The rules of these very files, loaded once in a process."""
    return RuleSet.load(*files, cache=cache)


def _messages(file: RuleFile, language: str) -> Mapping[str, str]:
    return messages_in(language) if file.origin is Origin.EMBEDDED else {}
