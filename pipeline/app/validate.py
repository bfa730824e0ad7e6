"""Compose the check of documents that somebody names, without an installation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from pipeline.app.inputs import Input, Inputs
from pipeline.app.recipes import compiled_folder, rule_places
from pipeline.domain.documents import Finding, Severity, ValidationReport, Verdict
from pipeline.domain.errors import DocumentRejected
from pipeline.settings import Settings
from pipeline.validation.checking import Checker
from pipeline.validation.xml import XmlLimits


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one document: its report, or why it could not be looked into."""

    file: str
    report: ValidationReport | None = None
    refused: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether no fatal rule is broken, as far as the program got to the end."""
        if self.report is None or self.report.failures:
            return False
        return self.report.verdict is not Verdict.INVALID

    def as_object(self) -> dict[str, Any]:
        """The documented JSON form."""
        if self.report is None:
            return {"file": self.file, "refused": self.refused}
        return {
            "file": self.file,
            "verdict": self.report.verdict,
            "layers": list(self.report.layers),
            "findings": [_finding(each) for each in self.report.findings],
        }


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What a person asks for: which documents, against which layers, in which language."""

    paths: Sequence[str]
    layers: Sequence[str]
    language: str


def check_documents(
    settings: Settings, request: CheckRequest, standard_input: BinaryIO
) -> Iterator[Checked]:
    """Check one document after the other.

    Raises:
        ConfigurationError: a rule file cannot be used; nothing was checked.
    """
    checker = Checker(
        request.layers,
        places=rule_places(settings),
        cache=compiled_folder(settings),
        language=request.language,
        limits=XmlLimits(max_bytes=settings.max_document_bytes),
    )
    inputs = Inputs(settings.max_document_bytes, standard_input)
    return (_checked(checker, one) for one in inputs.read(request.paths))


def _checked(checker: Checker, one: Input) -> Checked:
    if one.body is None:
        return Checked(one.name, refused=one.refused)
    try:
        return Checked(one.name, checker.check(one.body))
    except DocumentRejected as error:
        return Checked(one.name, refused=str(error))


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "ruleset": one.layer,
        "rule": one.rule,
        "flag": "fatal" if one.severity is Severity.FATAL else "warning",
        "path": one.path,
        "line": one.line,
        "message": one.told,
    }
