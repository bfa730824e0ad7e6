"""Known folder trees as data: which files are documents, and what their folders say of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.connectors.stores.files import FoundFile
from pipeline.domain.documents import DocumentKind

SNIFFED_BYTES = 8192
_ROOT_ELEMENT = re.compile(rb"<(?:[\w.-]+:)?(Invoice|CreditNote)[\s>]")
_STATEMENT = re.compile(r"(?i).*\.(?:cod|coda)")
_XML = re.compile(r"(?i).*\.xml")
_NEVER_XML = re.compile(r"(?i).*\.(?:pdf|zip|jpe?g|png|tiff?|gif|xlsx?|docx?|csv)")
_IBAN = r"(?i)[a-z]{2}\d{2}[a-z0-9]{8,30}"


@dataclass(frozen=True, slots=True)
class TreeProfile:
    """How somebody's tree below a dossier's folder is laid out; the patterns are whole names.

    ``documents`` are the names of documents, other files are left alone. ``sales`` and
    ``statements`` are folders on the way to them. ``companion`` is the ending of a document and
    that of a file which goes away with it. ``deletes`` is what the owner expects after delivery.
    """

    title: str
    documents: str = r".*"
    sales: str = r"(?i)sales?|invoices-out.*"
    statements: str = r"(?!)"
    companion: tuple[bytes, bytes] | None = None
    deletes: bool = False

    def is_document(self, file: FoundFile) -> bool:
        """Whether a file is to be delivered."""
        return re.fullmatch(self.documents, file.name, re.DOTALL) is not None

    def companion_of(self, path: bytes) -> bytes | None:
        """The file that goes away with a document."""
        if self.companion is None or not path.endswith(self.companion[0]):
            return None
        return path.removesuffix(self.companion[0]) + self.companion[1]


PLAIN = "plain"
PROFILES: Mapping[str, TreeProfile] = MappingProxyType(
    {
        PLAIN: TreeProfile("Any tree: the content decides, sales lie below a folder named sales"),
        "codabox": TreeProfile(
            "CodaBox channel: CODE/YEAR/IBAN, SODA-..., CARO, Invoices-IN-01, Invoices-OUT-01",
            statements=_IBAN,
            deletes=True,
        ),
        "billit": TreeProfile(
            "Billit export: a folder for each type of document",
            sales=r"(?i)(?:sales?|outgoing|verkoop|ventes?|income)\b.*",
            deletes=True,
        ),
        "oxalis": TreeProfile(
            "Oxalis inbound: RECIPIENT/SENDER/ID.doc.xml, its receipt goes away with it",
            documents=r".*\.doc\.xml",
            companion=(b".doc.xml", b".receipt.dat"),
        ),
    }
)


def kind_by_name(name: str) -> DocumentKind | None:
    """The kind of a file that need not be looked into."""
    if _STATEMENT.fullmatch(name):
        return DocumentKind.BANK_STATEMENT
    return DocumentKind.OTHER if _NEVER_XML.fullmatch(name) else None


def kind_of(name: str, folders: Sequence[str], head: bytes, profile: TreeProfile) -> DocumentKind:
    """The kind of a file by root element, extension and the folders on the way to it.

    ``head`` are up to `SNIFFED_BYTES` from the start of the file.
    """
    element = _ROOT_ELEMENT.search(head.replace(b"\0", b""))  # UTF-16 of ASCII
    if element is None:
        is_statement = _XML.fullmatch(name) and _is_one(folders, profile.statements)
        return DocumentKind.BANK_STATEMENT if is_statement else DocumentKind.OTHER
    is_sale = _is_one(folders, profile.sales)
    if element[1] == b"CreditNote":
        return DocumentKind.SALES_CREDIT_NOTE if is_sale else DocumentKind.PURCHASE_CREDIT_NOTE
    return DocumentKind.SALES_INVOICE if is_sale else DocumentKind.PURCHASE_INVOICE


def _is_one(folders: Sequence[str], pattern: str) -> bool:
    return any(re.fullmatch(pattern, folder) for folder in folders)
