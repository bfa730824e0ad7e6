"""Ours against the oracle, document by document."""

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.domain.errors import DocumentRejected
from pipeline.validation.rules.engine import RuleFinding
from tests.differential.mutate import Document
from tests.differential.oracle import Failed, location_steps

Check = Callable[[bytes], list[RuleFinding]]


class Outcome(enum.StrEnum):
    """How one document went."""

    EQUAL = "equal"
    EQUAL_BUT_FOR_ERRORS = "equal but for errors that only ours reached"
    BOTH_GAVE_UP = "the oracle gave up and ours names the assertion"
    SILENT = "the oracle gave up and ours says nothing"
    DIFFERENT = "different"
    CRASHED = "ours crashed"

    @property
    def is_bad(self) -> bool:
        return self in (Outcome.SILENT, Outcome.DIFFERENT, Outcome.CRASHED)


@dataclass(frozen=True, slots=True)
class Difference:
    """A document that went wrong."""

    document: Document
    outcome: Outcome
    details: str

    def __str__(self) -> str:
        return f"{self.document.name}: {self.outcome}: {self.details}"


@dataclass(slots=True)
class Comparison:
    """The sum of a run; ``fired`` are the assertions that the oracle saw fail."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def add(self, document: Document, check: Check, expected: Sequence[Failed] | None) -> None:
        """Check one document and compare."""
        try:
            found = check(document.body)
        except DocumentRejected as error:
            self._bad(document, Outcome.CRASHED, repr(error))
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, this document shows it
            self._bad(document, Outcome.CRASHED, repr(error))
            return
        outcome, details = compared(found, expected)
        self.fired.update(rule for rule, _ in expected or ())
        if outcome.is_bad:
            self._bad(document, outcome, details)
        else:
            self.outcomes[outcome] += 1

    def _bad(self, document: Document, outcome: Outcome, details: str) -> None:
        self.outcomes[outcome] += 1
        self.differences.append(Difference(document, outcome, details))


def compared(
    found: Sequence[RuleFinding], expected: Sequence[Failed] | None
) -> tuple[Outcome, str]:
    """How one document went, and what differs."""
    errors = {one.rule for one in found if one.error}
    if expected is None:
        return (Outcome.BOTH_GAVE_UP, "") if errors else (Outcome.SILENT, "")
    ours = _counted(one for one in found if not one.error)
    theirs = Counter(expected)
    missing, extra = theirs - ours, ours - theirs
    if not missing and not extra:
        return (Outcome.EQUAL_BUT_FOR_ERRORS if errors else Outcome.EQUAL), ""
    return _ignoring_places(found, expected, errors)


def _ignoring_places(
    found: Sequence[RuleFinding], expected: Sequence[Failed], errors: set[str]
) -> tuple[Outcome, str]:
    """Forbidden paths are told where they are, by the oracle at the root."""
    ours = Counter(one.rule for one in found if not one.error)
    theirs = Counter(rule for rule, _ in expected)
    missing, extra = theirs - ours, ours - theirs
    if not missing and not extra:
        return _wrong_places(found, expected)
    if set(missing) | set(extra) <= errors:
        # XPath leaves the order of and and or open: one engine may see an answer, one an error.
        return Outcome.EQUAL_BUT_FOR_ERRORS, ""
    return Outcome.DIFFERENT, f"missing {dict(missing)}, extra {dict(extra)}, errors {errors}"


def _wrong_places(found: Sequence[RuleFinding], expected: Sequence[Failed]) -> tuple[Outcome, str]:
    at_root = {rule for rule, place in expected if "/" not in place}
    ours = _counted(one for one in found if not one.error and one.rule not in at_root)
    theirs = Counter(one for one in expected if one[0] not in at_root)
    if ours == theirs:
        return Outcome.EQUAL, ""
    return Outcome.DIFFERENT, f"places: missing {theirs - ours}, extra {ours - theirs}"


def _counted(findings: Iterable[RuleFinding]) -> Counter[Failed]:
    return Counter((one.rule, location_steps(one.path)) for one in findings)
