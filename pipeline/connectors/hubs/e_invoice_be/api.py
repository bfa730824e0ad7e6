"""Messages of the e-invoice.be API, as far as they are read; the rest is ignored."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef

_KINDS: Mapping[str, DocumentKind] = {
    "INVOICE": DocumentKind.PURCHASE_INVOICE,
    "DEBIT_NOTE": DocumentKind.PURCHASE_INVOICE,
    "CREDIT_NOTE": DocumentKind.PURCHASE_CREDIT_NOTE,
    "SELFBILLING_INVOICE": DocumentKind.SALES_INVOICE,
    "SELFBILLING_CREDIT_NOTE": DocumentKind.SALES_CREDIT_NOTE,
}
"""Self-billing: the customer wrote the invoice that the receiver would have sent."""
_UNDER_WAY = frozenset({"DRAFT", "TRANSIT"})


class Tenant(msgspec.Struct):
    """The company of a key."""

    name: str | None = None
    company_name: str | None = None
    company_number: str | None = None
    company_tax_id: str | None = None


class Item(msgspec.Struct):
    """A document in the inbox."""

    id: str
    created_at: str | None = None
    direction: str | None = None
    state: str | None = None
    document_type: str | None = None

    @property
    def received_at(self) -> datetime | None:
        """When the hub received it, None when it does not say; without a zone it is UTC."""
        try:
            moment = datetime.fromisoformat(self.created_at or "")
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def is_here(self) -> bool:
        """Whether it was received, as a whole; states that are not known count as such."""
        return self.direction != "OUTBOUND" and self.state not in _UNDER_WAY

    def to_domain(self, hub: str, dossier_id: str, received_at: datetime) -> DocumentRef:
        """The reference; a type that is not known is an other document."""
        return DocumentRef(
            key=DocumentKey(hub, dossier_id, self.id),
            kind=_KINDS.get(self.document_type or "", DocumentKind.OTHER),
            received_at=received_at,
            content_type="application/xml",
        )


class Inbox(msgspec.Struct):
    """A page of the inbox."""

    items: list[Item] | None = None
    pages: int | None = None
    has_next_page: bool | None = None

    def is_last(self, page: int, size: int) -> bool:
        """Whether no page follows; one that is not full is the last when nothing else is said."""
        if not self.items:
            return True
        if self.has_next_page is not None:
            return not self.has_next_page
        return page >= self.pages if self.pages is not None else len(self.items) < size


class Ubl(msgspec.Struct):
    """Where the bytes of a document are, for a while; a size of 0 says nothing."""

    signed_url: str | None = None
    file_size: int | None = None
