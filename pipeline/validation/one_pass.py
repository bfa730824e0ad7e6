"""Structure and rules in one pass over a document, where the native engine runs the rules."""

from dataclasses import dataclass

from pipeline.validation.rules.ruleset import RuleSet
from pipeline.validation.structure.checker import (
    Accepted,
    NativeStructure,
    request_of,
)
from pipeline.validation.xml import XmlLimits


@dataclass(frozen=True, slots=True)
class OnePass:
    """A `Structure` that has ``rules`` checked on the way; their layers find it in ``shared``."""

    structure: NativeStructure
    rules: RuleSet

    def accept(
        self, body: bytes, limits: XmlLimits, *, wants_objects: bool = False
    ) -> Accepted | None:
        """As `Structure`."""
        engine = self.rules.native
        if engine is None:
            return self.structure.accept(body, limits, wants_objects=wants_objects)
        examined = engine.examine(body, self.structure.tables, request_of(limits, wants_objects))
        if examined is None:
            return None
        told, findings = examined
        return self.structure.accepted(told, {} if findings is None else {self.rules: findings})
