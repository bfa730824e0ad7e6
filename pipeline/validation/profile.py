"""How a format and its rule layers plug into the validator.

A `Profile` is one format: it knows its documents when it sees them and reports on them. A `Layer`
is one set of rules that a profile runs, such as a schema or EN 16931. A layer that was asked for
but cannot run is a `NotInstalled` in its place, so that it shows in every report: nothing passes
silently.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

from lxml import etree

from pipeline.domain.documents import (
    CheckFailure,
    DocumentKind,
    Finding,
    LayerReport,
    Severity,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import DocumentRejected
from pipeline.validation.failures import failed_finding, failed_layer, failure_of
from pipeline.validation.recognition import Content
from pipeline.validation.structure.checker import Accepted

FINDINGS_MAX = 100
"""Findings kept of one layer: the hundredth wrong line tells nothing new."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A document under examination: its bytes, and its tree where it is XML.

    Where it was ``accepted`` as a good document of UBL there is no tree, as nobody needs one. The
    tree belongs to one examination, which may cut embedded files out of it; ``body`` is
    untouched. ``shared`` is for layers that find in one pass what several of them report.
    """

    kind: DocumentKind
    body: bytes
    content: Content
    tree: etree._ElementTree | None = None
    accepted: Accepted | None = None
    wants_attachments: bool = False
    shared: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def root(self) -> str | None:
        """The root element as ``{namespace}name``, None when this is not XML."""
        if self.accepted is not None:
            return self.accepted.root
        return None if self.tree is None else str(self.tree.getroot().tag)


class Layer(Protocol):
    """One set of rules; used by several threads at once."""

    @property
    def report(self) -> LayerReport:
        """Name and version, or why it cannot run."""
        ...

    @property
    def is_binding(self) -> bool:
        """Whether a document with a fatal finding of this layer is not delivered at all."""
        ...

    def check(self, subject: Subject) -> Sequence[Finding]:
        """Every rule that does not hold, at most `FINDINGS_MAX`; in bounded time."""
        ...


class Profile(Protocol):
    """One format; used by several threads at once."""

    @property
    def kinds(self) -> frozenset[DocumentKind]:
        """The kinds of documents that may be in this format."""
        ...

    def claims(self, subject: Subject) -> bool:
        """Whether a document is in this format, by its root or its first bytes."""
        ...

    def examine(self, subject: Subject) -> ValidationReport:
        """Run the layers in order; raises `DocumentRejected` when a binding one finds a fault."""
        ...


@dataclass(frozen=True, slots=True)
class NotInstalled:
    """Holds the place of a layer that is missing."""

    name: str
    reason: str = "not installed"
    is_binding: bool = False

    @property
    def report(self) -> LayerReport:
        """Says that nothing was checked, and why."""
        return LayerReport(self.name, "", checked=False, reason=self.reason)

    def check(self, subject: Subject) -> Sequence[Finding]:  # noqa: ARG002
        """Find nothing; the report tells that nothing was looked for."""
        return ()


def verdict_of(layers: Sequence[LayerReport], findings: Sequence[Finding]) -> Verdict:
    """The worst that is known: a broken rule, then a layer that did not run, then a warning.

    So VALID means that every layer that was asked for ran and found nothing.
    """
    if any(finding.severity is Severity.FATAL for finding in findings):
        return Verdict.INVALID
    if not all(layer.checked for layer in layers):
        return Verdict.UNCHECKED
    return Verdict.WARNINGS if findings else Verdict.VALID


def run_layers(
    layers: Sequence[Layer], subject: Subject, start: ValidationReport
) -> ValidationReport:
    """``start`` with what every layer found, and the verdict; a layer that fails costs only itself.

    Raises `DocumentRejected` with the first fault of a binding layer and the report up to there.
    """
    outcomes: list[_Outcome] = []
    for layer in layers:
        outcome = _run(layer, subject)
        outcomes.append(outcome)
        if not outcome.findings or not layer.is_binding:
            continue
        fault = next((each for each in outcome.findings if each.severity is Severity.FATAL), None)
        if fault is not None:
            report = _with(start, outcomes)
            raise DocumentRejected(fault.message, rule=fault.rule, report=report)
    return _with(start, outcomes) if outcomes else start


class _Outcome(NamedTuple):
    layer: LayerReport
    findings: Sequence[Finding]
    failures: Sequence[CheckFailure] = ()


def _run(layer: Layer, subject: Subject) -> _Outcome:
    try:
        return _Outcome(layer.report, layer.check(subject))
    except DocumentRejected:
        raise
    except Exception as error:  # noqa: BLE001 - the other layers, and the document, go on
        failure = failure_of(error)
        told = failed_layer(layer.report, failure)
        return _Outcome(told, (failed_finding(told.name, failure),), (failure,))


def _with(report: ValidationReport, outcomes: Sequence[_Outcome]) -> ValidationReport:
    """Made once: nearly every document has nothing but its layers to add."""
    layers, findings = list(report.layers), list(report.findings)
    failures = list(report.failures)
    for outcome in outcomes:
        layers.append(outcome.layer)
        findings += outcome.findings
        failures += outcome.failures
    return replace(
        report,
        verdict=verdict_of(layers, findings),
        layers=tuple(layers),
        findings=tuple(findings),
        failures=tuple(failures),
    )
