"""Messages of the native hub protocol, as far as a client reads and writes them.

Fields and values that are not known here are ignored, see the protocol's description.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from pipeline.domain.customers import AccountingPackage, Dossier
from pipeline.domain.documents import DocumentKey, DocumentKind, DocumentRef, Location
from pipeline.ports.hub import AckOutcome

_KINDS: Mapping[str, DocumentKind] = {kind.value: kind for kind in DocumentKind}
_LOCATIONS: Mapping[str, Location] = {location.value: location for location in Location}
_OUTCOMES: Mapping[str, AckOutcome] = {
    "ok": AckOutcome.OK,
    "already": AckOutcome.ALREADY,
    "gone": AckOutcome.GONE,
    "conflict": AckOutcome.ALREADY,
}
"""A conflict is an error told about a document that is forwarded: it stays forwarded."""


class Package(msgspec.Struct):
    """An accounting-package configuration."""

    id: str
    name: str
    locations: dict[str, str]
    extracts_embedded_pdf: bool = False
    shares_folders: bool = False
    blocks_on_fatal: bool = False
    delivers_duplicates: bool = False
    file_name: str | None = None

    def to_domain(self) -> AccountingPackage:
        """The same, without locations that this version does not know."""
        return AccountingPackage(
            id=self.id,
            name=self.name,
            locations={
                _LOCATIONS[name]: path
                for name, path in self.locations.items()
                if name in _LOCATIONS
            },
            extracts_embedded_pdf=self.extracts_embedded_pdf,
            shares_folders=self.shares_folders,
            blocks_on_fatal=self.blocks_on_fatal,
            delivers_duplicates=self.delivers_duplicates,
            file_name=self.file_name,
        )


class Packages(msgspec.Struct):
    """All configurations of the office."""

    packages: list[Package]


class DossierLine(msgspec.Struct):
    """A dossier in a listing."""

    id: str
    enterprise_name: str
    enterprise_identifier: str = ""
    accounting_file_id: str = ""
    shares_documents: bool = True
    accounting_package_id: str | None = None

    def to_domain(self, hub: str, packages: Mapping[str, AccountingPackage]) -> Dossier:
        """The dossier with its configuration."""
        return Dossier(
            hub=hub,
            id=self.id,
            enterprise_name=self.enterprise_name,
            enterprise_identifier=self.enterprise_identifier,
            accounting_file_id=self.accounting_file_id,
            shares_documents=self.shares_documents,
            package=packages.get(self.accounting_package_id or ""),
        )


class DossierPage(msgspec.Struct):
    """A page of dossiers."""

    dossiers: list[DossierLine]
    next: str | None = None


class Changes(msgspec.Struct):
    """A page of the change feed."""

    dossier_ids: list[str]
    cursor: str
    more: bool = False
    dossiers_changed: bool = False


class DocumentLine(msgspec.Struct):
    """A document in a listing."""

    id: str
    version: str
    kind: str
    received_at: datetime
    size: int | None = None
    sha256: str | None = None
    file_name: str | None = None
    content_type: str | None = None

    def to_domain(self, hub: str, dossier_id: str) -> DocumentRef:
        """The reference; a kind that is not known is an other document."""
        return DocumentRef(
            key=DocumentKey(hub, dossier_id, self.id, self.version),
            kind=_KINDS.get(self.kind, DocumentKind.OTHER),
            received_at=self.received_at,
            size_bytes=self.size,
            sha256=self.sha256,
            file_name=self.file_name,
            content_type=self.content_type,
        )


class DocumentPage(msgspec.Struct):
    """A page of a dossier's listing."""

    documents: list[DocumentLine]
    next: str | None = None


class StatusReport(msgspec.Struct, omit_defaults=True):
    """What became of a document."""

    id: str
    version: str
    status: Literal["forwarded", "error"]
    rule: str | None = None
    text: str | None = None


class StatusReports(msgspec.Struct):
    """A batch of them."""

    documents: Sequence[StatusReport]


class StatusOutcome(msgspec.Struct):
    """The hub's answer for one."""

    id: str
    outcome: str

    def to_domain(self) -> AckOutcome:
        """The outcome; an answer that is not known is asked for again."""
        return _OUTCOMES.get(self.outcome, AckOutcome.RETRY)


class StatusOutcomes(msgspec.Struct):
    """The answers, in order."""

    outcomes: list[StatusOutcome]


class Redelivery(msgspec.Struct):
    """List documents again."""

    since: datetime
    dossier_id: str | None = None
    is_trial: bool = False


class Redelivered(msgspec.Struct):
    """How many are listed again."""

    documents: int


class Office(msgspec.Struct):
    """Whose account it is, and the hub's clock."""

    id: str
    name: str
    now: datetime


class AvailableEvent(msgspec.Struct):
    """Data of an event that names a dossier; others name none."""

    dossier_id: str | None = None
