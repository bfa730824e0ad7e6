"""XML read in one of two ways: accepted as a good document of UBL, else as a tree."""

from dataclasses import dataclass, field

from pipeline.domain.documents import DocumentKind
from pipeline.validation.profile import Subject
from pipeline.validation.recognition import Content
from pipeline.validation.structure.checker import Structure
from pipeline.validation.xml import XmlLimits, parse_xml


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks ``structure`` first, if there is one; used by several threads at once."""

    limits: XmlLimits = field(default_factory=XmlLimits)
    structure: Structure | None = None

    def read(
        self, kind: DocumentKind, body: bytes, content: Content, *, wants_attachments: bool = False
    ) -> Subject:
        """The document under examination; raises `DocumentRejected` as `parse_xml` does."""
        if content is not Content.XML:
            return Subject(kind, body, content, wants_attachments=wants_attachments)
        accepted = None
        if self.structure is not None:
            accepted = self.structure.accept(body, self.limits, wants_objects=wants_attachments)
        return Subject(
            kind,
            body,
            content,
            tree=parse_xml(body, self.limits) if accepted is None else None,
            accepted=accepted,
            wants_attachments=wants_attachments,
            shared={} if accepted is None else dict(accepted.shared),
        )
