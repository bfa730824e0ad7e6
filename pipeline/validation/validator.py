"""The validator: a batch of documents, each looked at by the profile that knows its format.

`Examiner` looks into one document after the other, wherever it runs: in the threads of a
`Validator`, or in the processes of `pipeline.validation.processes`.
"""

from collections.abc import Sequence

import anyio.to_thread
from lxml import etree

from pipeline.domain.documents import (
    Document,
    DocumentKind,
    LayerReport,
    ValidationReport,
    Verdict,
)
from pipeline.domain.errors import DocumentRejected
from pipeline.validation.examining import Outcome, WantsAttachments, no_attachments
from pipeline.validation.failures import failed_report, failure_of
from pipeline.validation.profile import Profile, Subject
from pipeline.validation.reading import Reader
from pipeline.validation.recognition import recognise, require_deliverable, wrong_kind
from pipeline.validation.structure.checker import Structure
from pipeline.validation.xml import XmlLimits, check_size, require_safe_libxml2


class Examiner:
    """Looks into documents by their profiles; used by several threads at once.

    ``structure`` makes good documents of UBL quick work; the reports are the same without.
    """

    def __init__(
        self,
        profiles: Sequence[Profile],
        limits: XmlLimits | None = None,
        structure: Structure | None = None,
    ) -> None:
        require_safe_libxml2()
        self._profiles = profiles
        self._reader = Reader(limits or XmlLimits(), structure)

    def outcome(self, document: Document, *, wants_attachments: bool = False) -> Outcome:
        """The report, or the rejection of a document that may not be delivered.

        A failure of the program is part of the report: it costs no more than this document.
        """
        try:
            return self._examine(document, wants_attachments=wants_attachments)
        except DocumentRejected as rejection:
            _forget_frames(rejection)
            return rejection
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            return failed_report(failure_of(error))

    def _examine(self, document: Document, *, wants_attachments: bool) -> ValidationReport:
        check_size(document.body, self._reader.limits)
        content = recognise(document.body)
        require_deliverable(document.ref, content)
        subject = self._reader.read(
            document.ref.kind, document.body, content, wants_attachments=wants_attachments
        )
        return self._by_profile(subject)

    def _by_profile(self, subject: Subject) -> ValidationReport:
        profile = next((each for each in self._profiles if each.claims(subject)), None)
        if subject.kind is DocumentKind.OTHER:
            return unchecked("listed as another document")
        if profile is None:
            return _unknown(subject)
        if subject.kind not in profile.kinds:
            raise wrong_kind(subject.kind, described(subject))
        return profile.examine(subject)


class Validator:
    """Implements `pipeline.ports.profile.DocumentValidator` in threads of this process.

    A batch is one hop to one of ``threads`` threads of its own: lxml lets the interpreter go
    while it parses and checks, so that two threads use two cores. ``wants_attachments`` says for
    which documents the embedded PDFs are worth decoding. ``structure`` makes good documents of UBL
    quick work; the reports are the same without. Time and memory of one document are
    bounded by ``limits``, not by a clock: a thread cannot be stopped.
    """

    def __init__(
        self,
        profiles: Sequence[Profile],
        *,
        limits: XmlLimits | None = None,
        structure: Structure | None = None,
        threads: int = 2,
        wants_attachments: WantsAttachments = no_attachments,
    ) -> None:
        self._examiner = Examiner(profiles, limits, structure)
        self._threads = anyio.CapacityLimiter(threads)
        self._wants_attachments = wants_attachments

    async def validate(self, documents: Sequence[Document]) -> Sequence[Outcome]:
        """One report or rejection for each document, in order."""
        return await anyio.to_thread.run_sync(
            self._examine_all, tuple(documents), limiter=self._threads
        )

    def _examine_all(self, documents: Sequence[Document]) -> list[Outcome]:
        wants = self._wants_attachments
        return [
            self._examiner.outcome(document, wants_attachments=wants(document))
            for document in documents
        ]


def _forget_frames(rejection: DocumentRejected) -> None:
    """Let go of the stack, which holds tree and bytes for as long as the rejection is carried."""
    link: BaseException | None = rejection
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__


def _unknown(subject: Subject) -> ValidationReport:
    """Formats without a profile are delivered unchecked, but for XHTML: that is an error page."""
    name = described(subject)
    if subject.root is not None and etree.QName(subject.root).localname.lower() == "html":
        raise wrong_kind(subject.kind, "an HTML page")
    return unchecked(f"no rules for {name}")


def described(subject: Subject) -> str:
    """What a document looks like, in words."""
    if subject.root is None:
        return subject.content.value
    return f"XML with the root {etree.QName(subject.root).localname[:60]}"


def unchecked(reason: str) -> ValidationReport:
    """The report on a document that no rules are known for."""
    layer = LayerReport("content", "", checked=False, reason=reason)
    return ValidationReport(Verdict.UNCHECKED, layers=(layer,))
