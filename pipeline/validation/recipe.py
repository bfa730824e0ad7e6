"""What documents are looked into with, as something that another process can be given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.validation.profile import Layer
from pipeline.validation.registry import find_profiles
from pipeline.validation.rule_files import RuleFile
from pipeline.validation.rule_layers import layers_of
from pipeline.validation.schema import UblSchema
from pipeline.validation.ubl_structure import ubl_structure
from pipeline.validation.validator import Examiner
from pipeline.validation.xml import XmlLimits


@dataclass(frozen=True, slots=True)
class Recipe:
    """Makes the same `Examiner` whenever it is asked, with rule files as they were at first."""

    rule_files: tuple[RuleFile, ...]
    cache: Path
    limits: XmlLimits

    def examiner(self) -> Examiner:
        """Load schema and rules.

        Raises:
            ConfigurationError: a rule file or the schemas cannot be used.
        """
        layers = self.layers()
        return Examiner(find_profiles(layers), self.limits, ubl_structure(layers, cache=self.cache))

    def layers(self) -> Sequence[Layer]:
        """What invoices are checked against: the schema, then the rules."""
        return [UblSchema(), *layers_of(self.rule_files, cache=self.cache)]
