"""What documents are looked into with, as something that another process can be given.

Who only hands a recipe on loads neither parser nor rules: `loading` is imported when it is used.
"""

from dataclasses import dataclass
from pathlib import Path

from pipeline.ports.profile import DocumentValidator
from pipeline.validation.examining import LooksInto, WantsAttachments, no_attachments
from pipeline.validation.rule_files import RuleFile
from pipeline.validation.rules import cache
from pipeline.validation.rules.extension import extension


@dataclass(frozen=True, slots=True)
class Recipe:
    """Makes the same `Examiner` whenever it is asked, with rule files as they were at first."""

    rule_files: tuple[RuleFile, ...]
    cache: Path
    max_bytes: int

    def examiner(self) -> LooksInto:
        """Load schema and rules, for a process of its own.

        Raises:
            ConfigurationError: a rule file or the schemas cannot be used.
        """
        from pipeline.validation.loading import load_examiner  # noqa: PLC0415 - see the module

        return load_examiner(self.rule_files, self.cache, max_bytes=self.max_bytes)

    def validator(
        self, *, threads: int, wants_attachments: WantsAttachments = no_attachments
    ) -> DocumentValidator:
        """As `examiner`, for threads of this process."""
        from pipeline.validation.loading import load_validator  # noqa: PLC0415 - see the module

        return load_validator(
            self.rule_files,
            self.cache,
            max_bytes=self.max_bytes,
            threads=threads,
            wants_attachments=wants_attachments,
        )

    def is_proven(self) -> bool:
        """Whether this very program has compiled these very rule files before."""
        key = cache.key_of([file.data for file in self.rule_files], extension())
        return not self.rule_files or cache.is_kept(self.cache, key)
