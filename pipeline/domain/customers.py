"""Dossiers, and the accounting packages whose locations their documents go to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.domain.documents import Location


@dataclass(frozen=True, slots=True)
class AccountingPackage:
    """A named configuration of an accounting package: one path template for each location.

    A location without a template is not delivered: its documents stay Error with that reason.
    ``extracts_embedded_pdf`` places the first PDF embedded in an invoice beside its XML.
    ``blocks_on_fatal`` holds a document in which a rule of its format does not hold, until a
    person releases it; without, it is delivered and what was found is recorded.
    ``delivers_duplicates`` places what its client has already, by whatever channel it comes;
    without, a person is asked.
    """

    id: str
    name: str
    locations: Mapping[Location, str]
    extracts_embedded_pdf: bool = False
    shares_folders: bool = False
    file_name: str | None = None
    blocks_on_fatal: bool = False
    delivers_duplicates: bool = False


@dataclass(frozen=True, slots=True)
class Dossier:
    """One client of the office, as linked at the hub.

    ``id`` is the hub's own id, ``enterprise_identifier`` the VAT number as the hub writes it,
    ``accounting_file_id`` the dossier number in the accounting software. A dossier that does not
    share its documents, or has no accounting package, is listed but never synchronised.
    ``linked_to`` is the tenant of the office's own dossier, when this one is another channel of it.
    """

    hub: str
    id: str
    enterprise_name: str
    enterprise_identifier: str = ""
    accounting_file_id: str = ""
    shares_documents: bool = True
    package: AccountingPackage | None = field(default=None)
    linked_to: str | None = None

    @property
    def tenant(self) -> str:
        """The engine's isolation key: unique over all hubs."""
        return f"{self.hub}/{self.id}"

    @property
    def owner(self) -> str:
        """Whose folders its documents go to: a dossier and its other channels share them."""
        return self.linked_to or self.tenant

    @property
    def is_linked(self) -> bool:
        """Whether documents of this dossier are to be fetched."""
        return self.shares_documents and self.package is not None
