"""What a hub lists and what the pipeline carries: references, documents, their kinds."""

import enum
import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple


class Location(enum.StrEnum):
    """The four places an accounting package imports from; one template each."""

    PURCHASE_INVOICES = "purchase_invoices"
    SALES_INVOICES = "sales_invoices"
    BANK_STATEMENTS = "bank_statements"
    OTHER_DOCUMENTS = "other_documents"

    @property
    def words(self) -> str:
        """The location in words, for messages."""
        return self.value.replace("_", " ")


class DocumentKind(enum.StrEnum):
    """Kind of a document, as the hub lists it; decides its location."""

    PURCHASE_INVOICE = "purchase_invoice"
    PURCHASE_CREDIT_NOTE = "purchase_credit_note"
    SALES_INVOICE = "sales_invoice"
    SALES_CREDIT_NOTE = "sales_credit_note"
    BANK_STATEMENT = "bank_statement"
    OTHER = "other"

    @property
    def location(self) -> Location:
        """The location this kind is placed in."""
        return _LOCATION_OF_KIND[self]

    @property
    def is_ubl(self) -> bool:
        """Whether the document is expected to be a UBL invoice or credit note."""
        return self.location in (Location.PURCHASE_INVOICES, Location.SALES_INVOICES)


_LOCATION_OF_KIND = {
    DocumentKind.PURCHASE_INVOICE: Location.PURCHASE_INVOICES,
    DocumentKind.PURCHASE_CREDIT_NOTE: Location.PURCHASE_INVOICES,
    DocumentKind.SALES_INVOICE: Location.SALES_INVOICES,
    DocumentKind.SALES_CREDIT_NOTE: Location.SALES_INVOICES,
    DocumentKind.BANK_STATEMENT: Location.BANK_STATEMENTS,
    DocumentKind.OTHER: Location.OTHER_DOCUMENTS,
}


class DocumentKey(NamedTuple):
    """Identity of one version of one document of one dossier at one hub.

    ``hub`` is the configured hub instance, ``dossier`` the hub's own id of the dossier, ``version``
    changes when the hub replaces the content under the same ``document_id``. It is a tuple because
    everything about a document is looked up by it, dozens of times on its way.
    """

    hub: str
    dossier: str
    document_id: str
    version: str = "1"

    @property
    def digest(self) -> str:
        """32 hex characters that name this document in staging; equal keys give equal digests."""
        return _digest(self)

    @property
    def short_id(self) -> str:
        """8 hex characters that end every visible name, so that names never clash by content."""
        return hashlib.sha256(self.document_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]

    @property
    def hub_version(self) -> str:
        """The version as the hub knows it."""
        return self.version.partition("~")[0]

    def with_content(self, sha256: str) -> "DocumentKey":
        """Identity of other content that the hub gives under this very id and version."""
        return self._replace(version=f"{self.hub_version}~{sha256[:12]}")

    def __str__(self) -> str:
        return f"{self.hub}/{self.dossier}/{self.document_id}@{self.version}"


@lru_cache(maxsize=4096)
def _digest(key: DocumentKey) -> str:
    """The digest of a key; those on their way are asked for theirs at every step."""
    text = "\x1f".join(key)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """One line of a hub's listing: enough to fetch the document, nothing of its content.

    ``received_at`` is when the hub received it (aware, UTC); ``size_bytes`` and ``sha256`` are what
    the hub claims, when it claims anything; ``file_name`` is its own name for it, never trusted as
    a path; ``offset`` belongs to hubs that acknowledge by position. ``is_released`` says that a
    person asked for this document although it may be a duplicate, was changed at the hub, or is
    invalid.
    """

    key: DocumentKey
    kind: DocumentKind
    received_at: datetime
    size_bytes: int | None = None
    sha256: str | None = None
    file_name: str | None = None
    content_type: str | None = None
    offset: str | None = None
    is_released: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A fetched document: the exact bytes as sent, and their digest (hex SHA-256)."""

    ref: DocumentRef
    body: bytes = field(repr=False)
    sha256: str

    @property
    def key(self) -> DocumentKey:
        """The identity of the document."""
        return self.ref.key


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels inside a document and is placed beside it when the package wants it."""

    file_name: str
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyData:
    """What names and recognises a document; every field as written in it, None where it has none.

    Amounts are decimal strings, dates ISO 8601 strings. For a bank statement ``number`` is its
    CODA sequence number, ``iban`` its account and ``issue_date`` the date of the new balance.
    """

    supplier_name: str | None = None
    supplier_id: str | None = None
    customer_name: str | None = None
    customer_id: str | None = None
    number: str | None = None
    issue_date: str | None = None
    currency: str | None = None
    payable_amount: str | None = None
    tax_amount: str | None = None
    iban: str | None = None
    type_code: str | None = None


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """One statement of a bank account in a document, as far as others continue it.

    ``account`` is its number and currency, ``number`` its place in the sequence of the bank, which
    starts again, usually each year. Balances are in thousandths.
    """

    account: str
    new_on: date
    old_on: date
    number: int
    old_balance: int
    new_balance: int

    @property
    def order(self) -> tuple[date, date, int]:
        """What the statements of one account are in order by; equal means the same statement."""
        return self.new_on, self.old_on, self.number


class Verdict(enum.StrEnum):
    """Outcome of the validation of one document."""

    VALID = "valid"
    WARNINGS = "warnings"
    INVALID = "invalid"
    UNCHECKED = "unchecked"


class Severity(enum.StrEnum):
    """Weight of one finding."""

    FATAL = "fatal"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that does not hold, and where.

    ``values`` are texts of the document that explain it, shortened, each with its path; they are
    no part of the message, which may travel to hubs and logs.
    """

    layer: str
    rule: str
    severity: Severity
    message: str
    path: str | None = None
    line: int | None = None
    values: tuple[tuple[str, str], ...] = ()

    @property
    def told(self) -> str:
        """The message with the values, for those who may see the document."""
        values = ", ".join(
            f"{'this' if path == '.' else path} is {text!r}" for path, text in self.values if text
        )
        return f"{self.message} Here {values}." if values else self.message


@dataclass(frozen=True, slots=True)
class LayerReport:
    """One validation layer that was asked for: its version, or why it did not run."""

    name: str
    version: str
    checked: bool = True
    reason: str | None = None


class FailureCause(enum.StrEnum):
    """Why the program could not look into a document to the end."""

    TIMEOUT = "timeout"
    CRASH = "crash"
    MEMORY = "memory"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """The program's own failure with a document; ``details`` is a traceback, for the log only."""

    cause: FailureCause
    details: str = field(repr=False)


NO_KEY_DATA = KeyData()


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """Verdict over a document, with every finding and every layer that was asked for.

    ``failures`` are the program's own; where there is one, a layer at least was not checked.
    """

    verdict: Verdict
    layers: tuple[LayerReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    key_data: KeyData = NO_KEY_DATA
    attachments: tuple[Attachment, ...] = ()
    statements: tuple[AccountStatement, ...] = ()
    failures: tuple[CheckFailure, ...] = ()

    @property
    def findings_json(self) -> str:
        """The findings as the state keeps them: a JSON array of objects."""
        if not self.findings:
            return "[]"
        return json.dumps([asdict(finding) for finding in self.findings])


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document whose content has been looked at; ready to be written."""

    document: Document
    report: ValidationReport

    @property
    def key(self) -> DocumentKey:
        """The identity of the document."""
        return self.document.key
