"""Loads what documents are looked into with: the parser, the schemas, the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.validation.examining import WantsAttachments
from pipeline.validation.profile import Layer, Profile
from pipeline.validation.registry import find_profiles
from pipeline.validation.rule_files import RuleFile
from pipeline.validation.rule_layers import layers_of
from pipeline.validation.schema import UblSchema
from pipeline.validation.structure.checker import Structure
from pipeline.validation.ubl_structure import ubl_structure
from pipeline.validation.validator import Examiner, Validator
from pipeline.validation.xml import XmlLimits


def load_examiner(files: Sequence[RuleFile], cache: Path, *, max_bytes: int) -> Examiner:
    """What looks into documents of at most ``max_bytes``; ``cache`` keeps what was compiled.

    Raises:
        ConfigurationError: a rule file or the schemas cannot be used.
    """
    loaded = _loaded(files, cache)
    return Examiner(loaded.profiles, XmlLimits(max_bytes=max_bytes), loaded.structure)


def load_validator(
    files: Sequence[RuleFile],
    cache: Path,
    *,
    max_bytes: int,
    threads: int,
    wants_attachments: WantsAttachments,
) -> Validator:
    """As `load_examiner`, in threads of this process."""
    loaded = _loaded(files, cache)
    return Validator(
        loaded.profiles,
        limits=XmlLimits(max_bytes=max_bytes),
        structure=loaded.structure,
        threads=threads,
        wants_attachments=wants_attachments,
    )


@dataclass(frozen=True, slots=True)
class _Loaded:
    profiles: Sequence[Profile]
    structure: Structure | None


def _loaded(files: Sequence[RuleFile], cache: Path) -> _Loaded:
    """Invoices are checked against the schema, then the rules."""
    layers: list[Layer] = [UblSchema(), *layers_of(files, cache=cache)]
    return _Loaded(find_profiles(layers), ubl_structure(layers, cache=cache))
