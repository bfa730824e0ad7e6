"""XML read in one of two ways: accepted as a good document of UBL, else as a tree."""

from dataclasses import dataclass, field

from lxml import etree

from pipeline.validation.recognition import Content
from pipeline.validation.structure.checker import Accepted, Structure
from pipeline.validation.xml import XmlLimits, parse_xml


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks ``structure`` first, if there is one; used by several threads at once."""

    limits: XmlLimits = field(default_factory=XmlLimits)
    structure: Structure | None = None

    def read(
        self, body: bytes, content: Content, *, wants_attachments: bool = False
    ) -> tuple[etree._ElementTree | None, Accepted | None]:
        """Exactly one of the two for XML, none for anything else.

        Raises `DocumentRejected` as `parse_xml` does.
        """
        if content is not Content.XML:
            return None, None
        if self.structure is not None:
            accepted = self.structure.accept(body, self.limits, wants_objects=wants_attachments)
            if accepted is not None:
                return None, accepted
        return parse_xml(body, self.limits), None
