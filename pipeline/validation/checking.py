"""Checking documents one by one, without a service: for scripts and for the command line.

The same profiles and layers as in the service, with two differences: the kind of a document
follows from what is in it, and every layer has its say, where the service stops at a document
that may not be delivered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.domain.documents import DocumentKind, Finding, LayerReport, ValidationReport
from pipeline.domain.errors import DocumentRejected
from pipeline.validation.names import CREDIT_NOTE, INVOICE
from pipeline.validation.profile import Layer, Subject
from pipeline.validation.reading import Reader
from pipeline.validation.recognition import Content, recognise
from pipeline.validation.registry import find_profiles
from pipeline.validation.rule_files import RulePlaces, RuleSetName
from pipeline.validation.rule_layers import rule_layers
from pipeline.validation.schema import UblSchema
from pipeline.validation.ubl_structure import ubl_structure
from pipeline.validation.validator import described, unchecked
from pipeline.validation.xml import XmlLimits, check_size, require_safe_libxml2

XSD = "xsd"
LAYERS = (XSD, *(name.value for name in RuleSetName))
"""What an invoice can be checked against, in this order."""

_EVERY_FINDING = 10**9
_KINDS = {
    INVOICE: DocumentKind.PURCHASE_INVOICE,
    CREDIT_NOTE: DocumentKind.PURCHASE_CREDIT_NOTE,
}


@dataclass(frozen=True, slots=True)
class _Advisory:
    """A layer that refuses nothing, so that those after it are heard too."""

    layer: Layer
    is_binding: bool = False

    @property
    def report(self) -> LayerReport:
        return self.layer.report

    def check(self, subject: Subject) -> Sequence[Finding]:
        return self.layer.check(subject)


class Checker:
    """Checks documents; made once, for many of them, and used by one thread at a time.

    ``layers`` are those of `LAYERS` that invoices are checked against. Without ``xsd`` a fragment
    can be checked too: only its root must be Invoice or CreditNote.
    """

    def __init__(
        self,
        layers: Iterable[str] = LAYERS,
        *,
        places: RulePlaces | None = None,
        cache: Path | None = None,
        language: str = "en",
        limits: XmlLimits | None = None,
    ) -> None:
        """Load what is needed.

        Raises:
            ConfigurationError: a rule file or the schemas cannot be used.
        """
        require_safe_libxml2()
        wanted = set(layers)
        rules = rule_layers(
            [name for name in RuleSetName if name.value in wanted],
            places or RulePlaces(),
            cache=cache,
            language=language,
            limit=_EVERY_FINDING,
        )
        schema: list[Layer] = [UblSchema()] if XSD in wanted else []
        self._profiles = find_profiles([_Advisory(layer) for layer in (*schema, *rules)])
        structure = ubl_structure(rules, cache=cache) if schema else None
        self._reader = Reader(limits or XmlLimits(), structure)

    def check(self, body: bytes) -> ValidationReport:
        """Verdict, layers with their versions, and findings.

        Raises:
            DocumentRejected: it cannot be looked into: empty, too large, no XML, unsafe.
        """
        check_size(body, self._reader.limits)
        content = recognise(body)
        subject = self._reader.read(DocumentKind.OTHER, body, content)
        subject = replace(subject, kind=_kind(content, subject.root))
        profile = next((each for each in self._profiles if each.claims(subject)), None)
        if profile is None:
            return unchecked(f"no rules for {described(subject)}")
        try:
            return profile.examine(subject)
        except DocumentRejected as error:
            if error.report is None:
                raise
            return error.report


def _kind(content: Content, root: object) -> DocumentKind:
    if content is Content.CODA:
        return DocumentKind.BANK_STATEMENT
    return _KINDS.get(str(root), DocumentKind.OTHER)
